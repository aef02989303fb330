/*
 * phase: what each step of a session is called, how long it may take, which
 * replies let it go on, and what the others mean.  One row a step.
 */
#ifndef SMTP_PHASE_H
#define SMTP_PHASE_H

#include <stdbool.h>

#include "base/err.h"
#include "smtp/reply.h"

enum phase {
	PHASE_GREETING,
	PHASE_EHLO,
	PHASE_STARTTLS,
	PHASE_AUTH,
	PHASE_RSET,
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA,
	PHASE_CHUNK, /* BDAT but for the last; each stretch of a body too */
	PHASE_BODY,  /* after the last octet */
	PHASE_ETRN,
	PHASE_QUIT,
	PHASE_COUNT
};

#define REPLY_REFUSES 400 /* and above: not now, or not at all */
#define REPLY_CLOSING 421
#define REPLY_CHALLENGE 334
#define REPLY_AUTH_NEEDED 530

/* "the answer to MAIL FROM" */
const char *phase_awaited(enum phase p);

/* Limit where the account sets none; at least RFC 5321, section 4.5.3.2. */
int phase_timeout_s(enum phase p);

/*
 * True where r is a reply that p hopes for.  Else e has the kind that the
 * reply means at this step (530: ERR_AUTH at any command; 4xx: ERR_DEFERRED;
 * a class that makes no sense here: ERR_PROTOCOL), our words, the server's
 * words, and a hint where the reply is a well-known one.
 */
bool phase_check(enum phase p, const struct reply *r,
		 struct err *e) ATTR_MUST_USE;

#endif
