/*
 * prepare: from what the user gave to the message as it will be sent.
 *
 * The header block is read and changed, then written to the draft; the body
 * follows it there.  After prepare_message the draft holds all that will be
 * sent, with LF line ends, and standard input is at its end.
 */
#ifndef DELIVER_PREPARE_H
#define DELIVER_PREPARE_H

#include "config/account.h"
#include "deliver/message.h"
#include "msg/reader.h"

/* What the command line asks for beyond the account's settings. */
struct prepare {
	/* Borrowed. */
	const struct account *account;
	const char *sender;    /* -f: a path, "" for <>; NULL: not given */
	const char *full_name; /* -F, or NULL */
	const struct list *recipients; /* as written: each may hold several */
	bool read_recipients;          /* -t */
	bool msmtp_name;             /* bare recipients are sent as they are */
	const char *default_aliases; /* see deliver/local.h */
};

/* The sender alone, as prepare_envelope would choose it. */
bool prepare_sender(const struct prepare *p, struct message *m,
		    struct err *e) ATTR_MUST_USE;

/*
 * Wishes, sender and recipients into m->envelope, from p and m->headers, in
 * which fields are then added, set and removed as the account has them by name.
 * ERR_USAGE without a recipient, ERR_RECIPIENT for a local name that nothing is
 * known of, ERR_CONFIG where no sender can be had, aliases are wrong or a wish
 * has become impossible, ERR_MESSAGE for what is no address.  By the account's
 * `partial` a recipient that is wrong is left out (m->left_out) where there is
 * another that is right.
 */
bool prepare_envelope(const struct prepare *p, struct message *m,
		      struct err *e) ATTR_MUST_USE;

/* Header block and what `body` still holds into the draft. */
bool prepare_message(const struct prepare *p, struct message *m,
		     struct reader *body, struct err *e) ATTR_MUST_USE;

/* The same with the body in a draft of its own. */
bool prepare_composed(const struct prepare *p, struct message *m,
		      const struct draft *body, const struct facts *facts,
		      struct err *e) ATTR_MUST_USE;

#endif
