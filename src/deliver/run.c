#include "config.h"

#include "deliver/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/record.h"
#include "deliver/run_course.h"
#include "deliver/worker.h"
#include "net/change.h"

/* While workers are busy the folder is looked at once in so long. */
#define LOOK_EVERY_MS 100
/* Addresses and routes come one after the other: wait until most have, and for
 * the next change some time. */
#define NETWORK_SETTLES_MS 1000
#define NETWORK_EVERY_MS 10000
#define PROGRESS_EVERY_MS 200
#define POLLED_MAX (3 + RUN_WORKERS_MAX)

/* --- signals ---------------------------------------------------------------
 */

static const int ending_signals[] = { SIGTERM, SIGINT, SIGHUP };

/* They are noted, and arrive only while the run sleeps. */
static void take_signals(struct run_course *c)
{
	struct sigaction note = { .sa_handler = worker_note_signal,
				  .sa_flags = SA_RESTART };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_LEN(ending_signals); i++) {
		sigaction(ending_signals[i], &note, NULL);
		sigaddset(&blocked, ending_signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &c->usual);
}

static void give_signals_back(const struct run_course *c)
{
	sigprocmask(SIG_SETMASK, &c->usual, NULL);
}

/* --- what is there ----------------------------------------------------------
 */

/* Whose mail it was is not known: whoever has a log hears of it. */
static void log_reports(const struct run_course *c, const struct list *reports)
{
	for (size_t i = 0; i < reports->n; i++) {
		struct err e;

		err_set(&e, ERR_IO, "%s", reports->v[i]);
		record_early_failure("postrider", &e);
		for (size_t j = 0; j < c->index.n_accounts; j++)
			if (c->index.accounts[j]->loaded_ms > 0)
				record_event(
					&c->index.accounts[j]->resumed.account,
					"postrider", "-", e.text);
	}
}

/* What accounts of one queue say of it may differ: the most counts.  One whose
 * settings cannot be read now may say that nothing is to go. */
static int64_t keep_failed_of(const struct run_course *c)
{
	int64_t keep = c->index.n_accounts > 0 ? 0 : -1;

	for (size_t i = 0; i < c->index.n_accounts && keep >= 0; i++) {
		const struct run_account *a = c->index.accounts[i];

		if (a->keep_failed < 0)
			keep = -1;
		else if (a->keep_failed > keep)
			keep = a->keep_failed;
	}
	return keep;
}

static bool tidy(struct run_course *c, int64_t now, struct err *e)
{
	CLEAN(list) struct list reports = LIST_INIT;
	bool ok;

	for (size_t i = 0; i < c->index.n_accounts; i++) {
		const struct run_account *a = c->index.accounts[i];

		if (a->max_size > c->spool.max_size)
			c->spool.max_size = a->max_size;
	}
	ok = spool_tidy(&c->spool, now, keep_failed_of(c), &reports, e);
	log_reports(c, &reports);
	return ok;
}

static bool look(struct run_course *c, struct err *e)
{
	int64_t now = time(NULL);

	c->look_ms = INT64_MAX;
	c->looked_ms = clock_now_ms();
	if (!run_index_refresh(&c->index, &c->spool, e))
		return false;
	run_know_all(c, now);
	if (!worker_shall_end())
		run_start_due(c, now);
	return true;
}

static void want_look(struct run_course *c, int64_t at_ms)
{
	if (at_ms < c->look_ms)
		c->look_ms = at_ms;
}

/* --- sleeping ---------------------------------------------------------------
 */

struct sleep {
	struct pollfd v[POLLED_MAX];
	struct run_account *account[POLLED_MAX];
	size_t seat[POLLED_MAX];
	nfds_t n;
	int64_t until_ms; /* by the monotonic clock */
	int64_t look_ms;  /* the same: then the folder is to be looked at */
	int64_t until;    /* by time(2) */
};

