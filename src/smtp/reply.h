/*
 * reply: one SMTP reply, put together from its lines (RFC 5321, 4.2).
 *
 * Feed lines without their line ending, in order.  Limits hold before any
 * byte is stored, so a hostile server cannot make a reply grow.  What is
 * stored is fit for a terminal and a log.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

#define REPLY_LINE_MAX 2048
#define REPLY_LINES_MAX 256

struct reply {
	int code; /* 0 until the first line was read */
	int lines;
	bool complete;
	bool has_status;
	int status[3]; /* RFC 3463, where has_status; of the code's class */
	/* Owned, printable: the lines without codes but with the enhanced
	 * status, joined by '\n'. */
	struct str text;
};

#define REPLY_INIT ((struct reply){ 0 })

/*
 * ERR_PROTOCOL where the line is too long, one too many, has no code of 200
 * to 599 or another one than the lines before.  A CR inside is shown as '?'.
 */
bool reply_add_line(struct reply *r, struct view line,
		    struct err *e) ATTR_MUST_USE;

/* Append "550 5.1.1 no\n550 5.1.1 more", for err_said and verdicts. */
void reply_add_said(const struct reply *r, struct str *out);

/* err_said with the whole reply. */
bool reply_said(const struct reply *r, struct err *e);

void reply_free(struct reply *r);

#endif
