#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/proxy.h"

/* Bytes with zeros among them, as a literal. */
#define BYTES(literal)                                                         \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}
#define SEP "\x1f" /* between the writes that a test wants */

/* --- a proxy that has decided what to say ----------------------------------
 */

struct canned {
	struct view says; /* what is left of it */
	size_t piece;     /* bytes of one read; 0: as many as are asked for */
	bool stalls;      /* at the end: silence, not a hang-up */
	struct str heard; /* the writes, SEP behind each */
	size_t reads;
};

static bool canned_read(void *self, char *buf, size_t n, int64_t by,
			size_t *got, struct err *e)
{
	struct canned *c = self;
	struct view part = view_part(
		c->says, 0, c->piece > 0 && c->piece < n ? c->piece : n);

	(void)by;
	c->reads++;
	if (part.n == 0 && c->stalls)
		return err_set(e, ERR_NETWORK, "timed out");
	if (part.n > 0)
		memcpy(buf, part.p, part.n);
	c->says = view_part(c->says, part.n, c->says.n);
	*got = part.n;
	return true;
}

static bool canned_write(void *self, const char *buf, size_t n, int64_t by,
			 struct err *e)
{
	struct canned *c = self;

	(void)by;
	(void)e;
	str_add(&c->heard, (struct view){ buf, n });
	str_adds(&c->heard, SEP);
	return true;
}

static const struct stream_ops canned_ops = { "canned", canned_read,
					      canned_write, NULL };

static bool ask(struct canned *c, const char *url, const char *host,
		struct err *e)
{
	CLEAN(proxy) struct proxy p = PROXY_INIT;
	struct stream s = { &canned_ops, c };

	assert_true(proxy_parse(view_of(url), &p, e));
	return proxy_connect(&p, s, host, 587, CLOCK_NEVER, e);
}

/* --- URLs ------------------------------------------------------------------
 */

