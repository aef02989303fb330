/*
 * keep: copies of messages in maildirs, for people: what was sent (save_sent),
 * and what `capture` took in place of a server.
 */
#ifndef DELIVER_KEEP_H
#define DELIVER_KEEP_H

#include "config/account.h"
#include "deliver/message.h"

struct err;

/* What was sent, byte by byte but for line ends, as a message that was seen;
 * nothing where the account does not want that. */
bool keep_sent(const struct account *a, const struct message *m,
	       struct err *e) ATTR_MUST_USE;

/*
 * The message as a new one, with the envelope in front of it: a field
 * X-Envelope-From, and X-Envelope-To for each recipient.
 */
bool keep_captured(const struct account *a, const struct message *m,
		   struct err *e) ATTR_MUST_USE;

#endif
