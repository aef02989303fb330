/* proc: run a command of the user's, by a deadline or beside us. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/secret.h"

struct err;

/* The most that a command's output may hold. */
#define PROC_OUTPUT_MAX 65536

/*
 * Run command by /bin/sh -c with our environment, /dev/null as its standard
 * input and our standard error; out is the first line of what it prints,
 * without the line end.  ERR_SYSTEM, naming `what`, where it cannot be
 * started, ends with another status than 0, prints nothing, or is not done by
 * the deadline (it is then killed, without a terminal all it started too).
 */
bool proc_first_line(const char *what, const char *command, int64_t deadline_ms,
		     struct secret *out, struct err *e) ATTR_MUST_USE;

/* A command under way. */
struct proc {
	int pid;
	bool leads; /* a process group of all that it starts */
};

/*
 * The same with `in` (-1: /dev/null) and `out`, which stay the caller's, as its
 * standard input and output; the caller then waits for it until it has ended.
 * It leads a group of its own unless there is a terminal, which it may have to
 * ask something.  ERR_SYSTEM.
 */
bool proc_start(const char *command, int in, int out, struct proc *child,
		struct err *e) ATTR_MUST_USE;

enum proc_state {
	PROC_ENDED, /* *status is as of waitpid(2); child is no more */
	PROC_RUNS,  /* still, at deadline_ms */
	PROC_LOST,  /* somebody else has waited for it */
};

enum proc_state proc_wait(const struct proc *child, int64_t deadline_ms,
			  int *status) ATTR_MUST_USE;

/* To all its group, where it leads one.  Not after PROC_ENDED. */
void proc_signal(const struct proc *child, int number);

#endif
