/* facts: what a message turned out to be, gathered as its bytes pass. */
#ifndef MSG_FACTS_H
#define MSG_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* RFC 5322, 2.1.1: a line may have 998 octets without its line end. */
#define FACTS_LINE_MAX 998

struct facts {
	uint64_t octets;  /* in the draft: lines end in LF */
	uint64_t lines;   /* line ends; an unfinished last line is none */
	uint64_t longest; /* octets of the longest line, without line end */
	bool has_8bit;
	bool has_nul;
	uint64_t current; /* octets of the line being read */
};

#define FACTS_INIT ((struct facts){ 0 })

/* Note bytes of the draft, LF line ends, in order. */
void facts_note(struct facts *f, struct view v);

/*
 * Octets on the wire, lines ended by CRLF (the last one too, whether or not
 * it was in the draft) and no dots doubled: for SIZE and BDAT.  Exactly what
 * msg/canon makes of a draft without CR.
 */
uint64_t facts_wire_size(const struct facts *f);

/* Sum of a header block's facts, whose last line is complete, and a body's. */
struct facts facts_join(const struct facts *a, const struct facts *b);

#endif
