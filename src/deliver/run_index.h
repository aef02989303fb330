/*
 * run_index: what a queue run knows of the items and of their accounts, so that
 * it reads only what is new or has changed.
 */
#ifndef DELIVER_RUN_INDEX_H
#define DELIVER_RUN_INDEX_H

#include <sys/types.h>

#include "deliver/board.h"
#include "deliver/resume.h"
#include "queue/spool.h"
#include "queue/standing.h"

/* A worker under way. */
struct run_worker {
	pid_t pid; /* 0: the seat is free */
	int report;
	bool killed;
};

/* An account's items under way. */
struct run_account {
	char *name;                /* of its standing; owned */
	struct item_origin origin; /* of the first item that was seen */
	bool known;                /* the settings below are */
	int lifetime;              /* seconds; -1: no end */
	int keep_failed;
	int64_t max_size;
	size_t connections;
	int64_t loaded_ms; /* when resumed was read; 0: not */
	/* Of a configuration that was wrong, perhaps since it was just being
	 * written; owned, or NULL. */
	char *wrong_stamp;
	/* While it is served. */
	struct board *board; /* NULL: it is not */
	struct resumed resumed;
	struct standing standing;
	bool may_send;
	bool passes;       /* only what it falls back to is tried */
	bool has_fallback; /* and so that can be */
	struct run_worker workers[BOARD_SEATS];
	size_t n_workers;
	/* Not before, by the monotonic clock: no standing could be stored. */
	int64_t rest_until_ms;
};

struct run_entry {
	char id[ITEM_ID_SIZE];
	struct run_account *account; /* borrowed; NULL: it could not be read */
	enum item_state state;
	enum item_hold hold;
	int64_t due, created, held_s;
	bool failed_before;
	bool owes;       /* a notice to its sender */
	bool fresh;      /* what stands here is what is on disk */
	bool never;      /* it was seen to, and this run does no more */
	int busy;        /* times in a row that somebody else had it */
	int64_t skip_ms; /* not before, by the monotonic clock */
};

struct run_index {
	struct run_entry *v; /* owned; in the order of their IDs */
	size_t n;
	struct run_account **accounts; /* owned */
	size_t n_accounts;
	const struct list *only; /* see struct run */
};

#define RUN_INDEX_INIT ((struct run_index){ 0 })

/* Read what is new or not fresh. */
bool run_index_refresh(struct run_index *ix, const struct spool *s,
		       struct err *e) ATTR_MUST_USE;
void run_index_free(struct run_index *ix);

/* NULL: there is no such item. */
struct run_entry *run_index_find(const struct run_index *ix, const char *id);

/* Something has happened to the file of that name; false: that is of no
 * interest. */
bool run_index_changed(struct run_index *ix, const char *name);
/* Somebody wants all to be looked at. */
void run_index_changed_all(struct run_index *ix);

#endif
