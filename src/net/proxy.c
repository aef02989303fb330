#include "config.h"

#include "net/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/err.h"
#include "base/scan.h"
#include "net/tcp.h"

#define BYTE_MAX 255
#define REASON_MAX 200 /* of a proxy's words, so many are shown */

/* Who asks whom for what. */
struct asking {
	const struct proxy *proxy;
	struct stream stream;
	const char *host;
	int port;
	int64_t deadline_ms;
};

/* --- bytes -----------------------------------------------------------------
 */

static bool say(const struct asking *q, const struct secret *text,
		struct err *e)
{
	return q->stream.ops->write(q->stream.self, text->p, text->n,
				    q->deadline_ms, e);
}

/* All n bytes and not one more; they may come in pieces. */
static bool hear(const struct asking *q, void *buf, size_t n, struct err *e)
{
	char *p = buf;

	while (n > 0) {
		size_t got;

		if (!q->stream.ops->read(q->stream.self, p, n, q->deadline_ms,
					 &got, e))
			return false;
		if (got == 0)
			return err_set(e, ERR_NETWORK, "it hung up");
		p += got;
		n -= got;
	}
	return true;
}

static void add_byte(struct secret *out, int byte)
{
	const char c = (char)byte;

	secret_add(out, (struct view){ &c, 1 });
}

/* A length in one byte, then the text. */
static void add_counted(struct secret *out, struct view text)
{
	add_byte(out, (int)text.n);
	secret_add(out, text);
}

static bool login_refused(const struct asking *q, struct err *e)
{
	err_set(e, ERR_CONFIG,
		q->proxy->login ? "it refuses the user or the password"
				: "it wants a user and a password");
	return err_hint(e,
			"put those of the proxy into the keyword 'proxy': "
			"%s://user:password@host:port",
			q->proxy->kind == PROXY_HTTP ? "http" : "socks5");
}

/* --- SOCKS5 ----------------------------------------------------------------
 */

enum {
	SOCKS_VERSION = 5,
	SOCKS_LOGIN_VERSION = 1, /* RFC 1929 */
	SOCKS_CONNECT = 1,
	SOCKS_NO_LOGIN = 0,
	SOCKS_LOGIN = 2,
	SOCKS_IPV4 = 1,
	SOCKS_NAME = 3,
	SOCKS_IPV6 = 4,
};

static bool is_no_proxy(struct err *e)
{
	err_set(e, ERR_PROTOCOL, "what answers there is no SOCKS5 proxy");
	return err_hint(e, "check host and port of the proxy");
}

static bool socks_login(const struct asking *q, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	unsigned char answer[2];

	add_byte(&text, SOCKS_LOGIN_VERSION);
	add_counted(&text, secret_view(&q->proxy->user));
	add_counted(&text, secret_view(&q->proxy->password));
	if (!say(q, &text, e) || !hear(q, answer, sizeof(answer), e))
		return false;
	if (answer[0] != SOCKS_LOGIN_VERSION)
		return is_no_proxy(e);
	return answer[1] == 0 || login_refused(q, e);
}

static bool socks_greet(const struct asking *q, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	unsigned char answer[2];

	add_byte(&text, SOCKS_VERSION);
	add_byte(&text, q->proxy->login ? 2 : 1);
	add_byte(&text, SOCKS_NO_LOGIN);
	if (q->proxy->login)
		add_byte(&text, SOCKS_LOGIN);
	if (!say(q, &text, e) || !hear(q, answer, sizeof(answer), e))
		return false;
	if (answer[0] != SOCKS_VERSION)
		return is_no_proxy(e);
	if (answer[1] == SOCKS_NO_LOGIN)
		return true;
	if (answer[1] == SOCKS_LOGIN && q->proxy->login)
		return socks_login(q, e);
	return login_refused(q, e);
}

