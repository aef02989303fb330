/*
 * scripted: a server that has already decided what to say, as a stream, with
 * a clock that only moves when somebody waits.
 *
 * Each step of the script can be read once the bytes written contain its
 * `after`, beyond those that released the steps before.  Every write of the
 * client is kept apart, so that a test can tell what was one flight.
 */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include "base/str.h"
#include "net/stream.h"

#define SCRIPTED_WRITES_MAX 1024

struct scripted_step {
	const char *after; /* "": at once */
	const char *say;   /* NULL ends the script */
};

struct scripted {
	const struct scripted_step *script; /* borrowed */
	bool stalls;     /* when the script is over: silence, not a hang-up */
	size_t piece;    /* bytes handed out by one read; 0: all there is */
	int fail_at;     /* this write (from 1) fails; 0: none */
	bool upgradable; /* scripted_upgrade succeeds */

	struct str writes[SCRIPTED_WRITES_MAX];
	int n_writes;
	struct str heard; /* all writes joined */
	int upgrades;
	int closed;
	int64_t last_deadline; /* of the latest read or write */
	/* Its own business. */
	size_t step, said, matched;
};

/* The time; a test may set it. */
extern int64_t scripted_now;
int64_t scripted_clock(void);

struct stream scripted_stream(struct scripted *s);

/* An upgrade_fn; who is the struct scripted that goes on in safety. */
bool scripted_upgrade(void *who, struct stream plain, int64_t deadline_ms,
		      struct stream *secured, struct err *e);

/* The text of a write, "" where it was not made. */
const char *scripted_write_text(const struct scripted *s, int i);
void scripted_free(struct scripted *s);

#endif
