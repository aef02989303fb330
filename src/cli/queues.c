#include "config.h"

#include "cli/queues.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/mode.h"
#include "deliver/run.h"

#define RUNNER_NONE 1 /* the choice of queue_runner */

static void queue_free(struct queue *q)
{
	for (size_t i = 0; i < q->accounts.n; i++)
		standing_free(&q->standing[i]);
	free(q->standing);
	list_free(&q->accounts);
	spool_free(&q->spool);
}

void queues_free(struct queues *q)
{
	for (size_t i = 0; i < q->n; i++)
		queue_free(&q->v[i]);
	free(q->v);
	config_free(&q->config);
	*q = QUEUES_INIT;
}

/* By another name, or through a link. */
static bool is_known(const struct queues *q, const struct spool *spool)
{
	struct stat a, b;

	if (fstat(spool->fd, &a) < 0)
		return false;
	for (size_t i = 0; i < q->n; i++)
		if (fstat(q->v[i].spool.fd, &b) == 0 && a.st_dev == b.st_dev &&
		    a.st_ino == b.st_ino)
			return true;
	return false;
}

static void load_standings(struct queue *q)
{
	standing_list(&q->spool, &q->accounts);
	q->standing = mem_zero(q->accounts.n + 1, sizeof(*q->standing));
	for (size_t i = 0; i < q->accounts.n; i++)
		standing_load(&q->spool, q->accounts.v[i], &q->standing[i]);
}

void queue_refresh(struct queue *q)
{
	for (size_t i = 0; i < q->accounts.n; i++)
		standing_free(&q->standing[i]);
	free(q->standing);
	list_clear(&q->accounts);
	load_standings(q);
}

static void open_one(struct queues *q, const char *path, const struct ui *ui)
{
	struct spool spool = SPOOL_INIT;
	struct err e = ERR_INIT;

	if (!spool_open(&spool, path, false, &e)) {
		if (e.kind == ERR_NOINPUT)
			return;
		ui_error(ui, &e);
		q->err = e;
		return;
	}
	if (is_known(q, &spool) || q->n >= QUEUES_MAX) {
		spool_free(&spool);
		return;
	}
	q->v = mem_resize(q->v, q->n + 1, sizeof(*q->v));
	q->v[q->n] = (struct queue){ .spool = spool };
	load_standings(&q->v[q->n++]);
}

/*
 * Its mistakes are told where mail is sent: here they only cost folders, and
 * none where one was named.
 */
static bool read_config(struct queues *q, const struct queues_wanted *w,
			const struct ui *ui, struct err *e)
{
	const struct config_wishes wishes = {
		.file = w->file,
		.msmtp_name = w->msmtp_name,
		.ignore_environment = w->locked_down || !may_name_file(),
		.system_dir = SYSCONFDIR,
	};

	q->config_known = config_load(&q->config, &wishes, e);
	if (q->config_known)
		return true;
	if (w->file && e->kind == ERR_NOINPUT)
		return false;
	if (!ui->quiet && !w->dir)
		ui_note(ui,
			"%s; other queues than the default one may be missing",
			q->config.mistakes.n > 0 ? q->config.mistakes.v[0]
						 : e->text);
	*e = ERR_INIT;
	return true;
}

static void open_all(struct queues *q, const struct ui *ui)
{
	CLEAN(str) struct str path = STR_INIT;

	if (spool_default_path(&path))
		open_one(q, path.s, ui);
	for (size_t i = 0; i < q->config.n; i++)
		if (q->config.v[i].queue_dir)
			open_one(q, q->config.v[i].queue_dir, ui);
}

/* The folder that the command line names, from where we are. */
static bool open_named(struct queues *q, const char *dir, const struct ui *ui,
		       struct err *e)
{
	CLEAN(mem_string) char *path = file_expand(dir);
	CLEAN(mem_string) char *here = NULL;
	CLEAN(str) struct str whole = STR_INIT;

	if (path[0] != '/') {
		here = getcwd(NULL, 0);
		if (!here)
			return err_errno(e, "cannot say where '%s' is", dir);
		str_addf(&whole, "%s/", here);
	}
	str_adds(&whole, path);
	open_one(q, whole.s, ui);
	return true;
}

bool queues_open(struct queues *q, const struct queues_wanted *w,
		 const struct ui *ui, struct err *e)
{
	if (!read_config(q, w, ui, e))
		return false;
	if (w->dir)
		return open_named(q, w->dir, ui, e);
	open_all(q, ui);
	return true;
}

/* What is known of the account of it; or NULL. */
static const struct standing *standing_of(const struct queue *q,
					  const struct item *it)
{
	CLEAN(str) struct str name = STR_INIT;

	item_account_name(&it->origin, &name);
	for (size_t i = 0; i < q->accounts.n; i++)
		if (strcmp(q->accounts.v[i], str_chars(&name)) == 0)
			return &q->standing[i];
	return NULL;
}

