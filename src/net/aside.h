/*
 * aside: a call that cannot be interrupted, by a deadline.
 *
 * How long the resolver takes is up to resolv.conf and NSS modules.  It is
 * therefore called in a thread of its own that is left behind where the
 * deadline comes first, and frees what it holds when it is done at last.
 * getaddrinfo_a(3) would do the same with more threads and only with glibc; a
 * child process would cost ten times as much and could be reaped by somebody
 * else.
 */
#ifndef NET_ASIDE_H
#define NET_ASIDE_H

#include <stdint.h>

#include "base/attr.h"

/* Threads left behind that still hang; then no more are begun. */
#define ASIDE_HANGING_MAX 16

enum aside {
	ASIDE_DONE,
	ASIDE_LATE, /* the deadline came first */
	ASIDE_FULL, /* too many hang; nothing was run */
};

/*
 * run(job) beside the caller.  ASIDE_DONE: it has returned, and the job is the
 * caller's again.  Otherwise the job is gone: release(job) was called, or will
 * be by the thread.  All signals are blocked in run.
 */
enum aside aside_run(void *job, void (*run)(void *job),
		     void (*release)(void *job),
		     int64_t deadline_ms) ATTR_MUST_USE;

#endif
