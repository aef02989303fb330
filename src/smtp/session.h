/*
 * session: from the greeting to AUTH, and QUIT (RFC 5321, 3207, 4954, 2033).
 *
 * A session is given a stream, a function that makes a stream safe, and an
 * authenticator; it knows neither TLS nor SASL libraries nor accounts.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/err.h"
#include "base/secret.h"
#include "net/wire.h"
#include "smtp/caps.h"
#include "smtp/pipeline.h"

/* SASL as seen from SMTP.  Challenges and responses are not in base64. */
struct authenticator {
	void *self; /* borrowed */
	/*
	 * Choose from the mechanisms that the server offers (separated by
	 * blanks, upper case); *name is static.  ERR_PROTOCOL where none will
	 * do, ERR_CONFIG where what it needs is not configured.
	 */
	bool (*choose)(void *self, struct view offered, bool encrypted,
		       const char **name, struct err *e);
	/* *has_initial false: the server speaks first, initial stays empty. */
	bool (*begin)(void *self, struct secret *initial, bool *has_initial,
		      struct err *e);
	bool (*step)(void *self, struct view challenge, struct secret *response,
		     struct err *e);
	/* After 235: false where the mechanism is not content, for example
	 * because the server did not prove itself. */
	bool (*finish)(void *self, struct err *e);
};

struct session_config {
	const char *hello; /* for EHLO or LHLO; checked by the caller */
	bool lmtp;
	bool encrypted;      /* the stream is safe from the start */
	upgrade_fn *upgrade; /* not NULL: STARTTLS is required */
	void *upgrade_who;
	const struct authenticator *auth; /* NULL: no AUTH */
	int timeout_s;             /* of each step; 0: by step, <0: none */
	int64_t deadline_ms;       /* of the whole session; 0: none */
	bool pipelining, chunking; /* false: do not use them */
	struct transcript *transcript;
	int64_t (*now_ms)(void); /* NULL: clock_now_ms */
};

struct session {
	struct session_config config; /* what it borrows outlives the session */
	struct wire wire;
	struct pipeline pipe;
	struct caps caps;
	bool encrypted;
	bool authenticated;
	const char *mechanism; /* static; NULL without AUTH */
	struct str greeting;   /* text of the greeting, printable */
	bool quit_sent;
	int transactions; /* that were begun by MAIL (RFC 9422, MAILMAX) */
	bool dirty; /* a transaction may be open: RSET before the next MAIL */
};

/* Challenges of one AUTH, and octets of one of its lines (RFC 4954, 4). */
#define SESSION_AUTH_ROUNDS_MAX 32
#define SESSION_AUTH_LINE_MAX 12288

/*
 * Greeting, EHLO (or HELO where that is refused), STARTTLS and EHLO again,
 * AUTH.  Takes ownership of stream at once, also where it fails; session_close
 * is needed in any case.
 */
bool session_open(struct session *s, struct stream stream,
		  const struct session_config *config,
		  struct err *e) ATTR_MUST_USE;

/*
 * The same up to and without AUTH: for asking what a server offers.
 */
bool session_greet(struct session *s, struct stream stream,
		   const struct session_config *config,
		   struct err *e) ATTR_MUST_USE;

/*
 * The code of the answer to QUIT, which was put already; 0 where none came.
 * The session is of no more use, and session_close does not ask again.
 */
int session_goodbye(struct session *s);

/*
 * QUIT unless it was sent or nobody is there to hear it, its answer for a
 * second at most, and close.  May be called again.
 */
void session_close(struct session *s);

#endif
