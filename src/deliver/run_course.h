/* run_course: a queue run under way; deliver/run's own. */
#ifndef DELIVER_RUN_COURSE_H
#define DELIVER_RUN_COURSE_H

#include <signal.h>

#include "base/watch.h"
#include "deliver/run.h"
#include "deliver/run_index.h"

#define RUN_WORKERS_MAX 64 /* of all accounts together */

struct run_course {
	const struct run *run;
	struct spool spool; /* a copy, with the size that accounts allow */
	struct run_index index;
	struct watch watch;
	int network; /* of change_open, or -1 */
	size_t workers;
	size_t sent, given, done; /* items, of what is over */
	int64_t look_ms;    /* when to look at the folder; INT64_MAX: not */
	int64_t looked_ms;  /* when that was done last */
	int64_t network_ms; /* when to act upon a change; INT64_MAX: none */
	int64_t acted_ms;   /* when that was done last */
	sigset_t usual;     /* signals that are blocked in workers */
};

/* Learn the settings of all accounts that are not known. */
void run_know_all(struct run_course *c, int64_t now);

/* Start workers for what is due and not under way. */
void run_start_due(struct run_course *c, int64_t now);

/* What came from a worker: the next may start, or it has ended. */
void run_hear(struct run_course *c, struct run_account *a, size_t seat);

/* Kill the workers whose time is over. */
void run_kill_late(struct run_course *c, int64_t now_ms);

/* Nothing more is to be begun. */
void run_stop_all(struct run_course *c);

/* The network has changed: servers in trouble may be tried at once. */
void run_end_waits(struct run_course *c, int64_t now);

/* True where an item waits, for a server or a time and not for a person. */
bool run_waits(const struct run_account *a, const struct run_entry *entry);

/* By time(2): not before. */
int64_t run_due(const struct run_account *a, const struct run_entry *entry);

#endif
