/*
 * dial: from an account and one of its servers to an open session.
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
#include "deliver/route.h"
#include "net/tls.h"
#include "smtp/session.h"

struct dial {
	/* To be set by the caller, all may stay 0. */
	int64_t open_by_ms; /* the login is over by then; 0: no such limit */
	bool keep_secret;   /* it may be needed for another session */
	/* To see what the server offers, not to send: no secret is fetched,
	 * nobody logs in, and a certificate that is not believed is told in
	 * tls_info alone. */
	bool looks_only;

	const struct account *account; /* borrowed */
	const struct endpoint *to;     /* borrowed */
	int64_t deadline_ms;
	struct transcript *transcript; /* borrowed, or NULL */
	struct str hello;              /* the name for EHLO */
	struct str peer;               /* the address that answered */
	struct str where;              /* "smtp.example.org:587", for people */
	struct secret secret; /* fetched before connecting; see keep_secret */
	struct tls_config tls;
	struct tls_info tls_info;
	struct sasl *sasl;
	struct authenticator auth;
	struct session session;
	bool opened;  /* the session is to be closed */
	bool reached; /* what failed, if anything, failed on the way there */
};

#define DIAL_INIT ((struct dial){ .tls_info = TLS_INFO_INIT })

/*
 * Connect, secure, greet and log in, all by deadline_ms.  transcript may be
 * NULL.  What can be found wrong without a connection (settings, files, the
 * command that gives the secret) is found before one is made; d->reached is
 * then false.  d must not move in memory until dial_free, and is dialled
 * again, for another server of the same account, only after dial_close.
 */
bool dial_open(struct dial *d, const struct account *a,
	       const struct endpoint *to, int64_t deadline_ms,
	       struct transcript *transcript, struct err *e) ATTR_MUST_USE;

/*
 * End the session and open another one to the same server: for smtp/batch,
 * whose `again` this is; who is a struct dial that was opened.
 */
bool dial_again(void *who, struct err *e) ATTR_MUST_USE;

/* The session is to go on until another deadline: for another message. */
void dial_extend(struct dial *d, int64_t deadline_ms);

/* QUIT where a session is open; the secret stays with keep_secret. */
void dial_close(struct dial *d);
void dial_free(struct dial *d);

#endif
