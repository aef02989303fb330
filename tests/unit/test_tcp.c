#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/aside.h"
#include "net/race.h"
#include "net/resolve.h"
#include "net/tcp.h"

#define SOON_MS INT64_C(100)
#define LONG_MS 10000

/* --- name service, as this test has it ------------------------------------ */

static const struct {
	const char *name;
	int rc;
	bool hangs; /* while a test holds the gate */
	const char *addresses[8];
} names[] = {
	{ "one.test", 0, false, { "127.0.0.1" } },
	{ "two.test", 0, false, { "127.0.0.9", "127.0.0.1" } },
	{ "many.test",
	  0,
	  false,
	  { "::1", "::ffff:127.0.0.8", "::ffff:127.0.0.9", "127.0.0.1",
	    "127.0.0.2", "127.0.0.3", "127.0.0.4" } },
	{ "slow.test", 0, true, { "127.0.0.1" } },
	{ "none.test", EAI_NONAME, false, { NULL } },
	{ "nodata.test", EAI_NODATA, false, { NULL } },
	{ "again.test", EAI_AGAIN, false, { NULL } },
	{ "fail.test", EAI_FAIL, false, { NULL } },
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static struct addrinfo *address_new(const char *text)
{
	struct addrinfo *ai = calloc(1, sizeof(*ai));
	struct sockaddr_in6 *in6 = calloc(1, sizeof(*in6));
	struct sockaddr_in *in4 = (struct sockaddr_in *)in6;

	ai->ai_socktype = SOCK_STREAM;
	ai->ai_addr = (struct sockaddr *)in6;
	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
		ai->ai_family = in4->sin_family = AF_INET;
		ai->ai_addrlen = sizeof(*in4);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		ai->ai_family = in6->sin6_family = AF_INET6;
		ai->ai_addrlen = sizeof(*in6);
	} else {
		free(in6);
		free(ai);
		return NULL;
	}
	return ai;
}

static int answer(size_t row, int family, struct addrinfo **out)
{
	struct addrinfo **last = out;

	if (names[row].hangs) {
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
	}
	for (size_t i = 0; names[row].addresses[i]; i++) {
		struct addrinfo *ai = address_new(names[row].addresses[i]);

		if (family != AF_UNSPEC && ai->ai_family != family) {
			freeaddrinfo(ai);
			continue;
		}
		*last = ai;
		last = &ai->ai_next;
	}
	return names[row].rc == 0 && !*out ? EAI_NODATA : names[row].rc;
}

/* In place of the C library's, whose parameters have reserved names. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *host, const char *service,
		const struct addrinfo *hints, struct addrinfo **out)
{
	(void)service;
	*out = address_new(host);
	if (*out && hints->ai_family != AF_UNSPEC &&
	    (*out)->ai_family != hints->ai_family) {
		freeaddrinfo(*out);
		*out = NULL;
		return EAI_ADDRFAMILY;
	}
	if (*out || (hints->ai_flags & AI_NUMERICHOST) != 0)
		return *out ? 0 : EAI_NONAME;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, host) == 0)
			return answer(i, hints->ai_family, out);
	return EAI_NONAME;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void freeaddrinfo(struct addrinfo *ai)
{
	while (ai) {
		struct addrinfo *next = ai->ai_next;

		free(ai->ai_addr);
		free(ai);
		ai = next;
	}
}

/* --- sockets -------------------------------------------------------------- */

static int64_t in_ms(int64_t ms)
{
	return clock_now_ms() + ms;
}

/* A listener on 127.0.0.1; *port is what it got. */
static int listener(int backlog, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void names_and_literals_connect(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "one.test",
					     "two.test", "many.test" };
	int port, fd = listener(8, &port);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct tcp_target t = { .host = hosts[i], .port = port };
		CLEAN(str) struct str peer = STR_INIT;
		struct err e = ERR_INIT;
		struct stream s;

		str_adds(&peer, "old");
		if (!tcp_connect(&t, in_ms(LONG_MS), &s, &peer, &e))
			fail_msg("%s: %s", hosts[i], e.text);
		assert_string_equal(peer.s, "127.0.0.1");
		s.ops->close(s.self);
	}
	close(fd);
}

