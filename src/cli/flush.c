#include "config.h"

#include "cli/flush.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "cli/flush_pick.h"
#include "cli/mode.h"
#include "cli/progress.h"
#include "deliver/run.h"
#include "deliver/worker.h"
#include "net/transcript.h"

#define LOOK_EVERY_US 100000
#define LOOKS_MAX 864000 /* a day of them */

/* --- running it ------------------------------------------------------------
 */

static void show_progress(void *who, size_t done, size_t all)
{
	progress_show(who, done, all);
}

static void say_result(const struct ui *ui, const struct run_result *r)
{
	if (ui->quiet || (!ui->verbose && !isatty(STDERR_FILENO)))
		return;
	if (r->sent + r->waiting + r->held + r->failed == 0)
		return;
	ui_note(ui, "%zu sent, %zu waiting, %zu held, %zu failed", r->sent,
		r->waiting, r->held, r->failed);
}

static bool run_locked(const struct ui *ui, const struct queue *q, int lock,
		       bool stay, const struct list *only, struct err *e)
{
	struct ui mine = *ui;
	CLEAN(transcript)
	struct transcript transcript = TRANSCRIPT_INIT(ui_dialogue, &mine);
	struct run_result result = { 0 };
	struct progress progress;
	const struct run run = {
		.spool = &q->spool,
		.transcript = ui->verbose ? &transcript : NULL,
		.stay = stay,
		.lock = lock,
		.only = only,
		.progress = show_progress,
		.who = &progress,
	};
	bool ok;

	progress_start(&progress, ui, "queue", PROGRESS_MESSAGES);
	ok = run_queue(&run, &result, e);
	progress_end(&progress);
	close(lock);
	if (ok && !stay)
		say_result(ui, &result);
	return ok;
}

/* Run it, unless another is at work (*busy). */
static bool run_one(const struct ui *ui, const struct queue *q, bool stay,
		    const struct list *only, bool *busy, struct err *e)
{
	int lock;

	if (run_lock(&q->spool, &lock, busy, e))
		return run_locked(ui, q, lock, stay, only, e);
	return *busy;
}

/* --- waiting ---------------------------------------------------------------
 */

/* Has it been tried, or its account, since it was picked? */
static bool was_tried(const struct pick *p)
{
	CLEAN(seen) struct seen s = SEEN_INIT;
	struct err ignored = ERR_INIT;

	if (queue_look(p->queue, p->id, &s, &ignored) != SPOOL_TAKEN)
		return true;
	return s.state != ITEM_WAITING || s.item.last_try != p->last_try ||
	       s.item.attempts != p->attempts || s.next > time(NULL);
}

static bool all_tried(const struct picks *picks, struct queue *q)
{
	queue_refresh(q);
	for (size_t i = 0; i < picks->n; i++)
		if (picks->v[i].queue == q && !was_tried(&picks->v[i]))
			return false;
	return true;
}

/* Another run has it: until that one has tried all, or we can. */
static bool wait_for(const struct flush *f, const struct picks *picks,
		     struct queue *q, const struct list *only, struct err *e)
{
	bool busy = true;

	for (size_t i = 0; i < LOOKS_MAX && busy && !worker_shall_end(); i++) {
		if (all_tried(picks, q))
			return true;
		usleep(LOOK_EVERY_US);
		if (!run_one(f->ui, q, false, only, &busy, e))
			return false;
	}
	return true;
}

static size_t count_left(const struct picks *picks)
{
	size_t left = 0;

	for (size_t i = 0; i < picks->n; i++) {
		CLEAN(seen) struct seen s = SEEN_INIT;
		struct err ignored = ERR_INIT;

		if (queue_look(picks->v[i].queue, picks->v[i].id, &s,
			       &ignored) == SPOOL_TAKEN &&
		    s.state != ITEM_FAILED)
			left++;
	}
	return left;
}

static int report(const struct flush *f, const struct picks *picks, int status)
{
	size_t left;

	if (!f->wait)
		return status;
	for (size_t i = 0; i < f->queues->n; i++)
		queue_refresh(&f->queues->v[i]);
	left = count_left(picks);
	if (left == 0)
		return status;
	ui_note(f->ui,
		"%zu of %zu message%s still wait%s: 'postrider queue' says why",
		left, picks->n, picks->n == 1 ? "" : "s", left == 1 ? "s" : "");
	return status ? status : EX_TEMPFAIL;
}

/* --- all of it -------------------------------------------------------------
 */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_picks(const struct picks *picks, const struct queue *q,
		       struct list *ids)
{
	for (size_t i = 0; i < picks->n; i++)
		if (picks->v[i].queue == q)
			list_add(ids, picks->v[i].id);
	if (ids->n > 0)
		qsort(ids->v, ids->n, sizeof(*ids->v), compare_ids);
}

/* Does it concern some messages alone, whatever else is due? */
static bool chooses(const struct flush *f)
{
	return f->ids || f->account ||
	       (f->like_id &&
		f->like_id->n + f->like_recipient->n + f->like_sender->n > 0);
}

static bool run_and_wait(const struct flush *f, const struct picks *picks,
			 struct queue *q, struct err *e)
{
	CLEAN(list) struct list ids = LIST_INIT;
	const struct list *only = chooses(f) ? &ids : NULL;
	bool busy;

	list_picks(picks, q, &ids);
	if (only && ids.n == 0)
		return true;
	if (!run_one(f->ui, q, false, only, &busy, e))
		return false;
	if (!busy)
		return true;
	run_poke(&q->spool);
	return !f->wait || wait_for(f, picks, q, only, e);
}

int flush_run(const struct flush *f)
{
	CLEAN(picks) struct picks picks = PICKS_INIT;
	struct err e = f->queues->err;
	int status;

	if (!flush_pick(f, &picks, &e))
		return fail(f->ui, &e);
	status = e.kind == ERR_NONE ? 0 : err_exit_status(&e);
	for (size_t i = 0; i < f->queues->n && !worker_shall_end(); i++)
		if (!run_and_wait(f, &picks, &f->queues->v[i], &e))
			status = fail(f->ui, &e);
	if (worker_shall_end())
		return EX_TEMPFAIL;
	/* Whoever came while we had the lock relies on us. */
	queues_start(f->queues, f->ui);
	return report(f, &picks, status);
}

static int stay_in(const struct ui *ui, const struct queue *q)
{
	struct err e = ERR_INIT;
	bool busy;

	return run_one(ui, q, true, NULL, &busy, &e) ? 0 : fail(ui, &e);
}

int flush_stay(const struct ui *ui, struct queues *queues)
{
	int status = queues->err.kind == ERR_NONE
			     ? 0
			     : err_exit_status(&queues->err);
	int one;

	for (size_t i = 1; i < queues->n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(stay_in(ui, &queues->v[i]));
		if (pid < 0)
			status = EX_OSERR;
	}
	if (queues->n > 0 && (one = stay_in(ui, &queues->v[0])) != 0)
		status = one;
	while (wait(&one) > 0)
		if (one != 0 && status == 0)
			status = WIFEXITED(one) ? WEXITSTATUS(one) : EX_OSERR;
	return status;
}
