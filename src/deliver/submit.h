/*
 * submit: one message to its account's servers, now; and where these cannot be
 * had, to those of the accounts that it falls back to.
 */
#ifndef DELIVER_SUBMIT_H
#define DELIVER_SUBMIT_H

#include "config/account.h"
#include "config/fallback.h"
#include "deliver/prepare.h"
#include "smtp/outcome.h"

struct err;
struct fate;
struct line;
struct transcript;

struct submit {
	/* Borrowed. */
	const struct account *account;
	const struct accounts *fallbacks; /* in order; or NULL */
	const struct message *message;
	/* Decides what becomes of the message, which is logged then: e is NULL
	 * where all were taken.  Or NULL. */
	void (*settle)(void *settler, const struct outcome *out,
		       const struct err *e, struct fate *fate);
	void *settler;
	struct transcript *transcript; /* or NULL */
	const char *log_tag;           /* syslog identifier */
	struct line *line;             /* to account's servers; or NULL */
	/* Why account itself is not tried but only what it falls back to; or
	 * NULL. */
	const struct err *passed_over;
	/* See struct attempt; or NULL. */
	bool (*before_end)(void *who, struct err *e);
	void *who;
	void (*gone)(void *watcher, uint64_t octets);
	void *watcher;
};

/* What went wrong beside, which never changes what became of the mail. */
struct submit_trouble {
	struct err log;  /* the attempt could not be logged */
	struct err keep; /* no copy of what was sent could be kept */
	/* Of `account` itself (struct attempted): for its standing. */
	bool met;
	struct err account;
};

/*
 * True where the server took the message for every recipient.  Else e is the
 * trouble that speaks for the whole message, and out has the verdict of each
 * recipient: some may have got it.  Either way there is a line in the log for
 * each account that was tried, and what was sent is kept, where `account` says
 * so.
 *
 * With `capture` nobody is connected to: the message goes to that maildir, and
 * true means that it is there.
 */
bool submit_now(const struct submit *s, struct outcome *out,
		struct submit_trouble *trouble, struct err *e) ATTR_MUST_USE;

#endif
