#include "config.h"

#include "deliver/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/record.h"
#include "deliver/tell.h"

/* Beyond the deadlines of all that it does for an item. */
#define SPARE_S 180
/* A message of any size has gone by then, whatever the settings. */
#define LONGEST_S 86400
#define SLOWEST_OCTETS_PER_S 8192

static volatile sig_atomic_t ended;

bool worker_shall_end(void)
{
	return ended != 0;
}

bool worker_shall_die(void)
{
	return ended > 1;
}

void worker_note_signal(int number)
{
	(void)number;
	if (ended < 2)
		ended = ended + 1;
}

const struct resumed *worker_resumed(const struct worker *w)
{
	return w->has_other ? &w->other : w->resumed;
}

/* --- the account's standing ------------------------------------------------
 */

static uint32_t seed(void)
{
	return (uint32_t)clock_now_ms() ^ (uint32_t)getpid();
}

static void store(const struct worker *w, struct standing *st)
{
	struct err ignored = ERR_INIT; /* it only saves tries */

	if (!st->label)
		st->label = mem_copy(worker_resumed(w)->account.label);
	(void)!standing_store(w->spool, w->name, st, &ignored);
}

static void learn_trouble(struct worker *w, const struct err *trouble,
			  const struct item *it)
{
	CLEAN(standing) struct standing st = STANDING_INIT;
	const struct resumed *r = worker_resumed(w);

	standing_load(w->spool, w->name, &st);
	if (!standing_note(&st, trouble, time(NULL), seed()))
		return;
	if (st.state == STANDING_HELD)
		st.stamp = mem_copy(str_chars(&r->stamp));
	store(w, &st);
	if (tell_fault(&r->account, &st, trouble, it))
		store(w, &st);
}

static void learn_success(struct worker *w, bool went)
{
	CLEAN(standing) struct standing st = STANDING_INIT;
	int64_t now = time(NULL);

	standing_load(w->spool, w->name, &st);
	if (went ? standing_note(&st, NULL, now, seed())
		 : standing_release(&st, now))
		store(w, &st);
}

static void report(struct worker *w)
{
	const char byte = '+';

	if (w->reported || w->report < 0)
		return;
	w->reported = write(w->report, &byte, 1) == 1;
}

/* The others need not wait for this account's server. */
static bool can_fall_back(const struct worker *w, const struct err *trouble)
{
	return outcome_is_open(trouble->kind) &&
	       worker_resumed(w)->fallbacks.n > 0;
}

void worker_learn(struct worker *w, bool met, bool went,
		  const struct err *trouble, const struct item *it)
{
	struct board *b = w->board;

	if (trouble->kind != ERR_NONE) {
		if (!can_fall_back(w, trouble))
			atomic_store(&b->stop, true);
		if (board_raise(&b->troubled))
			learn_trouble(w, trouble, it);
		return;
	}
	if (atomic_load(&b->troubled))
		return;
	if (went && board_raise(&b->went)) {
		atomic_store(&b->met, true);
		learn_success(w, true);
	} else if (met && board_raise(&b->met)) {
		learn_success(w, false);
	}
	if (met)
		report(w);
}

/* --- items -----------------------------------------------------------------
 */

/* How long the present item may take by its settings. */
static int64_t kill_after_s(const struct taken *t, const struct resumed *r)
{
	int64_t s = r->account.deadline;

	if (s < 0)
		return LONGEST_S;
	s += (int64_t)(facts_wire_size(&t->item.facts) / SLOWEST_OCTETS_PER_S);
	s += SPARE_S;
	return s < LONGEST_S ? s : LONGEST_S;
}

static void say_damage(const struct worker *w, const char *id,
		       const struct err *e)
{
	record_event(&worker_resumed(w)->account, "postrider", id, e->text);
}

static enum board_result come_to(struct worker *w, const char *id)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	struct err e = ERR_INIT;

	switch (spool_take(w->spool, id, &t, &e)) {
	case SPOOL_TAKEN:
		atomic_store(&w->seat->deadline_ms,
			     clock_after_s(kill_after_s(&t, w->resumed)));
		return worker_see_to(w, &t);
	case SPOOL_BUSY:
		return BOARD_BUSY;
	case SPOOL_GONE:
		return BOARD_DONE;
	case SPOOL_BROKEN:
		say_damage(w, id, &e);
		return BOARD_DONE;
	case SPOOL_ERROR:
	default:
		say_damage(w, id, &e);
		return BOARD_STUCK;
	}
}

static void worker_clean(struct worker *w)
{
	line_free(&w->line);
	resumed_free(&w->other);
	item_origin_free(&w->other_origin);
}

void worker_run(struct worker *w)
{
	size_t at;

	w->line = LINE_INIT;
	w->other = RESUMED_INIT;
	atomic_store(&w->seat->deadline_ms, clock_after_s(SPARE_S));
	while (!worker_shall_end() && getppid() == w->parent &&
	       board_take(w->board, w->seat, &at))
		board_end(w->board, w->seat, come_to(w, w->board->v[at].id));
	atomic_store(&w->seat->deadline_ms, clock_after_s(SPARE_S));
	worker_clean(w);
}
