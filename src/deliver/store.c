#include "config.h"

#include "deliver/store.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/wish.h"
#include "deliver/run.h"
#include "deliver/settings.h"
#include "deliver/settle.h"
#include "deliver/tell.h"
#include "queue/rate.h"

/* --- before anything is known ----------------------------------------------
 */

void store_free(struct store *s)
{
	spool_free(&s->spool);
	item_origin_free(&s->origin);
	str_free(&s->name);
	standing_free(&s->standing);
}

static enum store_mode mode_of(const struct account *a)
{
	if (a->capture || a->queue == SETTINGS_QUEUE_OFF)
		return STORE_OFF;
	return a->queue == SETTINGS_QUEUE_ALWAYS ? STORE_ALWAYS
						 : STORE_FALLBACK;
}

static bool find_folder(const struct account *a, struct str *path,
			struct err *e)
{
	CLEAN(mem_string) char *named = NULL;

	if (a->queue_dir) {
		named = file_expand(a->queue_dir);
		str_adds(path, named);
		return true;
	}
	if (spool_default_path(path))
		return true;
	err_set(e, ERR_DEFERRED,
		"there is no queue: this user has no home directory");
	return err_hint(e, "make one, or set queue_dir to a folder of this "
			   "user");
}

/* A folder that a user cannot make is a matter of where the home is; somebody
 * else may mend that before the caller tries again. */
static bool open_spool(struct store *s, struct err *e)
{
	CLEAN(str) struct str path = STR_INIT;

	if (!find_folder(s->account, &path, e))
		return false;
	s->spool.max_size = s->account->queue_max_size;
	if (spool_open(&s->spool, path.s, true, e))
		return true;
	if (e->kind == ERR_SYSTEM)
		e->kind = ERR_DEFERRED;
	return false;
}

void store_open(struct store *s, struct message *m)
{
	s->mode = mode_of(s->account);
	if (s->mode == STORE_OFF)
		return;
	if (!resume_describe(s->config, s->account, &s->origin, &s->cannot)) {
		s->mode = STORE_OFF;
		return;
	}
	if (!open_spool(s, &s->cannot))
		return;
	m->spool = &s->spool;
	item_account_name(&s->origin, &s->name);
	standing_load(&s->spool, s->name.s, &s->standing);
}

static bool is_trusted(const struct store *s)
{
	return s->standing.last_success != 0;
}

/* Nothing that a person mends shows in a file but the configuration. */
static bool allows(const struct store *s)
{
	CLEAN(str) struct str stamp = STR_INIT;

	if (s->standing.state == STANDING_HELD) {
		if (!is_trusted(s))
			return true;
		resume_stamp(&s->origin, s->config, s->account, &stamp);
	}
	return standing_allows(&s->standing, str_chars(&stamp), time(NULL));
}

/* By `rate`; the verb send, which insists, counts all the same. */
static bool has_turn(struct store *s)
{
	struct wish_rate rate;
	int64_t wait_ms;

	if (s->cannot.kind != ERR_NONE || !s->account->rate ||
	    !wish_rate(view_of(s->account->rate), &rate))
		return true;
	s->over_rate = !rate_take(&s->spool, s->name.s, rate.count,
				  rate.seconds * 1000LL, clock_wall_ms(),
				  &wait_ms);
	return !s->over_rate;
}

bool store_tries(struct store *s)
{
	if (s->mode == STORE_OFF)
		return true;
	if (s->mode == STORE_ALWAYS || s->enter_only || s->due > 0)
		return false;
	if (s->cannot.kind == ERR_NONE && !s->insists && !allows(s))
		return false;
	return has_turn(s) || s->insists;
}

/* --- the account's standing ------------------------------------------------
 */

static uint32_t seed(void)
{
	return (uint32_t)clock_now_ms() ^ (uint32_t)getpid();
}

static void store_standing(struct store *s)
{
	struct err ignored = ERR_INIT; /* it only saves tries */

	if (!s->standing.label)
		s->standing.label = mem_copy(s->account->label);
	(void)!standing_store(&s->spool, s->name.s, &s->standing, &ignored);
}

/* What an account that never worked brings is a mistake in its settings, which
 * the caller is told, and holds nothing back. */
static bool is_worth_noting(const struct store *s, const struct err *trouble)
{
	return trouble->kind == ERR_NETWORK || trouble->kind == ERR_DEFERRED ||
	       is_trusted(s);
}

