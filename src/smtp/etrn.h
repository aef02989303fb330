/* etrn: ask a server to send what it has queued for somebody (RFC 1985). */
#ifndef SMTP_ETRN_H
#define SMTP_ETRN_H

#include "smtp/session.h"

/*
 * node is a host, @domain or #queue.
 * ERR_REFUSED: ETRN is not offered, or the server has nothing to do with that
 * node (458, 459); ERR_MESSAGE: it does not take the command (500, 501);
 * ERR_DEFERRED: another 4xx; ERR_AUTH: 530; ERR_PROTOCOL: whatever else is
 * not 250 to 253.
 */
bool etrn_ask(struct session *s, const char *node, struct err *e) ATTR_MUST_USE;

#endif