static const struct {
	struct tcp_target t;
	enum err_kind kind;
	const char *text;
} failures[] = {
	{ { .host = "none.test" },
	  ERR_NOHOST,
	  "'none.test' does not "
	  "exist" },
	{ { .host = "nodata.test" }, ERR_NOHOST, "nodata.test" },
	{ { .host = "one.test", .family = TCP_IPV6 },
	  ERR_NOHOST,
	  "'one.test' has no IPv6 address" },
	{ { .host = "again.test" },
	  ERR_NETWORK,
	  "the address of 'again.test' cannot be found: " },
	{ { .host = "fail.test" }, ERR_NETWORK, "cannot be found" },
	{ { .host = "127.0.0.1" },
	  ERR_NETWORK,
	  "cannot connect to 127.0.0.1 port %d: connection refused" },
	{ { .host = "two.test" },
	  ERR_NETWORK,
	  "cannot connect to two.test port %d: 127.0.0.9: connection "
	  "refused; 127.0.0.1: connection refused" },
	{ { .host = "many.test" }, ERR_NETWORK, "; and 3 more" },
	{ { .host = "one.test", .source_ip = "nonsense" },
	  ERR_CONFIG,
	  "source_ip 'nonsense' is no address" },
	{ { .host = "one.test", .source_ip = "::1", .family = TCP_IPV4 },
	  ERR_CONFIG,
	  "source_ip '::1' is no IPv4 address" },
	{ { .host = "one.test", .source_ip = "::1" },
	  ERR_NOHOST,
	  "has no IPv6 address" },
	/* RFC 5737: nobody has that. */
	{ { .host = "one.test", .source_ip = "192.0.2.1" },
	  ERR_NETWORK,
	  "cannot assign requested address" },
};

static void failures_have_their_kind_and_words(void **state)
{
	int port, fd = listener(-1, &port);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct tcp_target t = failures[i].t;
		struct err e = ERR_INIT;
		struct stream s;
		char text[256];

		t.port = port;
		assert_false(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), failures[i].text, port);
#pragma GCC diagnostic pop
		if (e.kind != failures[i].kind || !strstr(e.text, text))
			fail_msg("row %zu: kind %d: %s", i, e.kind, e.text);
	}
	close(fd);
}

static void the_source_address_is_bound(void **state)
{
	int port, fd = listener(8, &port);
	struct tcp_target t = { .host = "one.test",
				.port = port,
				.source_ip = "127.0.0.5" };
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t len = sizeof(from);
	struct err e = ERR_INIT;
	struct stream s;
	int got;

	(void)state;
	assert_true(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
	got = accept(fd, (struct sockaddr *)&from, &len);
	assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f000005);
	s.ops->close(s.self);
	close(got);
	close(fd);
}

static void families_take_turns(void **state)
{
	static const char *const order[] = {
		"::1",       "127.0.0.1",        "::ffff:127.0.0.8",
		"127.0.0.2", "::ffff:127.0.0.9", "127.0.0.3",
		"127.0.0.4"
	};
	struct addresses a;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(resolve_host("many.test", 25, AF_UNSPEC, in_ms(LONG_MS), &a,
				 &e));
	assert_int_equal(a.n, ARRAY_LEN(order));
	for (size_t i = 0; i < a.n; i++) {
		char text[RESOLVE_TEXT_MAX];

		resolve_text(&a.v[i], text);
		assert_string_equal(text, order[i]);
	}
}