static void add_fd(struct sleep *s, int fd)
{
	s->v[s->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	s->account[s->n] = NULL;
	s->n++;
}

static void add_workers(struct sleep *s, struct run_account *a)
{
	for (size_t i = 0; a->board && i < BOARD_SEATS; i++) {
		if (a->workers[i].pid == 0 || s->n == POLLED_MAX)
			continue;
		add_fd(s, a->workers[i].report);
		s->account[s->n - 1] = a;
		s->seat[s->n - 1] = i;
		if (!a->workers[i].killed)
			s->until_ms = clock_earlier(
				s->until_ms,
				atomic_load(&a->board->seat[i].deadline_ms));
	}
}

/* When there is something to do for it, if nothing else happens. */
static void add_entry(struct sleep *s, const struct run_entry *entry,
		      int64_t now, int64_t now_ms)
{
	const struct run_account *a = entry->account;
	int64_t due;

	if (!a || a->board || !run_waits(a, entry))
		return;
	due = run_due(a, entry);
	if (due > now)
		s->until = due < s->until ? due : s->until;
	else if (entry->skip_ms > now_ms)
		s->look_ms = clock_earlier(s->look_ms, entry->skip_ms);
	else if (a->rest_until_ms > now_ms)
		s->look_ms = clock_earlier(s->look_ms, a->rest_until_ms);
	else /* it came due just now */
		s->look_ms = clock_earlier(s->look_ms, now_ms + LOOK_EVERY_MS);
}

static void prepare(const struct run_course *c, struct sleep *s)
{
	int64_t now = time(NULL), now_ms = clock_now_ms();
	bool looks_soon = c->look_ms != INT64_MAX;

	*s = (struct sleep){ .until_ms = c->network_ms,
			     .look_ms = c->look_ms,
			     .until = INT64_MAX };
	add_fd(s, looks_soon ? -1 : c->watch.folder);
	add_fd(s, c->watch.clock);
	add_fd(s, c->network_ms == INT64_MAX ? c->network : -1);
	for (size_t i = 0; i < c->index.n_accounts; i++)
		add_workers(s, c->index.accounts[i]);
	for (size_t i = 0; i < c->index.n; i++)
		add_entry(s, &c->index.v[i], now, now_ms);
	if (c->run->progress && c->workers > 0)
		s->until_ms = clock_earlier(s->until_ms,
					    now_ms + PROGRESS_EVERY_MS);
	if (c->run->stay && c->watch.folder < 0)
		s->look_ms = clock_earlier(s->look_ms,
					   clock_after_s(WATCH_BLIND_S));
	s->until_ms = clock_earlier(s->until_ms, s->look_ms);
}

static int sleep_for(const struct run_course *c, struct sleep *s)
{
	int64_t left = s->until_ms - clock_now_ms();
	struct timespec limit;

	left = left < 0 ? 0 : left;
	limit = (struct timespec){ .tv_sec = left / 1000,
				   .tv_nsec = left % 1000 * 1000000 };
	watch_wake_at(&c->watch, s->until);
	return ppoll(s->v, s->n, s->until_ms == INT64_MAX ? NULL : &limit,
		     &c->usual);
}

static void hear_folder(struct run_course *c)
{
	CLEAN(list) struct list names = LIST_INIT;
	int64_t next = c->workers > 0 ? c->looked_ms + LOOK_EVERY_MS : 0;

	if (watch_take(&c->watch, &names)) {
		run_index_changed_all(&c->index);
		want_look(c, 0);
	}
	for (size_t i = 0; i < names.n; i++)
		if (run_index_changed(&c->index, names.v[i]))
			want_look(c, next);
}

static void hear_network(struct run_course *c)
{
	int64_t next = clock_now_ms() + NETWORK_SETTLES_MS;

	if (!change_take(c->network))
		return;
	if (c->acted_ms > 0 && c->acted_ms + NETWORK_EVERY_MS > next)
		next = c->acted_ms + NETWORK_EVERY_MS;
	c->network_ms = next;
}

static void act_on_network(struct run_course *c)
{
	if (clock_now_ms() < c->network_ms)
		return;
	(void)change_take(c->network);
	c->network_ms = INT64_MAX;
	c->acted_ms = clock_now_ms();
	run_end_waits(c, time(NULL));
	want_look(c, 0);
}

static void hear_all(struct run_course *c, const struct sleep *s)
{
	if (s->v[0].revents != 0)
		hear_folder(c);
	if (s->v[1].revents != 0)
		want_look(c, 0);
	if (s->v[2].revents != 0)
		hear_network(c);
	for (nfds_t i = 3; i < s->n; i++)
		if (s->v[i].revents != 0 && s->account[i]->board)
			run_hear(c, s->account[i], s->seat[i]);
}

static void show_progress(const struct run_course *c)
{
	size_t done = c->done, all = c->given;

	if (!c->run->progress)
		return;
	for (size_t i = 0; i < c->index.n_accounts; i++)
		if (c->index.accounts[i]->board)
			done += atomic_load(&c->index.accounts[i]->board->done);
	c->run->progress(c->run->who, done, all);
}

static void sleep_and_hear(struct run_course *c)
{
	struct sleep s;

	prepare(c, &s);
	if (sleep_for(c, &s) > 0)
		hear_all(c, &s);
	if (clock_now_ms() >= s.look_ms)
		want_look(c, 0);
	if (worker_shall_end())
		run_stop_all(c);
	run_kill_late(c, clock_now_ms());
	act_on_network(c);
	show_progress(c);
}

/* --- the end ----------------------------------------------------------------
 */

static bool is_tried_again(const struct run_course *c)
{
	for (size_t i = 0; i < c->index.n; i++) {
		const struct run_entry *entry = &c->index.v[i];

		if (c->run->stay
			    ? entry->account && run_waits(entry->account, entry)
			    : entry->busy > 0 && !entry->never)
			return true;
	}
	return false;
}

/*
 * Whoever enters something now finds the lock free, or it is seen here.
 */
static bool leave(struct run_course *c, struct err *e)
{
	if (!c->run->stay || worker_shall_end())
		return true;
	(void)run_relock(c->run->lock, false);
	run_index_changed_all(&c->index);
	if (!run_index_refresh(&c->index, &c->spool, e))
		return true;
	return !is_tried_again(c) || !run_relock(c->run->lock, true);
}

static bool is_over(struct run_course *c, struct err *e)
{
	if (c->workers > 0)
		return false;
	if (worker_shall_end())
		return true;
	if (c->look_ms <= clock_now_ms() || is_tried_again(c))
		return false;
	if (leave(c, e))
		return true;
	want_look(c, 0);
	return false;
}

static bool work(struct run_course *c, struct err *e)
{
	for (;;) {
		if (c->look_ms <= clock_now_ms()) {
			if (look(c, e))
				continue;
			run_stop_all(c);
			return false;
		}
		if (is_over(c, e))
			return true;
		sleep_and_hear(c);
	}
}

/* --- from start to end ------------------------------------------------------
 */

static bool begin(struct run_course *c, struct err *e)
{
	const struct run *r = c->run;
	int64_t now = time(NULL);

	if (r->stay) {
		watch_start(&c->watch, c->spool.path, RUN_LOCK_FILE);
		c->network = change_open();
	}
	if (!run_index_refresh(&c->index, &c->spool, e))
		return false;
	run_know_all(c, now);
	return tidy(c, now, e);
}

static void count(const struct run_course *c, struct run_result *result)
{
	*result = (struct run_result){ .sent = c->sent };
	for (size_t i = 0; i < c->index.n; i++) {
		result->waiting += c->index.v[i].state == ITEM_WAITING;
		result->held += c->index.v[i].state == ITEM_HELD;
		result->failed += c->index.v[i].state == ITEM_FAILED;
	}
}

static void end(struct run_course *c)
{
	while (c->workers > 0)
		sleep_and_hear(c);
	watch_free(&c->watch);
	if (c->network >= 0)
		close(c->network);
	run_index_free(&c->index);
	give_signals_back(c);
}

bool run_queue(const struct run *r, struct run_result *result, struct err *e)
{
	struct run_course c = {
		.run = r,
		.spool = *r->spool,
		.index = { .only = r->only },
		.watch = WATCH_INIT,
		.network = -1,
		.network_ms = INT64_MAX,
	};
	bool ok;

	take_signals(&c);
	ok = begin(&c, e) && work(&c, e);
	while (c.workers > 0)
		sleep_and_hear(&c);
	count(&c, result);
	end(&c);
	return ok;
}
