/* proxy_parse of net/proxy.h. */
#include "config.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scan.h"
#include "net/proxy.h"
#include "net/tcp.h"

#define PORT_MAX 65535
/* The longest user and password (RFC 1929) and host (RFC 1928). */
#define PART_MAX 255

static const struct scheme {
	const char *prefix;
	enum proxy_kind kind;
	int port;
} schemes[] = {
	{ "socks5://", PROXY_SOCKS5, PROXY_SOCKS5_PORT },
	{ "socks5h://", PROXY_SOCKS5, PROXY_SOCKS5_PORT },
	{ "http://", PROXY_HTTP, PROXY_HTTP_PORT },
};

static const struct scheme *find_scheme(struct view url)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (view_starts_nocase(url, schemes[i].prefix))
			return &schemes[i];
	return NULL;
}

static bool hex_byte(struct view text, char *out)
{
	int high = text.n > 2 ? ascii_hex_value(text.p[1]) : -1;
	int low = text.n > 2 ? ascii_hex_value(text.p[2]) : -1;

	*out = (char)(high * 16 + low);
	return high >= 0 && low >= 0;
}

/* RFC 3986, section 2.1; control characters have no place in a login (RFC
 * 7617, section 2). */
static bool decode(struct view text, struct secret *out)
{
	while (text.n > 0) {
		char c = *text.p;
		bool coded = c == '%';

		if (coded && !hex_byte(text, &c))
			return false;
		if (ascii_is_control(c))
			return false;
		secret_add(out, (struct view){ &c, 1 });
		text = view_part(text, coded ? 3 : 1, text.n);
	}
	return out->n <= PART_MAX;
}

/* A user with a colon would be cut there by whoever reads it (RFC 7617). */
static bool user_fits(const struct proxy *p)
{
	return p->user.n > 0 &&
	       (p->kind != PROXY_HTTP || !memchr(p->user.p, ':', p->user.n));
}

static bool read_login(struct view text, struct proxy *out, struct err *e)
{
	struct scan s = scan_of(text);

	out->login = true;
	secret_set(&out->password, VIEW_NONE);
	if (!decode(scan_until(&s, ':'), &out->user) ||
	    !decode(scan_rest(&s), &out->password))
		return err_set(e, ERR_CONFIG,
			       "user or password has a wrong %%XX, a control "
			       "character, or more than %d bytes",
			       PART_MAX);
	return user_fits(out) ||
	       err_set(e, ERR_CONFIG, "the user is empty or has a colon");
}

static bool is_host(struct view host, bool bracketed)
{
	CLEAN(mem_string) char *name = mem_copy_n(host.p, host.n);

	if (bracketed)
		return tcp_is_literal(name) && strchr(name, ':');
	for (const char *p = name; *p; p++)
		if (!ascii_is_alnum(*p) && *p != '-' && *p != '.' &&
		    *p != '_' && !ascii_is_8bit(*p))
			return false;
	return host.n > 0 && host.n <= PART_MAX;
}

/* ":port", or nothing. */
static bool read_port(struct scan *s, int *out)
{
	int64_t port;

	if (scan_done(s))
		return true;
	if (!scan_byte(s, ':') || !scan_number(s, &port) || !scan_done(s) ||
	    port < 1 || port > PORT_MAX)
		return false;
	*out = (int)port;
	return true;
}

/* Up to the port, or up to and with the closing bracket. */
static bool read_host(struct scan *s, struct view *out)
{
	bool bracketed = scan_byte(s, '[');
	struct view rest = scan_rest(s);
	const char *end = NULL;

	if (rest.n > 0)
		end = memchr(rest.p, bracketed ? ']' : ':', rest.n);
	if (bracketed && !end)
		return false;
	*out = view_part(rest, 0, end ? (size_t)(end - rest.p) : rest.n);
	s->p += out->n + (bracketed ? 1 : 0);
	return is_host(*out, bracketed);
}

static bool read_place(struct view text, struct proxy *out, struct err *e)
{
	struct scan s = scan_of(text);
	struct view host;

	if (!read_host(&s, &host))
		return err_set(e, ERR_CONFIG, "there is no usable host");
	str_add(&out->host, host);
	return read_port(&s, &out->port) ||
	       err_set(e, ERR_CONFIG,
		       "behind the host is no port from 1 to 65535");
}

/* The last @, since some write it plainly into a password. */
static size_t login_length(struct view rest)
{
	for (size_t i = rest.n; i > 0; i--)
		if (rest.p[i - 1] == '@')
			return i;
	return 0;
}

static bool parse(struct view url, struct proxy *out, struct err *e)
{
	const struct scheme *scheme = find_scheme(url);
	struct view rest;
	size_t login;

	if (!scheme)
		return err_set(e, ERR_CONFIG,
			       "it starts with none of socks5://, socks5h:// "
			       "and http://");
	rest = view_part(url, strlen(scheme->prefix), url.n);
	out->kind = scheme->kind;
	out->port = scheme->port;
	login = login_length(rest);
	if (login > 0 && !read_login(view_part(rest, 0, login - 1), out, e))
		return false;
	rest = view_part(rest, login, rest.n);
	if (rest.n > 0 && rest.p[rest.n - 1] == '/')
		rest.n--;
	return read_place(rest, out, e);
}

bool proxy_parse(struct view url, struct proxy *out, struct err *e)
{
	*out = PROXY_INIT;
	if (parse(url, out, e))
		return true;
	proxy_free(out);
	return err_context(e, "proxy");
}

void proxy_free(struct proxy *p)
{
	str_free(&p->host);
	secret_free(&p->user);
	secret_free(&p->password);
	*p = PROXY_INIT;
}