static void urls_are_read(void **state)
{
	static const struct {
		const char *url;
		enum proxy_kind kind;
		int port;
		const char *host;
		const char *user, *password; /* NULL: no login */
	} rows[] = {
		{ "socks5://proxy", PROXY_SOCKS5, 1080, "proxy", NULL, NULL },
		{ "socks5h://proxy", PROXY_SOCKS5, 1080, "proxy", NULL, NULL },
		{ "http://proxy", PROXY_HTTP, 8080, "proxy", NULL, NULL },
		{ "HTTP://proxy:3128/", PROXY_HTTP, 3128, "proxy", NULL, NULL },
		{ "socks5://192.0.2.1:1", PROXY_SOCKS5, 1, "192.0.2.1", NULL,
		  NULL },
		{ "socks5://[2001:db8::1]:65535", PROXY_SOCKS5, 65535,
		  "2001:db8::1", NULL, NULL },
		{ "http://[::1]", PROXY_HTTP, 8080, "::1", NULL, NULL },
		{ "http://[fe80::1%eth0]:1", PROXY_HTTP, 1, "fe80::1%eth0",
		  NULL, NULL },
		{ "socks5://pr\xc3\xb6xy", PROXY_SOCKS5, 1080, "pr\xc3\xb6xy",
		  NULL, NULL },
		{ "socks5://ada:secret@proxy:9", PROXY_SOCKS5, 9, "proxy",
		  "ada", "secret" },
		{ "http://ada@proxy", PROXY_HTTP, 8080, "proxy", "ada", "" },
		{ "http://ada:@proxy", PROXY_HTTP, 8080, "proxy", "ada", "" },
		{ "http://a%40b:p%3a%2F%25%c3%BC@proxy/", PROXY_HTTP, 8080,
		  "proxy", "a@b", "p:/%\xc3\xbc" },
		{ "http://ada:p@ss:w/rd@proxy", PROXY_HTTP, 8080, "proxy",
		  "ada", "p@ss:w/rd" },
		{ "socks5://a%3Ab:c@proxy", PROXY_SOCKS5, 1080, "proxy", "a:b",
		  "c" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(proxy) struct proxy p = PROXY_INIT;
		struct err e = ERR_INIT;

		if (!proxy_parse(view_of(rows[i].url), &p, &e))
			fail_msg("%s: %s", rows[i].url, e.text);
		assert_int_equal(p.kind, rows[i].kind);
		assert_string_equal(p.host.s, rows[i].host);
		assert_int_equal(p.port, rows[i].port);
		assert_int_equal(p.login, rows[i].user != NULL);
		if (!rows[i].user)
			continue;
		assert_string_equal(p.user.p, rows[i].user);
		assert_string_equal(p.password.p, rows[i].password);
	}
}

static void what_is_no_url_is_refused(void **state)
{
	static const struct {
		const char *url, *words;
	} rows[] = {
		{ "", "it starts with none of" },
		{ "proxy:1080", "it starts with none of" },
		{ "socks4://proxy", "it starts with none of" },
		{ "https://proxy", "it starts with none of" },
		{ "socks5:/proxy", "it starts with none of" },
		{ "socks5://", "no usable host" },
		{ "socks5://:1080", "no usable host" },
		{ "socks5:///", "no usable host" },
		{ "http://proxy/path", "no usable host" },
		{ "http://pro xy", "no usable host" },
		{ "http://[proxy]", "no usable host" },
		{ "http://[192.0.2.1]", "no usable host" },
		{ "http://[::1", "no usable host" },
		{ "http://::1", "no usable host" },
		{ "http://[::1]x", "no port" },
		{ "http://proxy:", "no port" },
		{ "http://proxy:0", "no port" },
		{ "http://proxy:65536", "no port" },
		{ "http://proxy:8o", "no port" },
		{ "http://proxy:1:2", "no port" },
		{ "http://s3cret%4@proxy", "wrong %XX" },
		{ "http://s3cret%@proxy", "wrong %XX" },
		{ "http://s3cret%zz@proxy", "wrong %XX" },
		{ "http://ada:s3cret%0a@proxy", "control character" },
		{ "http://ada:s3cret%00@proxy", "control character" },
		{ "http://:s3cret@proxy", "user is empty" },
		{ "http://@proxy", "user is empty" },
		{ "http://a%3Ab:s3cret@proxy", "has a colon" },
		{ "ftp://ada:s3cret@proxy", "it starts with none of" },
		{ "http://ada:s3cret@pro xy", "no usable host" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proxy p;
		struct err e = ERR_INIT;

		if (proxy_parse(view_of(rows[i].url), &p, &e))
			fail_msg("'%s' was taken", rows[i].url);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!strstr(e.text, rows[i].words))
			fail_msg("%s: %s", rows[i].url, e.text);
		assert_null(strstr(e.text, "s3cret"));
		assert_null(p.host.s);
	}
}

/* So long and no longer: a length has one byte (RFC 1928, RFC 1929). */
static void parts_have_a_longest_form(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "socks5://", "@proxy" },
		{ "socks5://ada:", "@proxy" },
		{ "socks5://", "" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str url = STR_INIT;
		CLEAN(proxy) struct proxy p = PROXY_INIT;
		struct err e = ERR_INIT;
		size_t n = 255 + i / ARRAY_LEN(rows);

		str_adds(&url, rows[i % ARRAY_LEN(rows)].before);
		for (size_t j = 0; j < n; j++)
			str_addc(&url, 'x');
		str_adds(&url, rows[i % ARRAY_LEN(rows)].after);
		assert_int_equal(proxy_parse(str_view(&url), &p, &e), n == 255);
	}
}

/* --- SOCKS5 ----------------------------------------------------------------
 */

#define SOCKS "socks5://proxy"
#define SOCKS_LOGIN "socks5://ada:lovelace@proxy"
#define REACHED "\5\0\0\1\177\0\0\1\4\70"
#define NAME_ASKED "\5\1\0\3\11mail.test\2\113" SEP

