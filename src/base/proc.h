/* proc: run a command or another program by a deadline. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
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

/* What a program left. */
struct proc_answer {
	int status;        /* of its exit */
	struct secret out; /* the first line that it printed; may be empty */
	struct str said;   /* and that of its standard error, printable */
};

#define PROC_ANSWER_INIT ((struct proc_answer){ 0 })

/*
 * Run the program words->v[0], which is looked for in $PATH, with the other
 * words as its arguments and no shell between: else as above, but what it says
 * on its standard error is kept and not shown, and any status is an answer.
 * ERR_NOINPUT: there is no such program; ERR_SYSTEM: it cannot be started, is
 * ended by a signal, prints too much or is not done by the deadline.
 */
bool proc_ask(const struct list *words, int64_t deadline_ms,
	      struct proc_answer *answer, struct err *e) ATTR_MUST_USE;

void proc_answer_free(struct proc_answer *a);

#endif