static void a_hanging_resolver_keeps_the_deadline(void **state)
{
	struct tcp_target t = { .host = "slow.test", .port = 1 };
	struct err e = ERR_INIT;
	struct stream s;

	(void)state;
	pthread_mutex_lock(&gate);
	for (int i = 0; i < ASIDE_HANGING_MAX; i++) {
		assert_false(tcp_connect(&t, in_ms(2), &s, NULL, &e));
		assert_int_equal(e.kind, ERR_NETWORK);
		assert_non_null(strstr(e.text, "did not answer in time"));
	}
	/* So many are left behind; they are not piled up without limit. */
	assert_false(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_non_null(strstr(e.text, "name service hangs"));
	/* And once they are gone names are looked up again. */
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < LONG_MS && strstr(e.text, "hangs"); i++) {
		usleep(1000);
		assert_false(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
	}
	assert_non_null(strstr(e.text, "connection refused"));
}

/* --- the race ------------------------------------------------------------- */

/*
 * A port whose queue is full answers nobody.  Linux takes backlog + 1, drops
 * the next, and repeats a SYN after a second.
 */
static int deaf_listener(int *port, int filler[2])
{
	int fd = listener(0, port);
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)*port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 2; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(filler[i], (struct sockaddr *)&a, sizeof(a));
	}
	usleep(10000);
	return fd;
}

static void set_address(struct address *a, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->sa;

	memset(a, 0, sizeof(*a));
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->len = sizeof(*in);
}

static void the_next_address_starts_while_the_first_hangs(void **state)
{
	struct addresses to = { .n = 2 };
	struct race r = { .to = &to, .stagger_ms = (int)SOON_MS };
	int64_t began;
	int deaf, open, port, fd, filler[2];
	size_t winner;

	(void)state;
	deaf = deaf_listener(&port, filler);
	set_address(&to.v[0], port);
	open = listener(1, &port);
	set_address(&to.v[1], port);
	began = clock_now_ms();
	assert_true(race_run(&r, in_ms(LONG_MS), &fd, &winner));
	assert_int_equal(winner, 1);
	assert_in_range(clock_now_ms() - began, SOON_MS, 5 * SOON_MS);
	close(fd);
	/* Only the deaf one: the deadline ends it. */
	to.n = 1;
	began = clock_now_ms();
	assert_false(race_run(&r, in_ms(SOON_MS), &fd, &winner));
	assert_int_equal(r.error[0], ETIMEDOUT);
	assert_in_range(clock_now_ms() - began, SOON_MS, 5 * SOON_MS);
	close(filler[0]);
	close(filler[1]);
	close(deaf);
	close(open);
}

static void a_refusal_starts_the_next_at_once(void **state)
{
	struct addresses to = { .n = 2 };
	struct race r = { .to = &to, .stagger_ms = LONG_MS };
	int closed, open, port, fd;
	size_t winner;

	(void)state;
	closed = listener(-1, &port);
	set_address(&to.v[0], port);
	open = listener(1, &port);
	set_address(&to.v[1], port);
	assert_true(race_run(&r, in_ms(LONG_MS / 10), &fd, &winner));
	assert_int_equal(winner, 1);
	assert_int_equal(r.error[0], ECONNREFUSED);
	close(fd);
	close(closed);
	close(open);
}

/* --- the stream ----------------------------------------------------------- */