/* What goes well: what is said, and that the server's greeting is left. */
static void socks_connects(void **state)
{
	static const struct {
		const char *url, *host;
		struct view says, wants;
	} rows[] = {
		{ SOCKS, "mail.test", BYTES("\5\0" REACHED),
		  BYTES("\5\1\0" SEP NAME_ASKED) },
		{ SOCKS, "192.0.2.7", BYTES("\5\0" REACHED),
		  BYTES("\5\1\0" SEP "\5\1\0\1\300\0\2\7\2\113" SEP) },
		{ SOCKS, "2001:db8::9", BYTES("\5\0" REACHED),
		  BYTES("\5\1\0" SEP "\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0"
			"\0\11\2\113" SEP) },
		{ SOCKS, "mail.test",
		  BYTES("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\31"),
		  BYTES("\5\1\0" SEP NAME_ASKED) },
		{ SOCKS, "mail.test", BYTES("\5\0\5\0\0\3\3abc\0\31"),
		  BYTES("\5\1\0" SEP NAME_ASKED) },
		{ SOCKS, "mail.test", BYTES("\5\0\5\0\0\3\0\0\31"),
		  BYTES("\5\1\0" SEP NAME_ASKED) },
		{ SOCKS_LOGIN, "mail.test", BYTES("\5\0" REACHED),
		  BYTES("\5\2\0\2" SEP NAME_ASKED) },
		{ SOCKS_LOGIN, "mail.test", BYTES("\5\2\1\0" REACHED),
		  BYTES("\5\2\0\2" SEP "\1\3ada\10lovelace" SEP NAME_ASKED) },
		{ "socks5://ada@proxy", "mail.test", BYTES("\5\2\1\0" REACHED),
		  BYTES("\5\2\0\2" SEP "\1\3ada\0" SEP NAME_ASKED) },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;
		CLEAN(str) struct str says = STR_INIT;
		struct canned c = { .piece = i % 2 };
		struct err e = ERR_INIT;

		str_add(&says, rows[row].says);
		str_adds(&says, "220 hello\r\n");
		c.says = str_view(&says);
		if (!ask(&c, rows[row].url, rows[row].host, &e))
			fail_msg("row %zu: %s", row, e.text);
		assert_true(view_equal(str_view(&c.heard), rows[row].wants));
		assert_true(view_is(c.says, "220 hello\r\n"));
		str_free(&c.heard);
	}
}

static void socks_failures_have_kind_and_words(void **state)
{
	static const struct {
		const char *url;
		struct view says;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ SOCKS, BYTES("\5\0\5\1"), ERR_NETWORK,
		  "mail.test port 587: it failed" },
		{ SOCKS, BYTES("\5\0\5\2"), ERR_NETWORK, "rules" },
		{ SOCKS, BYTES("\5\0\5\3"), ERR_NETWORK, "network" },
		{ SOCKS, BYTES("\5\0\5\4"), ERR_NETWORK, "the host cannot" },
		{ SOCKS, BYTES("\5\0\5\5"), ERR_NETWORK, "refused the conn" },
		{ SOCKS, BYTES("\5\0\5\6"), ERR_NETWORK, "TTL" },
		{ SOCKS, BYTES("\5\0\5\7"), ERR_NETWORK, "command" },
		{ SOCKS, BYTES("\5\0\5\10"), ERR_NETWORK, "kind of address" },
		{ SOCKS, BYTES("\5\0\5\11"), ERR_NETWORK, "SOCKS error 9" },
		{ SOCKS, BYTES("\5\0\5\377"), ERR_NETWORK, "SOCKS error 255" },
		{ SOCKS, BYTES("\5\377"), ERR_CONFIG, "wants a user" },
		{ SOCKS, BYTES("\5\1"), ERR_CONFIG, "wants a user" },
		/* A method that was not offered is no method. */
		{ SOCKS, BYTES("\5\2" REACHED), ERR_CONFIG, "wants a user" },
		{ SOCKS_LOGIN, BYTES("\5\377"), ERR_CONFIG, "refuses the us" },
		{ SOCKS_LOGIN, BYTES("\5\2\1\1"), ERR_CONFIG,
		  "refuses the user" },
		{ SOCKS_LOGIN, BYTES("\5\2\5\0" REACHED), ERR_PROTOCOL,
		  "no SOCKS5 proxy" },
		{ SOCKS, BYTES("\4\0"), ERR_PROTOCOL, "no SOCKS5 proxy" },
		{ SOCKS, BYTES("220 hello"), ERR_PROTOCOL, "no SOCKS5 proxy" },
		{ SOCKS, BYTES("\5\0\4\0\0\1"), ERR_PROTOCOL, "no SOCKS5" },
		{ SOCKS, BYTES("\5\0\5\0\0\2"), ERR_PROTOCOL, "no SOCKS5" },
		{ SOCKS, BYTES(""), ERR_NETWORK, "it hung up" },
		{ SOCKS, BYTES("\5"), ERR_NETWORK, "it hung up" },
		{ SOCKS, BYTES("\5\0"), ERR_NETWORK, "it hung up" },
		{ SOCKS, BYTES("\5\0\5\0\0\1\177\0\0\1\4"), ERR_NETWORK,
		  "it hung up" },
		{ SOCKS, BYTES("\5\0\5\0\0\3\11abc"), ERR_NETWORK,
		  "it hung up" },
		{ SOCKS_LOGIN, BYTES("\5\2\1"), ERR_NETWORK, "it hung up" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;
		struct canned c = { .says = rows[row].says, .piece = i % 2 };
		struct err e = ERR_INIT;

		if (ask(&c, rows[row].url, "mail.test", &e))
			fail_msg("row %zu went well", row);
		if (e.kind != rows[row].kind ||
		    !strstr(e.text, rows[row].words))
			fail_msg("row %zu: kind %d: %s", row, e.kind, e.text);
		assert_null(strstr(e.text, "lovelace"));
		str_free(&c.heard);
	}
}

