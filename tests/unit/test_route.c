#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/section.h"
#include "deliver/route.h"

/* The account `default` that text makes. */
static void make(struct account *a, const char *text)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct err e = ERR_INIT;
	struct sections s;

	sections_init(&s, &c, NULL, false);
	sections_take(&s, "test", view_of(text));
	sections_free(&s);
	assert_int_equal(c.mistakes.n, 0);
	assert_true(config_choose(&c, "default", NULL, a, &e));
}

/* What the DNS has, or how it fails. */
static struct {
	enum err_kind submissions, submission; /* ERR_NONE: there are records */
	struct srv_list list;
	char asked[256];
} dns;

static bool look_up(const char *domain, const char *service,
		    int64_t deadline_ms, struct srv_list *out, struct err *e)
{
	size_t n = strlen(dns.asked);
	bool first = strcmp(service, "_submissions._tcp") == 0;
	enum err_kind kind = first ? dns.submissions : dns.submission;

	assert_true(first || strcmp(service, "_submission._tcp") == 0);
	assert_int_equal(deadline_ms, 42);
	snprintf(dns.asked + n, sizeof(dns.asked) - n, "%s.%s ", service,
		 domain);
	*out = dns.list;
	return kind == ERR_NONE || err_set(e, kind, "%s", service);
}

static void add_record(int priority, int port, const char *target)
{
	struct srv *r = &dns.list.v[dns.list.n++];

	*r = (struct srv){ .priority = priority, .port = port };
	snprintf(r->target, sizeof(r->target), "%s", target);
}

/* "host:port=name, " for each, * where TLS is there from the start. */
static void show(const struct route *r, struct str *out)
{
	for (size_t i = 0; i < r->n; i++) {
		endpoint_where(&r->v[i], out);
		str_addf(out, "%s=%s ", r->v[i].implicit ? "*" : "",
			 r->v[i].name ? r->v[i].name : "-");
	}
}

static void assert_route(const char *text, const char *wanted)
{
	CLEAN(account) struct account a = { 0 };
	CLEAN(route) struct route r = ROUTE_INIT;
	CLEAN(str) struct str got = STR_INIT;
	struct err e = ERR_INIT;

	make(&a, text);
	assert_true(route_find(&a, look_up, 42, &r, &e));
	show(&r, &got);
	assert_string_equal(str_chars(&got), wanted);
}

static int setup(void **state)
{
	(void)state;
	memset(&dns, 0, sizeof(dns));
	return 0;
}

static void hosts_stand_as_they_are_written(void **state)
{
	(void)state;
	assert_route("host h", "h:25=h ");
	assert_route("host h\nport 587\ntls", "h:587=h ");
	assert_route("host h\ntls\ntls_starttls off", "h:465*=h ");
	assert_route("host ::1\ntls_host_override o", "[::1]:25=o ");
	assert_route("host h\ntls off\ntls_starttls off", "h:25=h ");
	assert_route("socket /x", "=- ");
	assert_route("socket /x\nhost h\ntls", "h:25=h ");
	assert_route("hosts a b:26 [::1]:27 ::2",
		     "a:25=a b:26=b [::1]:27=::1 [::2]:25=::2 ");
	assert_route("hosts a,b\nport 2525\ntls\ntls_starttls off",
		     "a:2525*=a b:2525*=b ");
	assert_route("hosts a b:1\ntls_host_override o", "a:25=o b:1=o ");
	assert_string_equal(dns.asked, "");
}

#define SRV "host example.org\nsrv on\n"
#define BOTH "_submissions._tcp.example.org _submission._tcp.example.org "

static void domains_are_asked_for_by_what_tls_allows(void **state)
{
	static const struct {
		const char *text, *asked, *route;
	} cases[] = {
		{ SRV "tls on", BOTH,
		  "a.example.org:10*=a.example.org "
		  "a.example.org:10=a.example.org " },
		{ SRV "tls on\ntls_starttls on",
		  "_submission._tcp.example.org ",
		  "a.example.org:10=a.example.org " },
		{ SRV "tls on\ntls_starttls off",
		  "_submissions._tcp.example.org ",
		  "a.example.org:10*=a.example.org " },
		{ SRV, "_submission._tcp.example.org ",
		  "a.example.org:10=a.example.org " },
		{ SRV "tls_starttls off", "_submission._tcp.example.org ",
		  "a.example.org:10=a.example.org " },
		{ "srv on\ntls on\ntls_starttls on\nhost b\xc3\xbc.example",
		  "_submission._tcp.xn--b-eha.example ",
		  "a.example.org:10=xn--b-eha.example " },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setup(state);
		add_record(0, 10, "a.example.org");
		assert_route(cases[i].text, cases[i].route);
		assert_string_equal(dns.asked, cases[i].asked);
	}
}

static void priorities_count(void **state)
{
	(void)state;
	add_record(20, 3, "c.example.org");
	add_record(5, 1, "a.example.org");
	add_record(10, 2, "b.example.org");
	assert_route(SRV, "a.example.org:1=a.example.org "
			  "b.example.org:2=b.example.org "
			  "c.example.org:3=c.example.org ");
}