bool queue_try_account(const struct queue *q, const char *name, bool held,
		       int64_t now, struct err *e)
{
	CLEAN(standing) struct standing st = STANDING_INIT;

	standing_load(&q->spool, name, &st);
	if (st.state == STANDING_TROUBLE && st.until > now)
		st.until = now;
	else if (st.state != STANDING_HELD || !held ||
		 !standing_release(&st, now))
		return true;
	return standing_store(&q->spool, name, &st, e);
}

static void judge(struct seen *s)
{
	s->state = s->item.state;
	s->hold = s->item.hold;
	s->next = 0;
	if (s->state != ITEM_WAITING)
		return;
	if (s->standing && s->standing->state == STANDING_HELD) {
		s->state = ITEM_HELD;
		s->hold = s->standing->hold;
		return;
	}
	s->next = s->item.due;
	if (s->standing && s->standing->state == STANDING_TROUBLE &&
	    s->standing->until > s->next)
		s->next = s->standing->until;
}

enum spool_found queue_look(const struct queue *q, const char *id,
			    struct seen *s, struct err *e)
{
	enum spool_found found = spool_look(&q->spool, id, &s->item, e);

	if (found != SPOOL_TAKEN)
		return found;
	s->standing = standing_of(q, &s->item);
	judge(s);
	return found;
}

void seen_free(struct seen *s)
{
	item_free(&s->item);
}

static bool begins(const char *id, const char *word)
{
	size_t n = strlen(word);

	return n > 0 && strlen(id) >= n && ascii_ncasecmp(id, word, n) == 0;
}

struct finding {
	const char *word;
	struct queue *in;
	struct str id;
	size_t hits;
	bool exact;
};

static bool find_in(struct queue *q, struct finding *f, struct err *e)
{
	CLEAN(list) struct list ids = LIST_INIT;

	if (!spool_list(&q->spool, &ids, e))
		return false;
	for (size_t i = 0; i < ids.n && !f->exact; i++) {
		if (!begins(ids.v[i], f->word))
			continue;
		f->in = q;
		str_truncate(&f->id, 0);
		str_adds(&f->id, ids.v[i]);
		f->exact = strlen(ids.v[i]) == strlen(f->word);
		f->hits = f->exact ? 1 : f->hits + 1;
	}
	return true;
}

bool queues_find(const struct queues *q, const char *word, struct queue **in,
		 struct str *id, struct err *e)
{
	struct finding f = { .word = word, .id = STR_INIT };

	for (size_t i = 0; i < q->n && !f.exact; i++)
		if (!find_in(&q->v[i], &f, e)) {
			str_free(&f.id);
			return false;
		}
	if (f.hits == 1)
		str_add(id, str_view(&f.id));
	str_free(&f.id);
	*in = f.in;
	if (f.hits == 0) {
		err_set(e, ERR_NOINPUT, "there is no message '%s' in the queue",
			word);
		return err_hint(e, "'postrider queue' lists what there is");
	}
	return f.hits == 1 ||
	       err_set(e, ERR_USAGE, "%zu messages begin with '%s'", f.hits,
		       word);
}

/* What no account says otherwise about is started. */
static bool may_start(const struct queues *q, const struct queue *in)
{
	CLEAN(str) struct str path = STR_INIT;

	(void)spool_default_path(&path);
	for (size_t i = 0; i < q->config.n; i++) {
		const struct account *a = &q->config.v[i];
		const char *dir = a->queue_dir ? a->queue_dir
					       : str_chars(&path);

		if (a->queue_runner == RUNNER_NONE &&
		    strcmp(dir, in->spool.path) == 0)
			return false;
	}
	return true;
}

static bool has_waiting(const struct queue *q)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct err ignored = ERR_INIT;
	bool found = false;

	if (!spool_list(&q->spool, &ids, &ignored))
		return true;
	for (size_t i = 0; i < ids.n && !found; i++) {
		CLEAN(seen) struct seen s = SEEN_INIT;

		found = queue_look(q, ids.v[i], &s, &ignored) == SPOOL_TAKEN &&
			s.state == ITEM_WAITING;
	}
	return found;
}

void queues_start(struct queues *q, const struct ui *ui)
{
	for (size_t i = 0; i < q->n; i++) {
		struct err e = ERR_INIT;

		queue_refresh(&q->v[i]);
		if (may_start(q, &q->v[i]) && has_waiting(&q->v[i]) &&
		    !run_start(&q->v[i].spool, &e))
			ui_error(ui, &e);
	}
}
