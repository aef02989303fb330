#include "config.h"

#include "deliver/route.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/hostport.h"
#include "deliver/connect.h"
#include "net/idn.h"

#define SUBMISSIONS "_submissions._tcp"
#define SUBMISSION "_submission._tcp"

void route_free(struct route *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].host);
		free(r->v[i].name);
	}
	r->n = 0;
}

static void add(struct route *r, struct view host, int port, bool implicit,
		const char *name)
{
	if (r->n == ROUTE_MAX)
		return;
	r->v[r->n++] = (struct endpoint){
		.host = host.p ? mem_copy_n(host.p, host.n) : NULL,
		.port = port,
		.implicit = implicit,
		.name = name ? mem_copy(name) : NULL,
	};
}

static bool is_implicit(const struct account *a)
{
	return a->tls && !a->tls_starttls;
}

/* --- host, hosts -----------------------------------------------------------
 */

static void add_one(const struct account *a, struct route *r)
{
	struct view host = a->host ? view_of(a->host) : VIEW_NONE;

	add(r, host, account_port(a), is_implicit(a),
	    a->tls_host_override ? a->tls_host_override : a->host);
}

static void add_hosts(const struct account *a, struct route *r)
{
	for (size_t i = 0; i < a->hosts.n; i++) {
		CLEAN(mem_string) char *name = NULL;
		struct view host;
		int port;

		if (!hostport_split(view_of(a->hosts.v[i]), &host, &port))
			continue;
		name = a->tls_host_override ? mem_copy(a->tls_host_override)
					    : mem_copy_n(host.p, host.n);
		add(r, host, port > 0 ? port : account_port(a), is_implicit(a),
		    name);
	}
}

/* --- srv -------------------------------------------------------------------
 */

static const char *name_for(const struct account *a, const char *target,
			    const char *domain)
{
	if (a->tls_host_override)
		return a->tls_host_override;
	return a->tls_pin.n > 0 || srv_is_within(target, domain) ? target
								 : domain;
}

/* Which of equal servers is next is nobody's secret: any bits will do. */
static void order(struct srv_list *list)
{
	uint32_t random[SRV_MAX] = { 0 };

	(void)!getrandom(random, sizeof(random), 0);
	srv_order(list, random);
}

/* Looking for the servers of one domain. */
struct search {
	const struct account *account;
	route_lookup_fn *lookup;
	int64_t deadline_ms;
	struct route *route;
	const char *domain; /* in A-labels */
};

static bool add_service(const struct search *s, bool implicit, struct err *e)
{
	struct srv_list list = { .n = 0 };

	if (!s->lookup(s->domain, implicit ? SUBMISSIONS : SUBMISSION,
		       s->deadline_ms, &list, e))
		return false;
	order(&list);
	for (size_t i = 0; i < list.n; i++)
		add(s->route, view_of(list.v[i].target), list.v[i].port,
		    implicit,
		    name_for(s->account, list.v[i].target, s->domain));
	return true;
}

static bool has_nothing(const struct search *s, struct err *e)
{
	err_set(e, ERR_NOHOST,
		"the DNS names no servers for submission at '%s'", s->domain);
	return err_hint(e,
			"leave srv out and set host to the name of a server");
}

static bool add_services(const struct search *s, struct err *e)
{
	const struct account *a = s->account;
	bool decided = a->origin[KEY_ID_tls_starttls].kind != ORIGIN_DEFAULT &&
		       a->origin[KEY_ID_tls_starttls].kind != ORIGIN_PROVIDER;
	bool implicit = a->tls && (!decided || !a->tls_starttls);
	bool starttls = !a->tls || !decided || a->tls_starttls;
	struct err first = ERR_INIT, second = ERR_INIT;

	if (implicit)
		(void)!add_service(s, true, &first);
	if (starttls)
		(void)!add_service(s, false, &second);
	if (s->route->n > 0)
		return true;
	/* Name service that failed may know better later. */
	*e = first.kind == ERR_NETWORK ? first : second;
	return e->kind == ERR_NETWORK ? false : has_nothing(s, e);
}

static bool add_domain(const struct account *a, route_lookup_fn *lookup,
		       int64_t deadline_ms, struct route *r, struct err *e)
{
	CLEAN(str) struct str domain = STR_INIT;
	struct search s = {
		.account = a,
		.lookup = lookup,
		.deadline_ms = deadline_ms,
		.route = r,
	};

	if (!idn_to_ascii(view_of(a->host), &domain, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	s.domain = domain.s;
	return add_services(&s, e);
}

bool route_find(const struct account *a, route_lookup_fn *lookup,
		int64_t deadline_ms, struct route *r, struct err *e)
{
	r->n = 0;
	if (a->srv)
		return add_domain(a, lookup, deadline_ms, r, e);
	if (a->hosts.n > 0)
		add_hosts(a, r);
	else
		add_one(a, r);
	return true;
}

/* --- order, and words ------------------------------------------------------
 */

void endpoint_where(const struct endpoint *p, struct str *out)
{
	if (p->host)
		str_addf(out, strchr(p->host, ':') ? "[%s]:%d" : "%s:%d",
			 p->host, p->port);
}

void route_prefer(struct route *r, const char *where)
{
	for (size_t i = 0; i < r->n; i++) {
		CLEAN(str) struct str name = STR_INIT;
		struct endpoint found = r->v[i];

		endpoint_where(&found, &name);
		if (strcmp(str_chars(&name), where) != 0)
			continue;
		memmove(&r->v[1], &r->v[0], i * sizeof(found));
		r->v[0] = found;
		return;
	}
}

void route_show(const struct account *a, struct str *out)
{
	CLEAN(route) struct route r = ROUTE_INIT;

	if (a->srv) {
		str_addf(out, "the servers of %s", a->host);
		return;
	}
	if (a->hosts.n == 0) {
		connect_where(a, a->host, account_port(a), out);
		return;
	}
	add_hosts(a, &r);
	for (size_t i = 0; i < r.n; i++) {
		str_adds(out, i > 0 ? "," : "");
		endpoint_where(&r.v[i], out);
	}
}
