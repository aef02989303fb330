/*
 * sasl: libgsasl (and our own bearer mechanisms) as challenge in, response
 * out.
 *
 * A mechanism that the account names is used or none is.  Otherwise the first
 * of the table that the server offers and that is allowed: without TLS that
 * means SCRAM, where the password does not travel.
 *
 * The secret is asked for once a mechanism was chosen that needs it, and
 * wiped when the exchange is over.  libgsasl keeps a copy of its own in
 * memory that is not locked: it lives from sasl_begin until the mechanism is
 * complete, has failed, or sasl_finish or sasl_free was called, and is wiped
 * then as far as libgsasl hands it out; what it derives on the way is not.
 *
 * authzid is sent by PLAIN, SCRAM, DIGEST-MD5, GSSAPI, GS2-KRB5, EXTERNAL and
 * OAUTHBEARER; the others have no place for it.  libgsasl is initialised at
 * the first use.
 */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "base/secret.h"
#include "base/str.h"

struct err;
struct mech;

/* The most challenges of one exchange. */
#define SASL_STEPS_MAX 16

/*
 * The most rounds of hashing that a server may ask of SCRAM: some seconds of
 * work that no deadline can interrupt.
 */
#define SASL_SCRAM_ROUNDS_MAX 4000000
/*
 * And the least where there is no TLS (RFC 5802, 5.1): with fewer, whoever
 * poses as the server tries passwords on our proof so much faster.
 */
#define SASL_SCRAM_ROUNDS_MIN 4096

struct sasl_config {
	/* All borrowed. */
	const char *method;  /* keyword of a mechanism, or NULL: choose */
	const char *user;    /* authentication identity, or NULL */
	const char *authzid; /* or NULL */
	const char *realm;   /* or NULL; DIGEST-MD5, and NTLM's domain */
	const char *host;    /* of the server, for DIGEST-MD5, GSSAPI, OAuth */
	int port;            /* for OAUTHBEARER */
	/*
	 * Channel bindings, raw; may be NULL or empty.  Read when a mechanism
	 * is chosen and begun.  Where there is a tls-unique, it is used: it
	 * means TLS 1.2, for which it is what servers know (RFC 9266,
	 * section 3).
	 */
	const struct str *exporter;
	const struct str *unique;
	/* Fetches the secret; its errors are passed on. */
	bool (*secret)(void *who, struct secret *out, struct err *e);
	void *who;
};

struct sasl; /* one exchange at a time */

struct sasl *sasl_new(const struct sasl_config *config);
void sasl_free(struct sasl **s);

/* These four have the shape that smtp/session.h wants of an authenticator;
 * self is a struct sasl *. */

/*
 * Forgets what was before.  ERR_CONFIG: unknown or missing in libgsasl, no
 * user, or safe only with TLS; ERR_PROTOCOL: not offered; ERR_TLS: the
 * connection has nothing to bind to.
 */
bool sasl_choose(void *self, struct view offered, bool encrypted,
		 const char **name, struct err *e);

/*
 * An initial response may be empty (EXTERNAL): it is one all the same, and
 * secret_is_set().  It may be held back and sent as the answer to an empty
 * challenge, without asking sasl_step for it.  ERR_CONFIG: no secret, or one
 * that the mechanism cannot use; or what the fetching function says.
 */
bool sasl_begin(void *self, struct secret *initial, bool *has_initial,
		struct err *e);

/*
 * ERR_PROTOCOL where the server breaks the mechanism's rules, asks on after it
 * was complete, or cannot prove that it knows the password; ERR_AUTH where a
 * challenge says that the credentials are wrong; ERR_TLS where it says that
 * the channels differ.
 */
bool sasl_step(void *self, struct view challenge, struct secret *response,
	       struct err *e);

/* ERR_PROTOCOL where the server says yes before the mechanism was complete. */
bool sasl_finish(void *self, struct err *e);

/*
 * After the server refused: put what it said of a token in a challenge behind
 * e's text, and a hint where there is none.  Where no password was shown, the
 * hint is about the ticket or the certificate that was.
 */
void sasl_explain(const struct sasl *s, struct err *e);

/* True where the mechanism can be used: libgsasl has it, or we have. */
bool sasl_supports(const struct mech *m);

/* For --version; static. */
const char *sasl_library_version(void);

#endif
