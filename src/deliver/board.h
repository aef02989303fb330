/*
 * board: what a queue run and its workers share while they see to the items of
 * one account: memory that is mapped before they are forked.
 */
#ifndef DELIVER_BOARD_H
#define DELIVER_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "queue/item.h"

#define BOARD_SEATS 16 /* workers at most: queue_connections */

enum board_result {
	BOARD_OPEN,  /* nobody came to it */
	BOARD_BEGUN, /* somebody has it, or had when he died */
	BOARD_DONE,
	BOARD_BUSY,  /* somebody else has it */
	BOARD_STUCK, /* what was to be written could not be */
};

struct board_item {
	char id[ITEM_ID_SIZE];
	atomic_int result; /* enum board_result */
};

struct board_seat {               /* of one worker */
	atomic_llong deadline_ms; /* it is killed then */
	atomic_size_t at;         /* 1 + the item's place; 0: at none */
};

struct board {
	size_t n; /* items */
	atomic_size_t next, done;
	atomic_size_t sent;
	atomic_bool stop;     /* nothing more is to be begun */
	atomic_bool met;      /* a server let us in */
	atomic_bool went;     /* a message was taken */
	atomic_llong rest_ms; /* by its rate the account rests so long */
	atomic_bool troubled; /* the account's standing has it */
	struct board_seat seat[BOARD_SEATS];
	struct board_item v[];
};

/* For n items, all zero; NULL where there is no memory for it. */
struct board *board_new(size_t n) ATTR_MUST_USE;
void board_free(struct board **b);

/* The next item for whoever sits there; false: there is none. */
bool board_take(struct board *b, struct board_seat *seat, size_t *at);
void board_end(struct board *b, struct board_seat *seat,
	       enum board_result result);

/* True for the first to raise the flag. */
bool board_raise(atomic_bool *flag);

#endif
