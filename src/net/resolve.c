#include "config.h"

#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/aside.h"

struct lookup {
	char *host;
	int family;
	int rc; /* of getaddrinfo */
	int error;
	struct addrinfo *found;
};

static int ask(const char *host, int family, int flags, struct addrinfo **found)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = flags };

	*found = NULL;
	return getaddrinfo(host, NULL, &hints, found);
}

static void set_port(struct address *a, int port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sa;

	if (a->sa.ss_family == AF_INET)
		in4->sin_port = htons((uint16_t)port);
	else
		in6->sin6_port = htons((uint16_t)port);
}

static const struct addrinfo *next_of(const struct addrinfo *ai, int family,
				      bool same)
{
	while (ai && ((ai->ai_family == family) != same ||
		      (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)))
		ai = ai->ai_next;
	return ai;
}

static void add(struct addresses *out, const struct addrinfo *ai, int port)
{
	struct address *a = &out->v[out->n];

	if (ai->ai_addrlen > sizeof(a->sa))
		return;
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, ai->ai_addr, ai->ai_addrlen);
	a->len = ai->ai_addrlen;
	set_port(a, port);
	out->n++;
}

/* Takes one of the preferred family, one of the other, and so on. */
static void interleave(const struct addrinfo *list, int port,
		       struct addresses *out)
{
	int family = list->ai_family;
	const struct addrinfo *turn = next_of(list, family, true);
	const struct addrinfo *other = next_of(list, family, false);
	bool same = true;

	out->n = 0;
	while (out->n < RESOLVE_ADDRESSES_MAX && (turn || other)) {
		const struct addrinfo *swap;

		if (turn) {
			add(out, turn, port);
			turn = next_of(turn->ai_next, family, same);
		}
		swap = turn;
		turn = other;
		other = swap;
		same = !same;
	}
}

bool resolve_literal(const char *host, int port, int family,
		     struct addresses *out)
{
	struct addrinfo *found;

	if (ask(host, family, AI_NUMERICHOST, &found) != 0)
		return false;
	interleave(found, port, out);
	freeaddrinfo(found);
	return out->n > 0;
}

static void look_up(void *job)
{
	struct lookup *l = job;

	l->rc = ask(l->host, l->family, 0, &l->found);
	l->error = errno;
}

static void lookup_free(void *job)
{
	struct lookup *l = job;

	if (l->rc == 0 && l->found)
		freeaddrinfo(l->found);
	free(l->host);
	free(l);
}

static bool give_up(const char *host, const char *why, struct err *e)
{
	return err_set(e, ERR_NETWORK,
		       "the address of '%s' cannot be found: %s", host, why);
}

static bool fail(const struct lookup *l, struct err *e)
{
	switch (l->rc) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		err_set(e, ERR_NOHOST, "the host name '%s' %s", l->host,
			l->family == AF_INET    ? "has no IPv4 address"
			: l->family == AF_INET6 ? "has no IPv6 address"
						: "does not exist");
		return err_hint(e, "check the keyword 'host'");
	case EAI_MEMORY:
		mem_exhausted();
	default:
		return give_up(l->host,
			       l->rc == EAI_SYSTEM ? strerror(l->error)
						   : gai_strerror(l->rc),
			       e);
	}
}

static bool collect(const struct lookup *l, int port, struct addresses *out,
		    struct err *e)
{
	if (l->rc != 0)
		return fail(l, e);
	interleave(l->found, port, out);
	if (out->n == 0)
		return err_set(e, ERR_NOHOST,
			       "the host name '%s' has no address", l->host);
	return true;
}

static bool resolve_name(const char *host, int port, int family,
			 int64_t deadline_ms, struct addresses *out,
			 struct err *e)
{
	struct lookup *l = mem_zero(1, sizeof(*l));
	bool ok;

	l->host = mem_copy(host);
	l->family = family;
	switch (aside_run(l, look_up, lookup_free, deadline_ms)) {
	case ASIDE_LATE:
		return give_up(host, "name service did not answer in time", e);
	case ASIDE_FULL:
		return give_up(host, "name service hangs", e);
	case ASIDE_DONE:
	default:
		ok = collect(l, port, out, e);
		lookup_free(l);
		return ok;
	}
}

bool resolve_host(const char *host, int port, int family, int64_t deadline_ms,
		  struct addresses *out, struct err *e)
{
	return resolve_literal(host, port, family, out) ||
	       resolve_name(host, port, family, deadline_ms, out, e);
}

struct naming {
	struct address of;
	char name[NI_MAXHOST];
	bool found;
};

static void look_back(void *job)
{
	struct naming *n = job;

	n->found = getnameinfo((const struct sockaddr *)&n->of.sa, n->of.len,
			       n->name, sizeof(n->name), NULL, 0,
			       NI_NAMEREQD) == 0;
}

void resolve_owner(const char *literal, int64_t deadline_ms, struct str *out)
{
	struct addresses a;
	struct naming *n;

	if (!resolve_literal(literal, 0, AF_UNSPEC, &a))
		return;
	n = mem_zero(1, sizeof(*n));
	n->of = a.v[0];
	if (aside_run(n, look_back, free, deadline_ms) != ASIDE_DONE)
		return;
	if (n->found)
		str_add_printable(out, view_of(n->name));
	free(n);
}

void resolve_text(const struct address *a, char text[RESOLVE_TEXT_MAX])
{
	if (getnameinfo((const struct sockaddr *)&a->sa, a->len, text,
			RESOLVE_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(text, RESOLVE_TEXT_MAX, "?");
}
