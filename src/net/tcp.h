/*
 * tcp: a connection to a host, both address families raced (RFC 8305), as a
 * stream.  Also to a unix socket.
 *
 * The stream sets TCP_NODELAY, asks for immediate acknowledgements
 * (TCP_QUICKACK) after connecting and after each read, and is non-blocking
 * underneath, so that every call keeps its deadline.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "base/str.h"
#include "net/stream.h"

enum tcp_family {
	TCP_ANY,
	TCP_IPV4,
	TCP_IPV6
}; /* as keyword `family` */

/* The next address is tried this long after the one before (RFC 8305, 5). */
#define TCP_STAGGER_MS 250

struct tcp_target {
	const char *host; /* name (A-labels or ASCII) or address literal */
	int port;         /* 1..65535 */
	enum tcp_family family;
	const char *source_ip; /* local address to bind, or NULL */
};

/*
 * On success *peer (if not NULL) is the numeric address that answered, with
 * IPv6 unbracketed.  Errors: ERR_NOHOST where the name does not exist (or has
 * no address of the family), ERR_NETWORK where name service or all addresses
 * failed (text names each address with its reason, up to a limit), ERR_SYSTEM
 * where they failed because this machine has no descriptor or no memory;
 * ERR_CONFIG for a source_ip that is none.  A name that getaddrinfo cannot
 * resolve in time is given up all the same; see net/resolve.h.
 */
bool tcp_connect(const struct tcp_target *target, int64_t deadline_ms,
		 struct stream *out, struct str *peer,
		 struct err *e) ATTR_MUST_USE;

/* To the stream socket at path; ERR_CONFIG for one longer than may be,
 * ERR_NETWORK where nobody listens there. */
bool tcp_connect_unix(const char *path, int64_t deadline_ms, struct stream *out,
		      struct err *e) ATTR_MUST_USE;

/* A stream over a connected socket (or pipe end), which it then owns. */
struct stream tcp_stream(int fd);

/* True where s is an IPv4 or IPv6 literal (without brackets). */
bool tcp_is_literal(const char *s);

#endif
