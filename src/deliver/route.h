/*
 * route: from an account to the servers to try, in order.
 *
 * host: that one.  hosts: all of them, as they stand.  srv: host is a mail
 * domain, and the DNS says which servers it has (RFC 6186, RFC 8314 section
 * 5.1): where TLS is on, first those of _submissions._tcp (TLS from the start)
 * and then those of _submission._tcp (STARTTLS), or only the ones that an
 * explicit tls_starttls asks for; where it is off, _submission._tcp.
 * A socket or a tunnel is one server, which may have no name.
 */
#ifndef DELIVER_ROUTE_H
#define DELIVER_ROUTE_H

#include "config/account.h"
#include "net/srv.h"

struct err;

#define ROUTE_MAX 16 /* servers of one account; more records are not tried */

struct endpoint {
	char *host; /* as configured, or from the DNS; NULL: it has no name */
	int port;
	bool implicit; /* TLS from the start */
	/*
	 * Whom its certificate must be for: tls_host_override; else, for what
	 * the configuration names, the host.  What an SRV record says is not
	 * authenticated (RFC 6186, section 6): the target counts only where it
	 * is within the mail domain (or where tls_pin knows the server's key
	 * anyway), else the certificate must be for the mail domain.
	 */
	char *name;
};

struct route {
	struct endpoint v[ROUTE_MAX];
	size_t n;
};

#define ROUTE_INIT ((struct route){ .n = 0 })

/* srv_lookup of net/srv.h, or what stands for it in a test. */
typedef bool route_lookup_fn(const char *domain, const char *service,
			     int64_t deadline_ms, struct srv_list *out,
			     struct err *e);

/*
 * The servers of an account that check_account has found in order; there is
 * at least one.  ERR_NOHOST, ERR_NETWORK: those of lookup.
 */
bool route_find(const struct account *a, route_lookup_fn *lookup,
		int64_t deadline_ms, struct route *r,
		struct err *e) ATTR_MUST_USE;
void route_free(struct route *r);

/* Put the server of that name (endpoint_where) first, if it is there. */
void route_prefer(struct route *r, const char *where);

/* Append "host:port", "[IPv6]:port"; nothing where it has no name. */
void endpoint_where(const struct endpoint *p, struct str *out);

/*
 * Append where an account's mail goes, for people, without asking anybody:
 * "smtp.example.org:587", all of `hosts`, a mail domain, a socket.
 */
void route_show(const struct account *a, struct str *out);

#endif