/* RFC 6186, section 6: a name from an answer that anybody may have made. */
static void a_target_elsewhere_must_show_the_domain(void **state)
{
	static const struct {
		const char *target, *more, *name;
	} cases[] = {
		{ "example.org", "", "example.org" },
		{ "mail.example.org", "", "mail.example.org" },
		{ "a.b.Example.ORG", "", "a.b.Example.ORG" },
		{ "example.net", "", "example.org" },
		{ "evilexample.org", "", "example.org" },
		{ "example.org.evil.net", "", "example.org" },
		{ "org", "", "example.org" },
		{ "mail.evil.net", "tls_host_override o", "o" },
		{ "mail.example.org", "tls_host_override o", "o" },
		{ "mail.evil.net",
		  "tls_pin sha256:"
		  "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
		  "mail.evil.net" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(route) struct route r = ROUTE_INIT;
		CLEAN(str) struct str text = STR_INIT;
		struct err e = ERR_INIT;

		setup(state);
		add_record(0, 1, cases[i].target);
		str_addf(&text, SRV "tls on\n%s", cases[i].more);
		make(&a, text.s);
		assert_true(route_find(&a, look_up, 42, &r, &e));
		for (size_t k = 0; k < r.n; k++) {
			assert_string_equal(r.v[k].name, cases[i].name);
			assert_string_equal(r.v[k].host, cases[i].target);
		}
	}
}

static void one_service_is_enough(void **state)
{
	add_record(0, 1, "a.example.org");
	dns.submissions = ERR_NETWORK;
	assert_route(SRV "tls on", "a.example.org:1=a.example.org ");
	setup(state);
	add_record(0, 1, "a.example.org");
	dns.submission = ERR_NETWORK;
	assert_route(SRV "tls on", "a.example.org:1*=a.example.org ");
}

static void no_service_is_none(void **state)
{
	static const struct {
		enum err_kind submissions, submission, kind;
	} cases[] = {
		{ ERR_NOHOST, ERR_NOHOST, ERR_NOHOST },
		{ ERR_NETWORK, ERR_NOHOST, ERR_NETWORK },
		{ ERR_NOHOST, ERR_NETWORK, ERR_NETWORK },
		{ ERR_NETWORK, ERR_NETWORK, ERR_NETWORK },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(route) struct route r = ROUTE_INIT;
		struct err e = ERR_INIT;

		setup(state);
		dns.submissions = cases[i].submissions;
		dns.submission = cases[i].submission;
		make(&a, SRV "tls on");
		assert_false(route_find(&a, look_up, 42, &r, &e));
		assert_int_equal(e.kind, cases[i].kind);
	}
}

static void more_records_than_are_tried(void **state)
{
	CLEAN(account) struct account a = { 0 };
	CLEAN(route) struct route r = ROUTE_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < SRV_MAX; i++)
		add_record(i, i + 1, "a.example.org");
	make(&a, SRV "tls on");
	assert_true(route_find(&a, look_up, 42, &r, &e));
	assert_int_equal(r.n, ROUTE_MAX);
	assert_int_equal(r.v[ROUTE_MAX - 1].port, ROUTE_MAX);
}

static void one_can_be_preferred(void **state)
{
	static const struct {
		const char *where, *order;
	} cases[] = {
		{ "a:25", "a:25=a b:26=b c:25=c " },
		{ "b:26", "b:26=b a:25=a c:25=c " },
		{ "c:25", "c:25=c a:25=a b:26=b " },
		{ "b:25", "a:25=a b:26=b c:25=c " },
		{ "", "a:25=a b:26=b c:25=c " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(route) struct route r = ROUTE_INIT;
		CLEAN(str) struct str got = STR_INIT;
		struct err e = ERR_INIT;

		make(&a, "hosts a b:26 c");
		assert_true(route_find(&a, look_up, 42, &r, &e));
		route_prefer(&r, cases[i].where);
		show(&r, &got);
		assert_string_equal(str_chars(&got), cases[i].order);
	}
}

static void people_are_told(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "host h\nport 587", "h:587" },
		{ "host ::1", "[::1]:25" },
		{ "hosts a [::1]:27", "a:25,[::1]:27" },
		{ SRV, "the servers of example.org" },
		{ "socket /x", "/x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(str) struct str got = STR_INIT;

		make(&a, cases[i].text);
		route_show(&a, &got);
		assert_string_equal(got.s, cases[i].shown);
	}
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(hosts_stand_as_they_are_written),
		CASE(domains_are_asked_for_by_what_tls_allows),
		CASE(priorities_count),
		CASE(a_target_elsewhere_must_show_the_domain),
		CASE(one_service_is_enough),
		CASE(no_service_is_none),
		CASE(more_records_than_are_tried),
		CASE(one_can_be_preferred),
		CASE(people_are_told),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
