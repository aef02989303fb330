/*
 * srv: which servers a domain has for a service (RFC 2782; RFC 6186 and 8314
 * for mail).
 *
 * Asked of the name servers of resolv.conf alone, for the name as it stands:
 * no search list, no /etc/hosts.  Nothing is authenticated; who uses what
 * comes back must have the certificate checked.
 */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct err;

/* More records than this are not looked at. */
#define SRV_MAX 32
/* A host name in text and its NUL (RFC 1035, 2.3.4). */
#define SRV_TARGET_MAX 256

struct srv {
	int priority; /* lower is tried first */
	int weight;
	int port;                    /* 1..65535 */
	char target[SRV_TARGET_MAX]; /* a host name, no dot at its end */
};

struct srv_list {
	struct srv v[SRV_MAX];
	size_t n;
};

/*
 * The records of service ("_submissions._tcp") at domain (A-labels), in the
 * order in which they came.  ERR_NOHOST: there is none, the domain does not
 * exist, or it says that it has no such service; ERR_NETWORK: name service
 * failed or did not answer by deadline_ms.  Records that cannot be used (no
 * port, a target that is no host name) are passed over.
 */
bool srv_lookup(const char *domain, const char *service, int64_t deadline_ms,
		struct srv_list *out, struct err *e) ATTR_MUST_USE;

/*
 * The same from an answer as it came (RFC 1035, section 4), whatever it holds.
 * ERR_NETWORK where it is malformed, ERR_NOHOST where no record can be used.
 */
bool srv_read(struct view packet, struct srv_list *out,
	      struct err *e) ATTR_MUST_USE;

/*
 * Put l into the order in which to try it: priorities ascending, inside one
 * each next by chance in proportion to its weight (RFC 2782).  random[i]
 * decides who comes to place i.
 */
void srv_order(struct srv_list *l, const uint32_t random[SRV_MAX]);

/* The target is the domain itself, or a host in it. */
bool srv_is_within(const char *target, const char *domain);

#endif
