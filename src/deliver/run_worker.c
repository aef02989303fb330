#include "config.h"

#include "deliver/run_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "deliver/record.h"
#include "deliver/settle.h"
#include "deliver/tell.h"
#include "deliver/worker.h"
#include "queue/retry.h"

/* A further connection is worth its while for so many items. */
#define ITEMS_PER_WORKER 8
/* What should have changed and has not is left alone for so long. */
#define REST_MS 60000
#define FAILED_REST_MS 3600000
/* What somebody else has is looked at after so long, then twice as long ... */
#define BUSY_MS 20
#define BUSY_DOUBLINGS 8
#define BUSY_MAX 12 /* where the run does not stay, it is left alone then */

/* --- from start to end ------------------------------------------------------
 */

/* Locks of one open file do not keep its owners apart: a worker has its own. */
static void reopen(struct spool *s)
{
	struct spool own = SPOOL_INIT;
	struct err ignored = ERR_INIT;

	own.max_size = s->max_size;
	if (spool_open(&own, s->path, false, &ignored))
		*s = own;
}

_Noreturn static void be_worker(struct run_course *c, struct run_account *a,
				size_t seat, int report, pid_t parent)
{
	struct spool own = c->spool;
	struct worker w = {
		.spool = &own,
		.board = a->board,
		.seat = &a->board->seat[seat],
		.name = a->name,
		.origin = &a->origin,
		.resumed = &a->resumed,
		.standing = &a->standing,
		.transcript = c->run->transcript,
		.may_send = a->may_send,
		.passes = a->passes,
		.report = report,
		.parent = parent,
	};

	reopen(&own);
	/* Without its run it shall not keep the next one from starting. */
	close(c->run->lock);
	sigprocmask(SIG_SETMASK, &c->usual, NULL);
	worker_run(&w);
	_exit(0);
}

static bool fork_worker(struct run_course *c, struct run_account *a,
			size_t seat)
{
	struct run_worker *w = &a->workers[seat];
	pid_t pid, parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_worker(c, a, seat, fds[1], parent);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return false;
	}
	*w = (struct run_worker){ .pid = pid, .report = fds[0] };
	a->n_workers++;
	c->workers++;
	return true;
}

static void clear_seat(struct run_account *a, size_t seat)
{
	atomic_store(&a->board->seat[seat].deadline_ms, INT64_MAX);
	atomic_store(&a->board->seat[seat].at, 0);
}

static bool add_worker(struct run_course *c, struct run_account *a)
{
	size_t seat = 0;

	while (seat < BOARD_SEATS && a->workers[seat].pid != 0)
		seat++;
	if (seat == BOARD_SEATS || c->workers >= RUN_WORKERS_MAX)
		return false;
	clear_seat(a, seat);
	return fork_worker(c, a, seat);
}

bool run_worker_start(struct run_course *c, struct run_account *a)
{
	return add_worker(c, a);
}

/* The server has let us in: as many as are worth it. */
static void add_more(struct run_course *c, struct run_account *a)
{
	size_t next = atomic_load(&a->board->next);
	size_t left = next < a->board->n ? a->board->n - next : 0;
	size_t wanted = 1 + left / ITEMS_PER_WORKER;

	if (wanted > a->connections)
		wanted = a->connections;
	while (a->n_workers < wanted && !atomic_load(&a->board->stop))
		if (!add_worker(c, a))
			return;
}

/* --- one that died ----------------------------------------------------------
 */

/* Nobody else will: the mark of its last flight is settled. */
static void say_uncertain(const struct run_account *a, const struct item *it)
{
	const struct account *account = &a->resumed.account;

	tell_command(account, TELL_UNCERTAIN, it, it->answer);
	if (it->state == ITEM_HELD)
		tell_command(account, TELL_HELD, it, it->answer);
}

/* What the worker noted itself before it died, held or failed or put off to
 * later, stands. */
static bool is_open(const struct item *it, int64_t now)
{
	return it->in_flight || (it->state == ITEM_WAITING && it->due <= now);
}

static void settle_open(struct item *it, struct err *why, int64_t now)
{
	const struct settle s = {
		.err = why,
		.trusted = true,
		.now = now,
		.seed = (uint32_t)clock_now_ms(),
	};

	if (!it->in_flight) {
		(void)settle_item(it, &s);
		return;
	}
	err_context(why, "uncertain: the message may have arrived");
	settle_found_in_flight(it, now);
	it->failures++;
	it->due = now + retry_delay_s(it->failures, s.seed);
}

/* The worker may have died between a notice and its note; as long as the notice
 * is in the queue it is found there. */
static void tell_rest(const struct run_course *c, const struct run_account *a,
		      struct taken *t)
{
	struct err e = ERR_INIT;

	if (!tell_sender_again(&c->spool, t, &a->resumed, &e))
		record_event(&a->resumed.account,
			     t->item.tag ? t->item.tag : "postrider",
			     t->item.id, e.text);
}

