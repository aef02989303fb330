/*
 * scan: read a view from left to right and never past its end.
 *
 * Each function consumes what it names and returns true, or consumes nothing
 * and returns false.  No locale is involved.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct scan {
	const char *p;
	const char *end;
};

struct scan scan_of(struct view v);
bool scan_done(const struct scan *s);
struct view scan_rest(const struct scan *s);
/* The next byte, or NUL at the end; consumes nothing. */
char scan_peek(const struct scan *s);
bool scan_byte(struct scan *s, char c);

/* All bytes for which in() holds; true where there was at least one. */
bool scan_while(struct scan *s, bool (*in)(char c), struct view *out);

/* Up to and without c, which is consumed; or all the rest where c is not. */
struct view scan_until(struct scan *s, char c);

/* A run of blanks (space, tab), CR and LF; possibly none. */
void scan_skip_space(struct scan *s);

/* Exactly `digits` decimal digits; digits is 1 to 9. */
bool scan_fixed(struct scan *s, int digits, int *out);

/* A decimal number of 1 to 18 digits. */
bool scan_number(struct scan *s, int64_t *out);

/* One to three digits, as in an enhanced status code. */
bool scan_small(struct scan *s, int *out);

#endif
