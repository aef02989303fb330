/*
 * batch: one message to all of its recipients, in as many transactions as the
 * server wants them to be.
 *
 * RFC 9422: RCPTMAX and RCPTDOMAINMAX limit the recipients of a transaction,
 * MAILMAX the transactions of a session.  A server without LIMITS that takes
 * some recipients and answers 452 to others (RFC 5321, 4.5.3.1.10) gets those
 * in a further transaction, and from then on no more at once than it took.
 *
 * Where all recipients fit, this is transfer_send and nothing else: the same
 * flights.
 */
#ifndef SMTP_BATCH_H
#define SMTP_BATCH_H

#include "smtp/transfer.h"

/* Transactions for one message; who is left then is put off. */
#define BATCH_TRANSACTIONS_MAX 1000

struct batch {
	struct transfer transfer; /* envelope: all recipients */
	/*
	 * End the session and open it anew, for what MAILMAX does not allow
	 * any more or where QUIT has been said already; NULL: the rest is put
	 * off.
	 */
	bool (*again)(void *who, struct err *e);
	void *who; /* borrowed */
};

/* True where s takes no more transactions, so that it would be renewed. */
bool batch_is_exhausted(const struct session *s);

/*
 * As transfer_send; out has the verdicts of all recipients, and as the last
 * reply that to the last group.  A message that the server refused or put off
 * as a whole is not offered again for the other groups: they share that
 * verdict.  With `partial` off there is one transaction only: ERR_REFUSED where
 * LIMITS forbids that, since it could not be all or none.
 */
bool batch_send(struct session *s, const struct batch *b, struct outcome *out,
		struct err *e) ATTR_MUST_USE;

#endif