static void put_off(const struct run_course *c, const struct run_account *a,
		    struct taken *t, struct err *why)
{
	bool uncertain = t->item.in_flight, noted = true;
	int64_t now = time(NULL);
	struct item *it = &t->item;
	struct err e = ERR_INIT;

	if (is_open(it, now)) {
		settle_open(it, why, now);
		noted = spool_update(&c->spool, t, &e);
	}
	record_event(&a->resumed.account, it->tag ? it->tag : "postrider",
		     it->id, noted ? why->text : e.text);
	if (uncertain && noted)
		say_uncertain(a, it);
	tell_rest(c, a, t);
}

/* It was at this item: that one is put off, alone. */
static void blame(const struct run_course *c, const struct run_account *a,
		  size_t seat, int status)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	size_t at = atomic_load(&a->board->seat[seat].at);
	struct err why, e = ERR_INIT;

	if (at == 0 || at > a->board->n)
		return;
	if (a->workers[seat].killed)
		err_set(&why, ERR_SYSTEM,
			"its delivery did not come to an end and was killed");
	else if (WIFSIGNALED(status))
		err_set(&why, ERR_SYSTEM, "its delivery ended by signal %d",
			WTERMSIG(status));
	else
		err_set(&why, ERR_SYSTEM, "its delivery ended with status %d",
			WEXITSTATUS(status));
	if (spool_take(&c->spool, a->board->v[at - 1].id, &t, &e) ==
	    SPOOL_TAKEN)
		put_off(c, a, &t, &why);
}

/* --- the end of an account's turn -------------------------------------------
 */

static void rest(struct run_entry *entry, int64_t ms, bool never)
{
	entry->skip_ms = clock_now_ms() + ms;
	entry->never = never;
}

static void note_result(const struct run_course *c, struct run_entry *entry,
			int result)
{
	bool once = !c->run->stay;

	entry->fresh = false;
	if (result == BOARD_BUSY) {
		if (entry->busy < BUSY_MAX)
			entry->busy++;
		rest(entry,
		     BUSY_MS << (entry->busy < BUSY_DOUBLINGS ? entry->busy
							      : BUSY_DOUBLINGS),
		     once && entry->busy >= BUSY_MAX);
	} else if (result != BOARD_OPEN) {
		entry->busy = 0;
		rest(entry,
		     entry->state == ITEM_FAILED ? FAILED_REST_MS : REST_MS,
		     once);
	}
}

/* A standing that could not be stored counts here all the same. */
static void note_standing(struct run_course *c, struct run_account *a)
{
	standing_free(&a->standing);
	standing_load(&c->spool, a->name, &a->standing);
	if (atomic_load(&a->board->troubled) &&
	    a->standing.state == STANDING_GOOD)
		a->rest_until_ms = clock_now_ms() + REST_MS;
	if (atomic_load(&a->board->rest_ms) > 0)
		a->rest_until_ms = clock_now_ms() +
				   atomic_load(&a->board->rest_ms);
}

static void finish(struct run_course *c, struct run_account *a)
{
	for (size_t i = 0; i < a->board->n; i++) {
		struct run_entry *entry = run_index_find(&c->index,
							 a->board->v[i].id);

		if (entry)
			note_result(c, entry,
				    atomic_load(&a->board->v[i].result));
	}
	note_standing(c, a);
	c->sent += atomic_load(&a->board->sent);
	c->done += atomic_load(&a->board->done);
	board_free(&a->board);
	c->look_ms = 0;
}

static void reap(struct run_course *c, struct run_account *a, size_t seat)
{
	struct run_worker *w = &a->workers[seat];
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(w->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	close(w->report);
	if (status != 0)
		blame(c, a, seat, status);
	*w = (struct run_worker){ .pid = 0 };
	a->n_workers--;
	c->workers--;
	if (a->n_workers == 0)
		finish(c, a);
}

void run_hear(struct run_course *c, struct run_account *a, size_t seat)
{
	char byte;
	ssize_t got = read(a->workers[seat].report, &byte, 1);

	if (got > 0)
		add_more(c, a);
	else if (got == 0 || errno != EINTR)
		reap(c, a, seat);
}

void run_kill_late(struct run_course *c, int64_t now_ms)
{
	for (size_t i = 0; i < c->index.n_accounts; i++) {
		struct run_account *a = c->index.accounts[i];

		for (size_t j = 0; a->board && j < BOARD_SEATS; j++) {
			struct run_worker *w = &a->workers[j];

			if (w->pid == 0 || w->killed)
				continue;
			if (!worker_shall_die() &&
			    now_ms <
				    atomic_load(&a->board->seat[j].deadline_ms))
				continue;
			kill(w->pid, SIGKILL);
			w->killed = true;
		}
	}
}

void run_stop_all(struct run_course *c)
{
	for (size_t i = 0; i < c->index.n_accounts; i++)
		if (c->index.accounts[i]->board)
			atomic_store(&c->index.accounts[i]->board->stop, true);
}
