/*
 * text: a text in a draft.  Whether it is UTF-8, and how it gets into another
 * draft: as it is, or as quoted-printable.
 */
#ifndef MSG_TEXT_H
#define MSG_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/draft.h"
#include "msg/facts.h"

struct err;

/* Where bytes go, and where it is noted what they were; both borrowed. */
struct text_sink {
	struct draft *draft; /* open */
	struct facts *facts;
};

/* Lines and bytes of a line, from 1. */
struct text_place {
	uint64_t line, byte;
};

/*
 * All of fd, line ends made LF and the last one added (msg/reader), into d,
 * which is opened and flushed, and its facts.
 */
bool text_spool(int fd, struct draft *d, struct facts *facts,
		struct err *e) ATTR_MUST_USE;

bool text_put(const struct text_sink *to, struct view v,
	      struct err *e) ATTR_MUST_USE;

/*
 * bad is the place of the first byte of from (flushed) that belongs to no
 * UTF-8 character; its line is 0 where there is none.  False where from
 * cannot be read.
 */
bool text_check_utf8(const struct draft *from, struct text_place *bad,
		     struct err *e) ATTR_MUST_USE;

/* Append all of from (flushed) as it is. */
bool text_copy(const struct draft *from, const struct text_sink *to,
	       struct err *e) ATTR_MUST_USE;

/* The same as quoted-printable. */
bool text_copy_qp(const struct draft *from, const struct text_sink *to,
		  struct err *e) ATTR_MUST_USE;

#endif
