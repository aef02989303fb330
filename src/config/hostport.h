/* hostport: a server as `hosts` has it: host, host:port, [IPv6]:port. */
#ifndef CONFIG_HOSTPORT_H
#define CONFIG_HOSTPORT_H

#include "base/str.h"

/* `hosts` names no more than these. */
#define HOSTPORT_LIST_MAX 16

/*
 * Split word; *port is 0 where it names none.  An IPv6 address may stand
 * without brackets where no port follows.  False where word is no such thing;
 * whether the host can exist is not looked at.
 */
bool hostport_split(struct view word, struct view *host,
		    int *port) ATTR_MUST_USE;

#endif
