/*
 * recipients: whom a message goes to.
 *
 * Those of the command line and, if asked, of the header; what is wrong with
 * one of them stops the others only where the account says so.
 */
#ifndef DELIVER_RECIPIENTS_H
#define DELIVER_RECIPIENTS_H

#include <stdbool.h>

#include "base/attr.h"

struct err;
struct message;
struct prepare;

/*
 * Into m->envelope, in the order in which they were given, local ones resolved
 * (deliver/local.h; m->local is open).  ERR_USAGE without a recipient,
 * ERR_RECIPIENT for a local name that nothing is known of, ERR_CONFIG for
 * aliases that are wrong, ERR_MESSAGE for what is no address.  By the account's
 * `partial` one that is wrong is left out (m->left_out) where there is another
 * that is right.
 */
bool recipients_choose(const struct prepare *p, struct message *m,
		       struct err *e) ATTR_MUST_USE;

/* Replace those in To and Cc that are local by whom they stand for, where
 * that is known (aliases_headers). */
void recipients_rename(struct message *m);

#endif
