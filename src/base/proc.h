/* proc: run a command or another program, by a deadline or beside us. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
#include "base/secret.h"

struct err;

/* --- a program under way --------------------------------------------------
 */

/*
 * What a program gets as standard input, output and error, which stay the
 * caller's; -1 for /dev/null as the input, and for our own as the others.
 */
#define PROC_FDS 3

struct proc {
	int pid;
	bool leads; /* a process group of all that it starts */
};

/*
 * Start argv[0], which is looked for in $PATH.  It leads a group of its own
 * unless there is a terminal, which it may have to ask something.  The caller
 * waits for it until it has ended.  ERR_NOINPUT: there is no such program;
 * ERR_SYSTEM.
 */
bool proc_start(char *const argv[], const int fds[PROC_FDS], struct proc *child,
		struct err *e) ATTR_MUST_USE;

/* The same with /bin/sh -c and a command of the user's. */
bool proc_start_command(const char *command, const int fds[PROC_FDS],
			struct proc *child, struct err *e) ATTR_MUST_USE;

enum proc_state {
	PROC_ENDED, /* *status is as of waitpid(2); child is no more */
	PROC_RUNS,  /* still, at deadline_ms */
	PROC_LOST,  /* somebody else has waited for it */
};

enum proc_state proc_wait(const struct proc *child, int64_t deadline_ms,
			  int *status) ATTR_MUST_USE;

/* To all its group, where it leads one.  Not after PROC_ENDED. */
void proc_signal(const struct proc *child, int number);

/*
 * Wait for its end, which comes at the deadline by SIGKILL; *status is that of
 * its exit.  ERR_SYSTEM where it was late or ended by a signal.
 */
bool proc_finish(const struct proc *child, int64_t deadline_ms, int *status,
		 struct err *e) ATTR_MUST_USE;

/* --- from start to end ----------------------------------------------------
 */

/*
 * Run command by /bin/sh -c with files that cannot block it.  *status is what
 * it ended with.  ERR_SYSTEM, naming `what`, where it cannot be started, is
 * ended by a signal, or is not done by the deadline.
 */
bool proc_run(const char *what, const char *command, const int fds[PROC_FDS],
	      int64_t deadline_ms, int *status, struct err *e) ATTR_MUST_USE;

/* The most that the output of one that is asked may hold. */
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
