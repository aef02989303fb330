/*
 * worker: sees to items of one account, over one connection, in a process of
 * its own: whatever happens to it happens to the item that it is at.
 */
#ifndef DELIVER_WORKER_H
#define DELIVER_WORKER_H

#include <sys/types.h>

#include "deliver/attempt.h"
#include "deliver/board.h"
#include "deliver/resume.h"
#include "queue/spool.h"
#include "queue/standing.h"

struct worker {
	/* Borrowed. */
	const struct spool *spool;
	struct board *board;
	struct board_seat *seat;
	const char *name; /* of the account's standing */
	const struct item_origin *origin;
	const struct resumed *resumed; /* by origin */
	const struct standing *standing;
	struct transcript *transcript; /* or NULL */
	bool may_send; /* false: what is too old fails, and that is all */
	bool passes;   /* the account's fallbacks alone are tried */
	int report;    /* a byte is written there once a server let us in */
	pid_t parent;  /* without it no further item is begun */

	/* Its own. */
	struct line line;
	struct resumed other; /* of an item with another origin */
	struct item_origin other_origin;
	bool has_other;
	bool reported;
	int lost; /* sessions in a row that broke over a message */
};

/* Until there are no more items, or the run shall end. */
void worker_run(struct worker *w);

/* One item, whose lock is had, and which may be due or not. */
enum board_result worker_see_to(struct worker *w, struct taken *t);

/* The settings that count for w's present item. */
const struct resumed *worker_resumed(const struct worker *w);

/*
 * What a try showed about the account goes into its standing, and to people
 * where it must be told loudly.  it: the item that met it.
 */
void worker_learn(struct worker *w, bool met, bool went,
		  const struct err *trouble, const struct item *it);

/* Shall a worker, or the run, come to an end?  By SIGTERM, SIGINT, SIGHUP. */
bool worker_shall_end(void);
/* Somebody has said so again, and does not want to wait for a server. */
bool worker_shall_die(void);
void worker_note_signal(int number);

#endif
