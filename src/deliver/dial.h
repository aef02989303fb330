/*
 * dial: from an account to an open session.
 *
 * The only room that knows accounts, sockets, TLS, SASL and SMTP together; it
 * turns the settings of the one into what each of the others asks for.
 */
#ifndef DELIVER_DIAL_H
#define DELIVER_DIAL_H

#include "auth/sasl.h"
#include "auth/source.h"
#include "base/str.h"
#include "config/account.h"
#include "net/tls.h"
#include "smtp/session.h"

struct dial {
	const struct account *account; /* borrowed */
	int64_t deadline_ms;
	struct transcript *transcript; /* borrowed, or NULL */
	struct str hello;              /* the name for EHLO */
	struct str peer;               /* the address that answered */
	struct str where;              /* "smtp.example.org:587", for people */
	struct secret secret; /* fetched at most once, before connecting */
	struct tls_config tls;
	struct tls_info tls_info;
	struct sasl *sasl;
	struct authenticator auth;
	struct session session;
	bool opened; /* the session is to be closed */
};

#define DIAL_INIT ((struct dial){ .tls_info = TLS_INFO_INIT })

/*
 * Connect, secure, greet and log in, all by deadline_ms.  transcript may be
 * NULL.  What can be found wrong without a connection (settings, files, the
 * command that gives the secret) is found before one is made.  d must not
 * move in memory until dial_free.
 */
bool dial_open(struct dial *d, const struct account *a, int64_t deadline_ms,
	       struct transcript *transcript, struct err *e) ATTR_MUST_USE;

/*
 * End the session and open another one to the same account: for smtp/batch,
 * whose `again` this is; who is a struct dial that was opened.
 */
bool dial_again(void *who, struct err *e) ATTR_MUST_USE;

/* QUIT where a session is open. */
void dial_free(struct dial *d);

#endif
