/* proc: run a command of the user's by a deadline. */
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

/*
 * Run command the same way, with fds[0] as its standard input and fds[1] as
 * its standard output: files, which a command that does not read or write them
 * cannot block.  *status is what it ended with.  ERR_SYSTEM where it cannot be
 * started, is ended by a signal, or is not done by the deadline.
 */
bool proc_run(const char *what, const char *command, const int fds[2],
	      int64_t deadline_ms, int *status, struct err *e) ATTR_MUST_USE;

#endif
