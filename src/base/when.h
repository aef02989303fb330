/*
 * when: points in time and durations as people and protocols write them.
 *
 * A point in time is a count of seconds since 1970-01-01 00:00 UTC, as of
 * time(2); what names no zone is local time.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdint.h>

#include "base/str.h"

/* What may be written, for messages. */
#define WHEN_FORMS                                                             \
	"a time such as 18:30, 2026-12-24 18:30, +2h or 2026-12-24T18:30:00Z"

/* "90", "5m", "2h", "3d" as seconds: from 1 up to INT_MAX. */
bool when_duration(struct view text, int *seconds) ATTR_MUST_USE;

/*
 * "2026-12-24 18:30", "18:30" (the next time that the clock shows it), "+2h"
 * (from now on), or RFC 3339: seconds, T in place of the blank, and a zone (Z
 * or +01:00) may be written.  A day that no month has is no time.
 */
bool when_parse(struct view text, int64_t now, int64_t *out) ATTR_MUST_USE;

/* RFC 3339 alone, as servers say it: whole, with a zone. */
bool when_parse_stamp(struct view text, int64_t *out) ATTR_MUST_USE;

/* Append "2026-12-24T17:30:00Z". */
void when_add_stamp(struct str *out, int64_t when);

#endif