/* Others may have noted something since it was read. */
static bool note_trouble(struct store *s, const struct err *trouble,
			 int64_t now)
{
	CLEAN(str) struct str stamp = STR_INIT;

	standing_free(&s->standing);
	standing_load(&s->spool, s->name.s, &s->standing);
	if (!standing_note(&s->standing, trouble, now, seed()))
		return false;
	if (s->standing.state == STANDING_HELD) {
		resume_stamp(&s->origin, s->config, s->account, &stamp);
		s->standing.stamp = str_detach(&stamp);
	}
	return true;
}

/* True where it is to be stored. */
static bool note_standing(struct store *s, const struct outcome *out,
			  const struct submit_trouble *t, int64_t now)
{
	bool went = outcome_count(out, ERR_NONE) > 0;

	if (s->cannot.kind != ERR_NONE)
		return false;
	if (t->account.kind == ERR_NONE && went)
		s->mended = s->standing.state != STANDING_GOOD;
	if (t->account.kind == ERR_NONE)
		return went && standing_note(&s->standing, NULL, now, seed());
	/* Where a fallback took it, the account may be tried at once again. */
	return !went && is_worth_noting(s, &t->account) &&
	       note_trouble(s, &t->account, now);
}

/* --- the item --------------------------------------------------------------
 */

void stored_free(struct stored *st)
{
	item_free(&st->item);
}

static void copy_envelope(struct envelope *to, const struct envelope *from)
{
	size_t n = from->recipients.n;
	size_t *index = mem_zero(n + 1, sizeof(*index));

	for (size_t i = 0; i < n; i++)
		index[i] = i;
	envelope_copy_some(to, from, index, n);
	free(index);
}

static void describe(const struct store *s, const struct message *m,
		     int64_t now, struct item *it)
{
	*it = ITEM_INIT;
	item_origin_copy(&it->origin, &s->origin);
	it->tag = mem_copy(s->tag);
	it->created = now;
	it->due = s->due > 0 ? s->due : now;
	/* Before that nothing can be too old. */
	it->held_s = it->due > now ? it->due - now : 0;
	it->message_id = mem_copy(m->message_id);
	it->is_notice = tell_is_within();
	it->facts = m->facts;
	copy_envelope(&it->envelope, &m->envelope);
	item_start(it);
	item_note(it, now, "entered");
}

/* Mail of an account that is held waits as its other mail does. */
static void wait_with_account(const struct store *s, struct item *it,
			      int64_t now)
{
	if (s->standing.reason && s->standing.state != STANDING_GOOD &&
	    s->due == 0)
		it->answer = mem_copy(s->standing.reason);
	if (s->standing.state != STANDING_HELD)
		return;
	it->state = ITEM_HELD;
	it->hold = s->standing.hold;
	it->held_since = now;
	item_note(it, now, "held: %s", item_hold_reason(it->hold));
}

/* Of those who do not get it and whom the caller is told of. */
static enum err_kind kind_told(const struct message *m, const struct item *it)
{
	enum err_kind kind = m->why_left_out.kind;

	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == ITEM_REFUSED &&
		    (kind == ERR_NONE || outcome_graver(it->v[i].kind, kind)))
			kind = it->v[i].kind;
	return kind;
}

static int status_of(enum err_kind kind)
{
	const struct err e = { .kind = kind };

	return kind == ERR_NONE ? 0 : err_exit_status(&e);
}

static bool is_temporary(enum err_kind kind)
{
	return kind == ERR_NETWORK || kind == ERR_DEFERRED ||
	       kind == ERR_UNCERTAIN;
}

/* True for what may have been kept badly too. */
static bool is_lost(const struct err *e)
{
	return e && e->kind == ERR_IO;
}

static bool no_room(const struct store *s, const struct message *m,
		    struct err *e)
{
	errno = m->draft.displaced;
	err_errno(e, "cannot keep the message in the queue '%s'",
		  s->spool.path);
	e->kind = ERR_DEFERRED;
	return err_hint(e, "make room there");
}

static bool enter(struct store *s, struct message *m, struct stored *st)
{
	st->cannot = s->cannot.kind != ERR_NONE ? s->cannot : m->no_spool;
	if (st->cannot.kind != ERR_NONE)
		return false;
	if (!m->spool)
		return err_set(&st->cannot, ERR_SYSTEM, "there is no queue");
	if (m->draft.displaced)
		return no_room(s, m, &st->cannot);
	return spool_enter(&s->spool, &m->draft, &st->item, &st->cannot);
}

static enum stored_as as_of(const struct item *it)
{
	switch (it->state) {
	case ITEM_HELD:
		return STORED_HELD;
	case ITEM_FAILED:
		return STORED_FAILED;
	case ITEM_WAITING:
	default:
		return STORED_QUEUED;
	}
}

