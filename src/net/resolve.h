/*
 * resolve: the addresses of a host, by a deadline.
 *
 * getaddrinfo(3) cannot be interrupted, so a name is looked up in a thread that
 * may be left behind (net/aside).  A literal needs no name service and no
 * thread.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

struct err;

/* More addresses of one name than this are not tried. */
#define RESOLVE_ADDRESSES_MAX 16

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

struct addresses {
	struct address v[RESOLVE_ADDRESSES_MAX];
	size_t n;
};

/*
 * The stream addresses of host (a name in ASCII, or a literal) with port, of
 * family AF_UNSPEC, AF_INET or AF_INET6; families take turns, the one that
 * RFC 6724 prefers first (RFC 8305, section 4).  AI_ADDRCONFIG is not asked
 * for: it saves one query that travels along with another, but hides the
 * loopback of a family that the machine uses for nothing else; what cannot be
 * reached fails at once in the race.  ERR_NOHOST where the name does not exist
 * or has no such address; ERR_NETWORK where name service failed or is late.
 */
bool resolve_host(const char *host, int port, int family, int64_t deadline_ms,
		  struct addresses *out, struct err *e) ATTR_MUST_USE;

/* A literal alone; false, with nothing said, where host is none. */
bool resolve_literal(const char *host, int port, int family,
		     struct addresses *out) ATTR_MUST_USE;

/*
 * Append the name that the owner of an address has given it, printable: for
 * people to read, since nothing proves it.  Nothing where there is none, or
 * literal is none, or name service is late.
 */
void resolve_owner(const char *literal, int64_t deadline_ms, struct str *out);

/* The address in digits, IPv6 without brackets. */
#define RESOLVE_TEXT_MAX 128
void resolve_text(const struct address *a, char text[RESOLVE_TEXT_MAX]);

#endif
