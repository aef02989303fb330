/*
 * run: the queue run: every item that is due, account by account, over as few
 * connections as will do.
 */
#ifndef DELIVER_RUN_H
#define DELIVER_RUN_H

#include "queue/spool.h"

struct transcript;

#define RUN_LOCK_FILE "runner.lock"

struct run {
	/* Borrowed. */
	const struct spool *spool;
	struct transcript *transcript; /* or NULL */
	/* Sleep until the next is due or something new comes; end when
	 * nothing waits.  False: what is due now, once. */
	bool stay;
	int lock; /* of run_lock; owned by the caller */
	/* IDs in ascending order: these alone; or NULL.  Not with stay. */
	const struct list *only;
	/* Called whenever it has got on; or NULL. */
	void (*progress)(void *who, size_t done, size_t all);
	void *who;
};

struct run_result {
	size_t sent, waiting, held, failed; /* items */
};

/* ERR_IO, ERR_SYSTEM where the queue itself cannot be worked on. */
bool run_queue(const struct run *r, struct run_result *result,
	       struct err *e) ATTR_MUST_USE;

/* The lock of the one run of a queue: an open file that a child inherits.
 * False: another is at work (*busy), or e. */
bool run_lock(const struct spool *s, int *fd, bool *busy,
	      struct err *e) ATTR_MUST_USE;

/* Take the lock of an open file again, or give it back for a while.  False:
 * another is at work. */
bool run_relock(int fd, bool take);

/* Have the run that is at work look at the queue at once. */
void run_poke(const struct spool *s);

/*
 * Start a run in the background unless one is at work, which then sees by
 * itself what has come: in a session of its own, without a terminal, all
 * descriptors closed.
 */
bool run_start(const struct spool *s, struct err *e) ATTR_MUST_USE;

/*
 * What run_start has started, by "postrider flush --background=FD --queue-dir
 * DIR": stay and run the queue in dir, whose lock is the open file fd.
 * ERR_USAGE where fd is nothing of the kind.
 */
bool run_background(const char *dir, int fd, struct err *e) ATTR_MUST_USE;

#endif
