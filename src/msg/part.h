/*
 * part: writes the parts of a MIME message one after the other.
 *
 * The header of the outermost part goes into the message's header block, all
 * others into the body.  Groups (multipart) are opened, each of their parts
 * announced, and closed.
 */
#ifndef MSG_PART_H
#define MSG_PART_H

#include "base/str.h"
#include "msg/header.h"
#include "msg/text.h"

struct err;

struct part_writer {
	struct text_sink to;
	struct headers *headers; /* borrowed; NULL once the outermost is said */
};

struct part_group {
	struct str boundary;
	bool begun;
};

#define PART_GROUP_INIT ((struct part_group){ 0 })

void part_group_free(struct part_group *g);

/*
 * The header of a multipart, whose type is written out: "multipart/mixed".
 * Without Content-Transfer-Encoding: the outermost is known at the end, and
 * the inner ones here hold nothing but 7bit.
 */
bool part_group_open(struct part_writer *w, const char *type,
		     struct part_group *g, struct err *e) ATTR_MUST_USE;
/* Before each part of it. */
bool part_group_next(struct part_writer *w, struct part_group *g,
		     struct err *e) ATTR_MUST_USE;
/* After the last. */
bool part_group_close(struct part_writer *w, struct part_group *g,
		      struct err *e) ATTR_MUST_USE;

/*
 * A text in UTF-8 with LF line ends, the last one too, in a flushed draft and
 * its facts; type is "text/plain" or "text/html".  7bit where it is ASCII in
 * lines that SMTP carries, else quoted-printable.
 */
bool part_text(struct part_writer *w, const char *type,
	       const struct draft *text, const struct facts *facts,
	       struct err *e) ATTR_MUST_USE;

enum part_how {
	PART_ATTACHED,
	/* Content-ID is the file's name, for links such as "cid:logo.png";
	 * other than ASCII letters, digits, '.' and '-' is '_' in it. */
	PART_INLINE,
};

/*
 * A file as "FILE" or "FILE:TYPE"; the latter only where no file has the whole
 * name and TYPE is a media type.  base64, but a message is embedded as it is
 * (RFC 2046, 5.2.1) or, where that cannot be, as application/octet-stream.
 * ERR_NOINPUT: a directory, or what cannot be opened.
 */
bool part_file(struct part_writer *w, const char *argument, enum part_how how,
	       struct err *e) ATTR_MUST_USE;

/* Open path for reading; ERR_NOINPUT where that fails or it is a directory. */
bool part_open(const char *path, int *fd, struct err *e) ATTR_MUST_USE;

/* Closes *fd where it is one: for CLEAN(part_fd) int fd = -1. */
void part_fd_free(const int *fd);

#endif
