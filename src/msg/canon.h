/*
 * canon: LF to CRLF, with or without dots doubled, as a state machine over
 * pieces of any size.
 *
 * Input is what a draft holds: every line ends in LF, no bare CR.  A CR that
 * is there all the same becomes CRLF, so that only CRLF line ends go out.
 */
#ifndef MSG_CANON_H
#define MSG_CANON_H

#include "base/str.h"

struct canon {
	bool dots; /* DATA doubles leading dots (RFC 5321, 4.5.2); BDAT not */
	bool at_line_start;
	bool after_cr;
};

void canon_init(struct canon *c, bool dots);

/* Append the wire form of v, at most 2 * v.n + 1 octets, to out. */
void canon_add(struct canon *c, struct view v, struct str *out);

/* End the last line if need be. */
void canon_finish(struct canon *c, struct str *out);

#endif
