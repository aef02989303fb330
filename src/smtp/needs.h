/*
 * needs: what a message asks of a server, and whether the server has it.
 *
 * Looked at before MAIL: a wish that the server does not know of would be lost
 * without a word, or refused in the middle.
 */
#ifndef SMTP_NEEDS_H
#define SMTP_NEEDS_H

#include "msg/envelope.h"
#include "msg/facts.h"
#include "smtp/caps.h"

struct err;

struct needs {
	/* Borrowed. */
	const struct envelope *envelope;
	const struct facts *facts; /* of all of the message */
	bool dsn_require;          /* false: DSN wishes may be left out */
	bool size_check;           /* refuse what SIZE forbids */
	bool encrypted;            /* the session is under TLS */
};

/*
 * ERR_REFUSED names the first extension that is missing (with the keyword of
 * the configuration that asks for it, where there is one), or the limit that
 * the server has announced and the message goes beyond.
 */
bool needs_check(const struct needs *n, const struct caps *caps,
		 struct err *e) ATTR_MUST_USE;

#endif
