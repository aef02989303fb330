/*
 * progress: a line on the terminal that says how far long work has got.
 *
 * It is there only where standard error is a terminal that can go back to the
 * start of a line, after the first second, and is gone when the work is done.
 * No colours are used, so that NO_COLOR asks for nothing more.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "base/str.h"
#include "cli/ui.h"

enum progress_unit {
	PROGRESS_BYTES,
	PROGRESS_MESSAGES,
};

struct progress {
	const char *what; /* "sending"; borrowed */
	enum progress_unit unit;
	bool on;
	int64_t started_ms;
	int64_t shown_ms; /* 0: not shown yet */
	size_t columns;   /* that it takes now */
};

/* Not where ui is quiet or shows the dialogue. */
void progress_start(struct progress *p, const struct ui *ui, const char *what,
		    enum progress_unit unit);

/* So much is done of all; 0: it is not known how much there is. */
void progress_show(struct progress *p, uint64_t done, uint64_t all);

/* Before other words on the terminal, and at the end. */
void progress_end(struct progress *p);

/* Append the line, as it is after so many milliseconds. */
void progress_add(struct str *out, const struct progress *p, uint64_t done,
		  uint64_t all, int64_t elapsed_ms);

#endif
