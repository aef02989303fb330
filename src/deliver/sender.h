/*
 * sender: whose message it is.
 *
 * Callers give addresses that mean something on this machine only; an account
 * may know better.
 */
#ifndef DELIVER_SENDER_H
#define DELIVER_SENDER_H

#include "base/str.h"

struct account;
struct err;
struct headers;
struct message;
struct prepare;

/* Exactly one address of the command line as a path; "" and "<>" give "".
 * ERR_USAGE for control characters, ERR_MESSAGE where it is no address. */
bool sender_parse(const char *text, char **path, struct err *e) ATTR_MUST_USE;

/* The address of From (msg/rewrite.h) as a sender: MAILER-DAEMON is ""; NULL
 * where there is none.  Owned. */
char *sender_of_header(const struct headers *h);

/* An address that the server of a takes as an author: `from`, else `user` where
 * it is one; NULL where there is neither.  Owned. */
char *sender_of_account(const struct account *a);

/*
 * The envelope's sender into m: -f, else `from`, else (or where that is a
 * pattern) From, else `user` where it is an address; auto_from goes before
 * all.  A rule of `rewrite` may replace it.  Except under the name msmtp, a -f
 * that is local (deliver/local.h, m->local is open) counts as not given where
 * `from` says something better; one that stays gets the domain of masquerade.
 * ERR_CONFIG where there is none.
 */
bool sender_choose(const struct prepare *p, struct message *m,
		   struct err *e) ATTR_MUST_USE;

/*
 * Who answers for the message where From is somebody else (RFC 5322, 3.6.2):
 * `from` where it is an address, else the envelope's sender; "" for nobody.
 * Where the account does not want that said, NULL.  Owned.
 */
char *sender_responsible(const struct prepare *p, const struct message *m);

/*
 * The same as sender_choose for From where that has one address:
 * m->from_address is set where another shall take its place (cron's `root`),
 * m->from_name to the display name of the old one, decoded, or NULL.
 */
bool sender_improve_from(const struct prepare *p, struct message *m,
			 struct err *e) ATTR_MUST_USE;

#endif
