/*
 * race: connections to several addresses at once; the first that stands wins
 * (RFC 8305, section 5).
 */
#ifndef NET_RACE_H
#define NET_RACE_H

#include "net/resolve.h"

struct race {
	const struct addresses *to;   /* borrowed */
	const struct address *source; /* to bind to; borrowed, or NULL */
	int stagger_ms;
	int fd[RESOLVE_ADDRESSES_MAX];    /* -1: not begun, or failed */
	int error[RESOLVE_ADDRESSES_MAX]; /* errno of a failure, or 0 */
	size_t begun;
};

/*
 * Try r->to in order, the next one stagger_ms after the one before or as soon
 * as one failed.  True: *fd is a non-blocking socket, now the caller's, to
 * r->to->v[*winner].  False: r->error of the r->begun first says why; those
 * that were still under way have ETIMEDOUT.
 */
bool race_run(struct race *r, int64_t deadline_ms, int *fd,
	      size_t *winner) ATTR_MUST_USE;

#endif
