/*
 * reencode: a text with lines that SMTP does not carry (RFC 5321, 4.5.3.1.6)
 * becomes quoted-printable, which says the same in short lines.
 *
 * Only a message that is one text part and not yet encoded: what is inside a
 * multipart, or encoded, is another's work and stays as it is.
 */
#ifndef MSG_REENCODE_H
#define MSG_REENCODE_H

#include <stdbool.h>

#include "base/draft.h"
#include "msg/facts.h"
#include "msg/header.h"

struct err;

/*
 * True where a line of the body has more than FACTS_LINE_MAX octets and the
 * header block says, or leaves to be assumed (RFC 2045, 5.2 and 6.1), that it
 * is one text, sent as 7bit, 8bit or binary.  Facts are the body's alone.
 */
bool reencode_wanted(const struct headers *h, const struct facts *facts);

/*
 * The body in from (flushed, nothing but the body) as quoted-printable into
 * to, which is opened where it is not, and flushed; facts become those of the
 * new body.  In h, Content-Transfer-Encoding is set where it stands or added,
 * MIME-Version is added where there is none, and so is Content-Type: then
 * the charset is what the body shows, us-ascii, utf-8 or unknown-8bit (RFC
 * 1428).  Where it fails, h is as it was.
 */
bool reencode_body(struct headers *h, const struct draft *from,
		   struct draft *to, struct facts *facts,
		   struct err *e) ATTR_MUST_USE;

#endif