static void options_are_set(void **state)
{
	int port, fd = listener(8, &port), on = 0;
	struct addresses to = { .n = 1 };
	struct race r = { .to = &to, .stagger_ms = 1 };
	socklen_t len = sizeof(on);
	struct stream s;
	size_t winner;
	int c;

	(void)state;
	set_address(&to.v[0], port);
	assert_true(race_run(&r, in_ms(LONG_MS), &c, &winner));
	s = tcp_stream(c);
	assert_int_equal(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	assert_true(on);
	assert_int_equal(getsockopt(c, IPPROTO_TCP, TCP_QUICKACK, &on, &len),
			 0);
	assert_true(on);
	s.ops->close(s.self);
	close(fd);
}

static void reads_and_writes_keep_their_deadlines(void **state)
{
	size_t n = (size_t)8 << 20, got;
	char *bulk = calloc(1, n);
	struct err e = ERR_INIT;
	struct stream s;
	int64_t began;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	s = tcp_stream(pair[0]);
	began = clock_now_ms();
	assert_false(s.ops->read(s.self, bulk, n, in_ms(SOON_MS), &got, &e));
	assert_string_equal(e.text, "timed out");
	assert_false(s.ops->write(s.self, bulk, n, in_ms(SOON_MS), &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text, "timed out");
	assert_in_range(clock_now_ms() - began, 2 * SOON_MS, 10 * SOON_MS);
	/* What is there is taken, even when it is late. */
	assert_int_equal(write(pair[1], "abc", 3), 3);
	assert_true(s.ops->read(s.self, bulk, n, 0, &got, &e));
	assert_int_equal(got, 3);
	s.ops->close(s.self);
	close(pair[1]);
	free(bulk);
}

static void a_peer_that_is_gone_is_an_end_or_an_error(void **state)
{
	struct linger at_once = { .l_onoff = 1 };
	int port, fd = listener(8, &port), other;
	struct tcp_target t = { .host = "127.0.0.1", .port = port };
	struct err e = ERR_INIT;
	struct stream s;
	char buf[8];
	size_t got;

	(void)state;
	assert_true(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
	close(accept(fd, NULL, NULL));
	assert_true(s.ops->read(s.self, buf, 8, in_ms(LONG_MS), &got, &e));
	assert_int_equal(got, 0);
	s.ops->close(s.self);

	assert_true(tcp_connect(&t, in_ms(LONG_MS), &s, NULL, &e));
	other = accept(fd, NULL, NULL);
	setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(other);
	assert_false(s.ops->read(s.self, buf, 8, in_ms(LONG_MS), &got, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text,
			    "the connection broke: connection reset by peer");
	assert_false(s.ops->write(s.self, buf, 8, in_ms(LONG_MS), &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	s.ops->close(s.self);
	close(fd);
}

/* SIGPIPE has its default here: it would end this program. */
static void writing_to_nobody_does_not_kill(void **state)
{
	struct err e = ERR_INIT;
	sigset_t pending;
	int pair[2];

	(void)state;
	for (int is_pipe = 0; is_pipe < 2; is_pipe++) {
		struct stream s;

		assert_int_equal(
			is_pipe ? pipe(pair)
				: socketpair(AF_UNIX, SOCK_STREAM, 0, pair),
			0);
		close(pair[0]);
		s = tcp_stream(pair[1]);
		assert_false(s.ops->write(s.self, "x", 1, in_ms(LONG_MS), &e));
		assert_string_equal(e.text,
				    "the connection broke: broken pipe");
		s.ops->close(s.self);
	}
	sigpending(&pending);
	assert_false(sigismember(&pending, SIGPIPE));
}

/* --- literals ------------------------------------------------------------- */

static void literals_are_told_from_names(void **state)
{
	static const struct {
		const char *s;
		bool literal;
	} rows[] = {
		{ "192.0.2.1", true },          { "2001:db8::1", true },
		{ "fe80::1%eth0", true },       { "::", true },
		{ "mail.example", false },      { "192.0.2", false },
		{ "192.0.2.1.example", false }, { "[::1]", false },
		{ "192.0.2.1%eth0", false },    { "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (tcp_is_literal(rows[i].s) != rows[i].literal)
			fail_msg("%s", rows[i].s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_literals_connect),
		cmocka_unit_test(failures_have_their_kind_and_words),
		cmocka_unit_test(the_source_address_is_bound),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(a_hanging_resolver_keeps_the_deadline),
		cmocka_unit_test(the_next_address_starts_while_the_first_hangs),
		cmocka_unit_test(a_refusal_starts_the_next_at_once),
		cmocka_unit_test(options_are_set),
		cmocka_unit_test(reads_and_writes_keep_their_deadlines),
		cmocka_unit_test(a_peer_that_is_gone_is_an_end_or_an_error),
		cmocka_unit_test(writing_to_nobody_does_not_kill),
		cmocka_unit_test(literals_are_told_from_names),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
