/*
 * flush: try to send what is in the queue: for the verb of that name and for
 * sendmail's -q.
 *
 * What shall be tried is written into the folder first; then the queue is run,
 * or the run that is at work is told to look.
 */
#ifndef CLI_FLUSH_H
#define CLI_FLUSH_H

#include "cli/queues.h"

struct flush {
	const struct ui *ui;
	struct queues *queues;
	bool all;  /* whatever waits, not only what is due */
	bool wait; /* until all of it has been tried */
	/* What is held for the login or settings of this account as well. */
	const char *account;
	const struct list *ids; /* or their beginnings: these alone */
	/* Parts of the ID, of a recipient, of the sender; each may have
	 * several, of which one must fit.  Any may be NULL. */
	const struct list *like_id, *like_recipient, *like_sender;
};

/* The exit status: 0, or with `wait` 75 where something still waits. */
int flush_run(const struct flush *f);

/* Run each queue until nothing waits there: what systemd starts. */
int flush_stay(const struct ui *ui, struct queues *queues);

#endif
