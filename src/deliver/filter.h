/* filter: a message through a command of the user's (message_filter). */
#ifndef DELIVER_FILTER_H
#define DELIVER_FILTER_H

#include "config/account.h"
#include "deliver/message.h"

struct err;

/*
 * The whole of m's draft to the command's standard input; what it prints
 * becomes m's headers, draft and facts, with line ends mended and, where the
 * account wants that, without Bcc.  Where no command is set m stays as it is.
 *
 * What a status of sysexits says is passed on: 65, 69, 75, 77, 78; any other
 * is ERR_DEFERRED, and so is a command that does not end by the account's
 * deadline or prints what is no message.
 */
bool filter_message(const struct account *a, struct message *m,
		    struct err *e) ATTR_MUST_USE;

#endif
