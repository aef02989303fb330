/*
 * connect: the way to an account's server: a command, a unix socket, a proxy,
 * or TCP.
 *
 * Where several are set the first of `tunnel`, `socket`, `proxy`,
 * `proxy_host` counts; host and port are then what the far end is told, if it
 * is told anything.
 */
#ifndef DELIVER_CONNECT_H
#define DELIVER_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "config/account.h"
#include "deliver/route.h"
#include "net/stream.h"

/*
 * A stream to host (not yet in A-labels; NULL where account_needs_host is
 * false) and port of `to` by deadline_ms.  *peer is the address that answered,
 * the path of a socket, or empty where there is nothing of the kind.  Errors:
 * those of net/tcp.h, net/tunnel.h and net/proxy.h; ERR_CONFIG for a host that
 * cannot be a name.
 */
bool connect_stream(const struct account *a, const struct endpoint *to,
		    int64_t deadline_ms, struct stream *out, struct str *peer,
		    struct err *e) ATTR_MUST_USE;

/* Append the server's name for people: "smtp.example.org:587". */
void connect_where(const struct account *a, const char *host, int port,
		   struct str *out);

#endif
