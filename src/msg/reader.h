/*
 * reader: a message from a file descriptor, repaired where that is certain.
 *
 * Line ends CRLF, LF and bare CR in the body become LF; a missing last line
 * end is added; an mbox "From " line in front is dropped, as is a byte order
 * mark before a first field; text that does not start with a field gets its
 * blank line.  In the header block a run of CRs before LF is one line end and
 * any other bare CR is a blank.  Nothing else is changed; NUL bytes stay.
 *
 * A line that is neither field nor continuation ends the header block before
 * it, and is the first of the body.  A first line that starts with "From " is
 * an mbox line where it holds a time of day or a field comes next; else it is
 * text.
 */
#ifndef MSG_READER_H
#define MSG_READER_H

#include "base/draft.h"
#include "base/str.h"
#include "msg/facts.h"
#include "msg/header.h"

#define READER_BUFFER 65536

struct reader {
	int fd;        /* borrowed */
	bool dot_ends; /* a line of one dot ends the input; ".." is "." */
	char *buffer;  /* owned */
	size_t start, end;
	bool at_end;       /* the descriptor has no more */
	struct str pushed; /* read with the header block, but of the body */
};

void reader_init(struct reader *r, int fd, bool dot_ends);
void reader_free(struct reader *r);

/*
 * The header block up to and with the blank line that ends it, appended to
 * out.  ERR_MESSAGE beyond the limits of header.h (a line of any length that
 * is no field is text, and has no limit); ERR_IO where reading fails.
 */
bool reader_headers(struct reader *r, struct headers *out,
		    struct err *e) ATTR_MUST_USE;

/*
 * All that follows: appended to draft, which is open; facts are set to those
 * of the body alone.  Without reader_headers before it, all input is body.
 * ERR_IO where reading fails.
 */
bool reader_body(struct reader *r, struct draft *draft, struct facts *facts,
		 struct err *e) ATTR_MUST_USE;

#endif