static void add_target(struct secret *out, const char *host, int port)
{
	unsigned char address[sizeof(struct in6_addr)];
	struct view binary = { (const char *)address, 0 };

	if (inet_pton(AF_INET, host, address) == 1) {
		binary.n = sizeof(struct in_addr);
		add_byte(out, SOCKS_IPV4);
		secret_add(out, binary);
	} else if (inet_pton(AF_INET6, host, address) == 1) {
		binary.n = sizeof(struct in6_addr);
		add_byte(out, SOCKS_IPV6);
		secret_add(out, binary);
	} else {
		add_byte(out, SOCKS_NAME);
		add_counted(out, view_of(host));
	}
	add_byte(out, port >> 8);
	add_byte(out, port & BYTE_MAX);
}

/* RFC 1928, section 6. */
static bool socks_refused(const struct asking *q, unsigned code, struct err *e)
{
	static const char *const words[] = {
		[1] = "it failed, and does not say why",
		[2] = "its rules do not allow that",
		[3] = "the network cannot be reached from there",
		[4] = "the host cannot be reached from there, or is unknown",
		[5] = "the server refused the connection",
		[6] = "the server is too far away (TTL expired)",
		[7] = "it cannot connect to servers (command not supported)",
		[8] = "it does not know that kind of address",
	};
	const char *why = code < ARRAY_LEN(words) ? words[code] : NULL;

	if (why)
		return err_set(e, ERR_NETWORK, "no way to %s port %d: %s",
			       q->host, q->port, why);
	return err_set(e, ERR_NETWORK, "no way to %s port %d: SOCKS error %u",
		       q->host, q->port, code);
}

/* The address that it connects from means nothing to us, but must be read. */
static bool socks_skip_address(const struct asking *q, int type, struct err *e)
{
	char address[BYTE_MAX + 2];
	unsigned char length;

	switch (type) {
	case SOCKS_IPV4:
		return hear(q, address, sizeof(struct in_addr) + 2, e);
	case SOCKS_IPV6:
		return hear(q, address, sizeof(struct in6_addr) + 2, e);
	case SOCKS_NAME:
		return hear(q, &length, 1, e) &&
		       hear(q, address, (size_t)length + 2, e);
	default:
		return is_no_proxy(e);
	}
}

static bool socks_connect(const struct asking *q, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	unsigned char answer[4]; /* version, code, reserved, type of address */

	if (!socks_greet(q, e))
		return false;
	add_byte(&text, SOCKS_VERSION);
	add_byte(&text, SOCKS_CONNECT);
	add_byte(&text, 0);
	add_target(&text, q->host, q->port);
	if (!say(q, &text, e) || !hear(q, answer, 2, e))
		return false;
	if (answer[0] != SOCKS_VERSION)
		return is_no_proxy(e);
	if (answer[1] != 0)
		return socks_refused(q, answer[1], e);
	return hear(q, answer + 2, 2, e) && socks_skip_address(q, answer[3], e);
}

/* --- HTTP ------------------------------------------------------------------
 */

enum {
	HTTP_OK = 200,
	HTTP_MULTIPLE = 300,
	HTTP_SERVER_LOGIN = 401, /* tinyproxy says it of a wrong password */
	HTTP_LOGIN = 407,
};

/* What was heard of an answer, by line; bounded over all its lines. */
struct answer {
	char text[PROXY_ANSWER_MAX];
	size_t n;
	int lines;
};

static bool http_is_no_proxy(struct err *e)
{
	err_set(e, ERR_PROTOCOL, "what answers there is no HTTP proxy");
	return err_hint(e, "check host and port of the proxy");
}

/* One line, without its end; a byte at a time, as the server's follow. */
static bool hear_line(const struct asking *q, struct answer *a,
		      struct view *line, struct err *e)
{
	size_t start = a->n;

