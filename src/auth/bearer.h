/*
 * bearer: OAuth access tokens in SASL: OAUTHBEARER (RFC 7628) and XOAUTH2,
 * which Google described first and Microsoft took over.
 *
 * Both are one message of the client.  A server that refuses the token says
 * why in JSON as a challenge, wants a dummy response and only then ends the
 * exchange (RFC 7628, section 3.2.3).
 */
#ifndef AUTH_BEARER_H
#define AUTH_BEARER_H

#include <stdbool.h>

#include "base/secret.h"
#include "base/str.h"

struct err;

struct bearer_config {
	/* Borrowed. */
	const char *user;
	const char *host; /* NULL: left out */
	int port;         /* 0: left out */
};

/*
 * The client's message.  ERR_CONFIG where token or user cannot be in one: a
 * token is printable ASCII without blanks (RFC 6750, section 2.1), and no
 * control character may forge a field of the message.
 */
bool bearer_oauthbearer(const struct bearer_config *c,
			const struct secret *token, struct secret *out,
			struct err *e) ATTR_MUST_USE;
bool bearer_xoauth2(const struct bearer_config *c, const struct secret *token,
		    struct secret *out, struct err *e) ATTR_MUST_USE;

/*
 * Append what the server's JSON says that helps a person: "status
 * invalid_token, scope mail".  Nothing where it says nothing; always printable
 * and bounded.
 */
void bearer_why(struct view json, struct str *out);

#endif
