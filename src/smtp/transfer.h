/*
 * transfer: one message over an open session, by DATA or BDAT.
 *
 * Flights are those of RFC 2920 and 3030.  With CHUNKING and a message of up
 * to TRANSFER_RIDE_MAX octets, where a refused recipient cannot surprise
 * anybody, MAIL, RCPT, BDAT LAST (and QUIT, for the last message) are one
 * flight; else the envelope's verdict is awaited before a byte of it is sent.
 */
#ifndef SMTP_TRANSFER_H
#define SMTP_TRANSFER_H

#include "base/draft.h"
#include "msg/envelope.h"
#include "msg/facts.h"
#include "smtp/outcome.h"
#include "smtp/session.h"

#define TRANSFER_RIDE_MAX 65536
#define TRANSFER_CHUNK 1048576

struct transfer {
	/* Borrowed.  The draft holds header block, blank line and body. */
	const struct envelope *envelope;
	const struct draft *message;
	const struct facts *facts; /* of all of the draft */
	bool partial;     /* deliver to those recipients that are accepted */
	bool dsn_require; /* false: leave DSN wishes out where not offered */
	bool size_check;  /* refuse what SIZE forbids before sending it */
	bool last;        /* no more messages follow: QUIT rides along */
	/*
	 * Called before the flight that ends the message, after which nobody
	 * but the server knows what becomes of it; false stops it, and the
	 * session.  NULL: nobody wants to know.
	 */
	bool (*before_end)(void *who, struct err *e);
	void *who; /* borrowed */
	/* Called with the octets of the draft that are on their way, block
	 * by block; or NULL. */
	void (*gone)(void *watcher, uint64_t octets);
	void *watcher; /* borrowed */
};

/*
 * out is made anew.  True where the message was handed over or every recipient
 * has a verdict;
 * out then tells what became of each.  False where the session is of no more
 * use; out then has e as the verdict of all that were not settled, with
 * ERR_UNCERTAIN for those whose message had been sent whole.
 */
bool transfer_send(struct session *s, const struct transfer *t,
		   struct outcome *out, struct err *e) ATTR_MUST_USE;

#endif
