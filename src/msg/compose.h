/*
 * compose: a message from flags.
 *
 * text, html: multipart/alternative; files that the HTML shows around it:
 * multipart/related; attachments around it all: multipart/mixed.  What there
 * is only one of stands alone.  Texts are checked to be UTF-8 (else
 * ERR_MESSAGE, saying where) and go as 7bit where they are short-lined ASCII,
 * else quoted-printable.  Attachments are base64, streamed; see msg/part.h.
 */
#ifndef MSG_COMPOSE_H
#define MSG_COMPOSE_H

#include "base/draft.h"
#include "base/list.h"
#include "msg/facts.h"
#include "msg/header.h"

struct err;

struct compose {
	/* Strings borrowed, lists owned; NULL or empty where not given. */
	const char *from, *reply_to, *subject;
	struct list to, cc, bcc; /* address lists as the user wrote them */
	struct list headers;     /* "Name: value" */
	struct list attachments; /* "FILE" or "FILE:TYPE" */
	struct list inlines;     /* the same, shown by html as cid:NAME */
	const char *body;        /* text, or */
	int body_fd;             /* a descriptor to read it from, or -1 */
	const char *html;        /* path of an HTML file */
	/* With neither a body nor html nor files the text is empty. */
};

#define COMPOSE_INIT ((struct compose){ .body_fd = -1 })

void compose_free(struct compose *c);

/*
 * The header block (without Date, Message-ID: stamp adds them) appended to
 * headers and the body to draft, which is opened where it is not, and flushed;
 * facts are set to those of the body.  Fields stand in the order From, To, Cc,
 * Reply-To, Subject, those of `headers`, MIME-Version, Content-*.  There is no
 * Bcc: the caller takes the recipients from the lists.
 *
 * ERR_USAGE: control characters in a value, a header that is none or one that
 * we make ourselves, inlines without html; ERR_MESSAGE: an address or text
 * that cannot be sent; ERR_NOINPUT: a file that is missing.
 */
bool compose_message(const struct compose *c, struct headers *headers,
		     struct draft *draft, struct facts *facts,
		     struct err *e) ATTR_MUST_USE;

#endif