	if (a->lines++ == PROXY_LINES_MAX)
		return http_is_no_proxy(e);
	do {
		if (a->n == sizeof(a->text))
			return http_is_no_proxy(e);
		if (!hear(q, a->text + a->n, 1, e))
			return false;
	} while (a->text[a->n++] != '\n');
	*line = (struct view){ a->text + start, a->n - start - 1 };
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* "HTTP/1.1 200 reason" (RFC 9112, section 4). */
static bool read_status(struct view line, int *code, struct view *reason)
{
	struct scan s = scan_of(view_part(line, sizeof("HTTP/1.") - 1, line.n));
	int minor;

	if (!view_starts(line, "HTTP/1.") || !scan_fixed(&s, 1, &minor) ||
	    !scan_byte(&s, ' ') || !scan_fixed(&s, 3, code))
		return false;
	*reason = view_trim(scan_rest(&s));
	return scan_done(&s) || *s.p == ' ';
}

/* A status line and the fields up to the empty line, which say nothing that
 * matters: what follows a 2xx is the server's in any case. */
static bool hear_answer(const struct asking *q, struct answer *a, int *code,
			struct view *reason, struct err *e)
{
	struct view line = VIEW_NONE;

	if (!hear_line(q, a, &line, e))
		return false;
	if (!read_status(line, code, reason))
		return http_is_no_proxy(e);
	do {
		if (!hear_line(q, a, &line, e))
			return false;
	} while (line.n > 0);
	return true;
}

static bool http_judge(const struct asking *q, int code, struct view reason,
		       struct err *e)
{
	CLEAN(str) struct str words = STR_INIT;

	if (code >= HTTP_OK && code < HTTP_MULTIPLE)
		return true;
	if (code == HTTP_LOGIN || code == HTTP_SERVER_LOGIN)
		return login_refused(q, e);
	str_add_printable(&words, view_part(reason, 0, REASON_MAX));
	return err_set(e, ERR_NETWORK, "no way to %s port %d: HTTP %d%s%s",
		       q->host, q->port, code, words.len > 0 ? " " : "",
		       str_chars(&words));
}

static void add_login(const struct proxy *p, struct secret *out)
{
	CLEAN(secret) struct secret both = SECRET_INIT;

	secret_copy(&both, &p->user);
	add_byte(&both, ':');
	secret_add(&both, secret_view(&p->password));
	secret_add(out, view_of("Proxy-Authorization: Basic "));
	base64_add_secret(out, secret_view(&both));
	secret_add(out, view_of("\r\n"));
}

static bool http_ask(const struct asking *q, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	CLEAN(str) struct str lines = STR_INIT;
	bool brackets = strchr(q->host, ':') != NULL;
	const char *open = brackets ? "[" : "", *close = brackets ? "]" : "";

	str_addf(&lines, "CONNECT %s%s%s:%d HTTP/1.1\r\n", open, q->host, close,
		 q->port);
	str_addf(&lines, "Host: %s%s%s:%d\r\n", open, q->host, close, q->port);
	secret_add(&text, str_view(&lines));
	if (q->proxy->login)
		add_login(q->proxy, &text);
	secret_add(&text, view_of("\r\n"));
	return say(q, &text, e);
}

/* Interim answers (1xx) may come first; all together are bounded. */
static bool http_connect(const struct asking *q, struct err *e)
{
	struct answer a = { .n = 0 };
	struct view reason = VIEW_NONE;
	int code = 0;

	if (!http_ask(q, e))
		return false;
	do {
		if (!hear_answer(q, &a, &code, &reason, e))
			return false;
	} while (code < HTTP_OK);
	return http_judge(q, code, reason, e);
}

/* --- both ------------------------------------------------------------------
 */

static bool is_target(const char *host)
{
	size_t n = strlen(host);

	if (strchr(host, ':'))
		return tcp_is_literal(host) && !strchr(host, '%');
	for (const char *p = host; *p; p++)
		if (!ascii_is_visible(*p))
			return false;
	return n > 0 && n <= BYTE_MAX;
}

bool proxy_connect(const struct proxy *p, struct stream stream,
		   const char *host, int port, int64_t deadline_ms,
		   struct err *e)
{
	const struct asking q = { p, stream, host, port, deadline_ms };

	if (!is_target(host))
		return err_set(e, ERR_CONFIG,
			       "host '%s' cannot be asked of a proxy", host);
	return p->kind == PROXY_HTTP ? http_connect(&q, e)
				     : socks_connect(&q, e);
}