static void keep(struct store *s, struct message *m, const struct err *e,
		 struct stored *st)
{
	if (!enter(s, m, st)) {
		st->as = STORED_NOT;
		st->status = !e || is_temporary(e->kind)
				     ? status_of(st->cannot.kind)
				     : status_of(e->kind);
		return;
	}
	st->as = as_of(&st->item);
	st->status = status_of(kind_told(m, &st->item));
	st->loud = st->as == STORED_HELD ||
		   (e && (e->kind == ERR_TLS || e->kind == ERR_PROTOCOL));
}

static void settle_tried(struct store *s, struct message *m,
			 const struct outcome *out, const struct err *e,
			 const struct submit_trouble *t, struct stored *st)
{
	int64_t now = time(NULL);
	bool news = note_standing(s, out, t, now);
	const struct settle brought = {
		.outcome = out,
		.err = e,
		.server = news && s->standing.state == STANDING_TROUBLE,
		.trusted = is_trusted(s),
		.told = true,
		.now = now,
		.seed = seed(),
	};

	describe(s, m, now, &st->item);
	if (settle_item(&st->item, &brought) == SETTLED_KEEP) {
		keep(s, m, e, st);
	} else {
		st->as = STORED_SENT;
		st->status = status_of(e->kind);
	}
	/* The caller hears 0, and of a second copy nothing. */
	if (st->as != STORED_NOT && st->item.uncertain > 0)
		tell_command(s->account, TELL_UNCERTAIN, &st->item,
			     st->item.answer);
	if (!news)
		return;
	tell_fault(s->account, &s->standing, &t->account, &st->item);
	store_standing(s);
}

void store_settle(struct store *s, struct message *m, const struct outcome *out,
		  const struct err *e, const struct submit_trouble *t,
		  struct stored *st)
{
	*st = STORED_INIT;
	if (!out && s->mode != STORE_OFF) {
		describe(s, m, time(NULL), &st->item);
		wait_with_account(s, &st->item, st->item.created);
		keep(s, m, NULL, st);
	} else if (s->mode == STORE_OFF || is_lost(e)) {
		st->status = e ? status_of(e->kind) : 0;
	} else if (!e) {
		if (note_standing(s, out, t, time(NULL)))
			store_standing(s);
		st->as = STORED_SENT;
	} else {
		settle_tried(s, m, out, e, t, st);
	}
	st->loud = st->loud || st->status != 0;
}

void store_refuse(struct store *s, struct message *m, const struct err *e,
		  struct stored *st)
{
	*st = STORED_INIT;
	if (s->mode != STORE_OFF) {
		describe(s, m, time(NULL), &st->item);
		(void)settle_item(&st->item, &(struct settle){
						     .err = e,
						     .told = true,
						     .now = st->item.created,
					     });
		st->item.unready = true;
		keep(s, m, e, st);
	}
	st->status = status_of(e->kind);
	st->loud = true;
}

/* --- what is said of it ----------------------------------------------------
 */

struct fate stored_fate(const struct store *s, const struct stored *st)
{
	static const char *const words[] = {
		[STORED_NOT] = "no",        [STORED_SENT] = "sent",
		[STORED_QUEUED] = "queued", [STORED_HELD] = "held",
		[STORED_FAILED] = "failed",
	};

	return (struct fate){
		.id = st->item.id[0] ? st->item.id : NULL,
		.word = s->mode == STORE_OFF ? "no" : words[st->as],
		.status = st->status,
		.loud = st->loud,
	};
}

int64_t stored_next_try(const struct store *s, const struct stored *st)
{
	if (s->standing.state == STANDING_TROUBLE &&
	    s->standing.until > st->item.due)
		return s->standing.until;
	return st->item.due;
}

bool store_is_well(const struct store *s, struct err *e)
{
	const struct standing *st = &s->standing;

	if (s->over_rate && st->state == STANDING_GOOD)
		return err_set(e, ERR_DEFERRED,
			       "the account has sent as much as its rate "
			       "allows");
	if (st->state == STANDING_GOOD)
		return true;
	return err_set(e, ERR_DEFERRED, "the account is %s: %s",
		       st->state == STANDING_HELD ? "held" : "in trouble",
		       st->reason ? st->reason : "no reason is known");
}

bool store_runs(const struct store *s)
{
	return !s->enter_only &&
	       s->account->queue_runner != SETTINGS_RUNNER_NONE;
}

bool store_start_run(const struct store *s, const struct stored *st,
		     struct err *e)
{
	if ((st->as != STORED_QUEUED && !s->mended) || !store_runs(s))
		return true;
	return run_start(&s->spool, e);
}