static void no_password_goes_to_who_does_not_ask(void **state)
{
	struct canned c = { .says = BYTES("\5\0\5\1") };
	struct err e = ERR_INIT;

	(void)state;
	assert_false(ask(&c, SOCKS_LOGIN, "mail.test", &e));
	assert_null(memmem(c.heard.s, c.heard.len, "lovelace", 8));
	str_free(&c.heard);
}

/* --- HTTP ------------------------------------------------------------------
 */

#define HTTP "http://proxy"
#define ASKED "CONNECT mail.test:587 HTTP/1.1\r\nHost: mail.test:587\r\n"

static void http_connects(void **state)
{
	static const struct {
		const char *url, *host, *says, *wants;
	} rows[] = {
		{ HTTP, "mail.test", "HTTP/1.1 200 Established\r\n\r\n",
		  ASKED "\r\n" SEP },
		{ HTTP, "mail.test", "HTTP/1.0 200\r\n\r\n", ASKED "\r\n" SEP },
		{ HTTP, "mail.test", "HTTP/1.1 299 x\nA: b\n\n",
		  ASKED "\r\n" SEP },
		/* A body is none (RFC 9110, 9.3.6). */
		{ HTTP, "mail.test",
		  "HTTP/1.1 200 ok\r\nContent-Length: 11\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		  ASKED "\r\n" SEP },
		{ HTTP, "mail.test",
		  "HTTP/1.1 100 go on\r\n\r\nHTTP/1.1 200 ok\r\nVia: x\r\n\r\n",
		  ASKED "\r\n" SEP },
		{ HTTP, "2001:db8::9", "HTTP/1.1 200 ok\r\n\r\n",
		  "CONNECT [2001:db8::9]:587 HTTP/1.1\r\n"
		  "Host: [2001:db8::9]:587\r\n\r\n" SEP },
		{ "http://Aladdin:open%20sesame@proxy", "mail.test",
		  "HTTP/1.1 200 ok\r\n\r\n",
		  ASKED "Proxy-Authorization: Basic "
			"QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n" SEP },
		{ "http://ada@proxy", "mail.test", "HTTP/1.1 200 ok\r\n\r\n",
		  ASKED "Proxy-Authorization: Basic YWRhOg==\r\n\r\n" SEP },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;
		CLEAN(str) struct str says = STR_INIT;
		struct canned c = { .piece = i % 2 };
		struct err e = ERR_INIT;

		str_addf(&says, "%s220 hello\r\n", rows[row].says);
		c.says = str_view(&says);
		if (!ask(&c, rows[row].url, rows[row].host, &e))
			fail_msg("row %zu: %s", row, e.text);
		assert_string_equal(c.heard.s, rows[row].wants);
		assert_true(view_is(c.says, "220 hello\r\n"));
		str_free(&c.heard);
	}
}

static void http_failures_have_kind_and_words(void **state)
{
	static const struct {
		const char *url, *says;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ HTTP, "HTTP/1.1 407 x\r\n\r\n", ERR_CONFIG, "wants a user" },
		{ "http://ada:lovelace@proxy", "HTTP/1.1 407 x\r\n\r\n",
		  ERR_CONFIG, "refuses the user" },
		{ "http://ada:lovelace@proxy", "HTTP/1.1 401 x\r\n\r\n",
		  ERR_CONFIG, "refuses the user" },
		{ HTTP, "HTTP/1.1 502 Bad Gateway\r\nA: b\r\n\r\n", ERR_NETWORK,
		  "no way to mail.test port 587: HTTP 502 Bad Gateway" },
		{ HTTP, "HTTP/1.1 403 \r\n\r\n", ERR_NETWORK, "HTTP 403" },
		{ HTTP, "HTTP/1.1 301 moved\r\n\r\n", ERR_NETWORK, "HTTP 301" },
		{ HTTP, "HTTP/1.1 500 a\x1b[31mb\r\n\r\n", ERR_NETWORK,
		  "HTTP 500 a?[31mb" },
		{ HTTP, "HTTP/2 200 ok\r\n\r\n", ERR_PROTOCOL, "no HTTP" },
		{ HTTP, "HTTP/1.1 20 ok\r\n\r\n", ERR_PROTOCOL, "no HTTP" },
		{ HTTP, "HTTP/1.1 2000 ok\r\n\r\n", ERR_PROTOCOL, "no HTTP" },
		{ HTTP, "HTTP/1.1  200 ok\r\n\r\n", ERR_PROTOCOL, "no HTTP" },
		{ HTTP, "HTTP/1.\r\n\r\n", ERR_PROTOCOL, "no HTTP" },
		{ HTTP, "220 hello\r\n", ERR_PROTOCOL, "no HTTP proxy" },
		{ HTTP, "\r\n\r\n", ERR_PROTOCOL, "no HTTP proxy" },
		{ HTTP, "", ERR_NETWORK, "it hung up" },
		{ HTTP, "HTTP/1.1 200", ERR_NETWORK, "it hung up" },
		{ HTTP, "HTTP/1.1 200 ok\r\n", ERR_NETWORK, "it hung up" },
		{ HTTP, "HTTP/1.1 200 ok\r\nA: b\r\n", ERR_NETWORK,
		  "it hung up" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct canned c = { .says = view_of(rows[i].says) };
		struct err e = ERR_INIT;

		if (ask(&c, rows[i].url, "mail.test", &e))
			fail_msg("row %zu went well", i);
		if (e.kind != rows[i].kind || !strstr(e.text, rows[i].words))
			fail_msg("row %zu: kind %d: %s", i, e.kind, e.text);
		assert_null(strstr(e.text, "lovelace"));
		str_free(&c.heard);
	}
}

/* Lines, or interim answers, or one line, without end. */
static void an_answer_without_end_is_cut_off(void **state)
{
	static const struct {
		const char *line;
		size_t reads_max;
	} rows[] = {
		{ "A: b\r\n", (size_t)PROXY_LINES_MAX * 20 },
		{ "\r\nHTTP/1.1 100 wait\r\n", (size_t)PROXY_LINES_MAX * 20 },
		{ "x", PROXY_ANSWER_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str says = STR_INIT;
		struct canned c = { .stalls = true };
		struct err e = ERR_INIT;

		str_adds(&says, "HTTP/1.1 100 wait\r\n");
		while (says.len < 4 * (size_t)PROXY_ANSWER_MAX)
			str_adds(&says, rows[i].line);
		c.says = str_view(&says);
		assert_false(ask(&c, HTTP, "mail.test", &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
		assert_true(c.reads <= rows[i].reads_max);
		str_free(&c.heard);
	}
}

/* --- both ------------------------------------------------------------------
 */

static void silence_is_the_streams_own_error(void **state)
{
	static const char *const urls[] = { SOCKS, HTTP };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct canned c = { .stalls = true };
		struct err e = ERR_INIT;

		assert_false(ask(&c, urls[i], "mail.test", &e));
		assert_int_equal(e.kind, ERR_NETWORK);
		assert_string_equal(e.text, "timed out");
		str_free(&c.heard);
	}
}

/* Nothing is said where the name would end a line or a length. */
static void a_host_that_does_not_fit_is_not_asked_for(void **state)
{
	static const char *const urls[] = { SOCKS, HTTP };
	static const char *const hosts[] = { "",           "a b", "a\r\nb",
					     "fe80::1%lo", "a:b", "\xc3\xbc" };
	char name[257];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (size_t i = 0; i < 2 * ARRAY_LEN(hosts); i++) {
		struct canned c = { .stalls = true };
		struct err e = ERR_INIT;

		assert_false(ask(&c, urls[i % 2], hosts[i / 2], &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_int_equal(c.heard.len, 0);
	}
	for (size_t n = 255; n <= 256; n++) {
		struct canned c = { .says = BYTES("\5\0" REACHED) };
		struct err e = ERR_INIT;

		name[n] = '\0';
		assert_int_equal(ask(&c, SOCKS, name, &e), n == 255);
		name[n] = 'x';
		str_free(&c.heard);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read),
		cmocka_unit_test(what_is_no_url_is_refused),
		cmocka_unit_test(parts_have_a_longest_form),
		cmocka_unit_test(socks_connects),
		cmocka_unit_test(socks_failures_have_kind_and_words),
		cmocka_unit_test(no_password_goes_to_who_does_not_ask),
		cmocka_unit_test(http_connects),
		cmocka_unit_test(http_failures_have_kind_and_words),
		cmocka_unit_test(an_answer_without_end_is_cut_off),
		cmocka_unit_test(silence_is_the_streams_own_error),
		cmocka_unit_test(a_host_that_does_not_fit_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
