/*
 * attempt: one message through one account, server after server until every
 * recipient has a verdict that stands.
 *
 * The next server is tried for those recipients that this one did not take
 * because it could not be reached, hung up before it had the whole message,
 * or answered 4xx; never where the outcome is uncertain, where the server
 * refused for good, and where login, TLS or our own settings are at fault:
 * those are not the server's absence.  Nobody who was taken is tried again.
 */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include "deliver/dial.h"
#include "deliver/prepare.h"
#include "deliver/route.h"
#include "smtp/outcome.h"

struct err;
struct transcript;

/*
 * A session with one of an account's servers that outlives a message: for a
 * queue run, whose messages share it.  It must not move in memory.
 */
struct line {
	struct route route;
	size_t at; /* the server in it */
	struct dial dial;
	bool open; /* for another message */
};

#define LINE_INIT ((struct line){ .dial = DIAL_INIT })

/* QUIT, where it is open.  It can be lent again. */
void line_free(struct line *l);

struct attempt {
	/* Borrowed. */
	const struct account *account;
	/*
	 * Lent, for the same account each time; or NULL.  Where it is open the
	 * message goes that way, and where the server has hung up in the
	 * meantime it is dialled anew, once.  Afterwards it is left open where
	 * that is possible.
	 */
	struct line *line;
	/* Before the flight after which the message may arrive (struct
	 * transfer); or NULL. */
	bool (*before_end)(void *who, struct err *e);
	void *who;                                    /* borrowed */
	void (*gone)(void *watcher, uint64_t octets); /* the same */
	void *watcher;
	const struct account *rules; /* whose partial, dsn_require and
					size_check count */
	const struct message *message;
	const struct envelope *envelope; /* of those who still want it */
	struct transcript *transcript;   /* or NULL */
	int64_t deadline_ms; /* of all; what goes before MAIL gets the share of
				one server of those that may be tried */
	size_t later;        /* accounts that may be tried after this one */
};

struct attempted {
	struct outcome outcome; /* of attempt.envelope's recipients */
	struct str host;        /* the last server that was tried */
	struct str tls_version; /* with it */
	bool open; /* another account's servers may still take it for some */
	bool met;  /* a server let us in */
	/* What is not this message's fault but that of the servers, the login
	 * or the settings: no session could be had, 421, 530; ERR_NONE where
	 * there is nothing of the kind. */
	struct err trouble;
};

#define ATTEMPTED_INIT ((struct attempted){ .open = false })

/* True where all were taken; else e speaks for the rest and names the servers
 * that were tried. */
bool attempt_account(const struct attempt *t, struct attempted *out,
		     struct err *e) ATTR_MUST_USE;
void attempted_free(struct attempted *out);

/* Say in e what became of the recipient who speaks for all, whose verdict is
 * of that kind; server may be NULL. */
bool attempt_speak(const struct envelope *env, const struct outcome *out,
		   enum err_kind kind, const char *server, struct err *e);

#endif
