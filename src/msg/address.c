#include "config.h"

#include "msg/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/word.h"

void mailbox_free(struct mailbox *m)
{
	free(m->name);
	free(m->local);
	free(m->domain);
	*m = MAILBOX_INIT;
}

void mailboxes_cut(struct mailboxes *m, size_t n)
{
	while (m->n > n)
		mailbox_free(&m->v[--m->n]);
}

void mailboxes_free(struct mailboxes *m)
{
	mailboxes_cut(m, 0);
	free(m->v);
	*m = MAILBOXES_INIT;
}

/* atext of RFC 5322, 3.2.3, and of RFC 6532, 3.2 */
bool address_is_atext(char c)
{
	static const char also[] = "!#$%&'*+-/=?^_`{|}~";

	return ascii_is_alnum(c) || ascii_is_8bit(c) ||
	       (c != '\0' && memchr(also, c, sizeof(also) - 1));
}

bool address_is_label_char(char c)
{
	return ascii_is_alnum(c) || ascii_is_8bit(c) || c == '-' || c == '_';
}

/* UTF-8 without controls, C1 among them. */
bool address_is_clean(struct view v)
{
	for (size_t n = 0; v.n > 0; v = view_part(v, n, v.n)) {
		n = view_utf8_char(v);
		if (n == 0 || ascii_is_control(v.p[0]))
			return false;
		if (v.p[0] == '\xc2' && (unsigned char)v.p[1] < 0xa0)
			return false;
	}
	return true;
}

/* Runs of in() with one dot between them. */
static bool is_dotted(struct view v, bool (*in)(char c))
{
	struct scan s = scan_of(v);
	struct view part;

	do {
		if (!scan_while(&s, in, &part))
			return false;
	} while (scan_byte(&s, '.'));
	return scan_done(&s);
}

/* RFC 5321, 4.1.3, the two kinds that exist. */
static bool is_literal(struct view v)
{
	static const char tag[] = "[IPv6:";
	char text[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[sizeof(struct in6_addr)];
	bool six = view_starts_nocase(v, tag);
	size_t skip = six ? sizeof(tag) - 1 : 1;

	if (v.n < skip + 1 || v.p[0] != '[' || v.p[v.n - 1] != ']' ||
	    v.n - skip - 1 >= sizeof(text))
		return false;
	memcpy(text, v.p + skip, v.n - skip - 1);
	return memchr(v.p, '\0', v.n) == NULL &&
	       inet_pton(six ? AF_INET6 : AF_INET, text, bytes) == 1;
}

bool address_is_domain(struct view v)
{
	if (v.n > ADDRESS_DOMAIN_MAX)
		return false;
	return is_literal(v) || is_dotted(v, address_is_label_char);
}

static void add_local(struct view v, struct str *out)
{
	if (is_dotted(v, address_is_atext)) {
		str_add(out, v);
		return;
	}
	word_add_quoted(v, out);
}

void mailbox_add_path(const struct mailbox *m, struct str *out)
{
	CLEAN(str) struct str local = STR_INIT;

	str_add_clean(&local, view_of(m->local ? m->local : ""));
	add_local(str_view(&local), out);
	if (!m->domain)
		return;
	str_addc(out, '@');
	str_add_clean(out, view_of(m->domain));
}

char *mailbox_path(const struct mailbox *m)
{
	CLEAN(str) struct str path = STR_INIT;

	mailbox_add_path(m, &path);
	return str_detach(&path);
}

/* Octets of the quoted string at v's start, 0 where there is none; *text is
 * how many it stands for. */
static size_t quoted_length(struct view v, size_t *text)
{
	*text = 0;
	for (size_t i = 1; i < v.n && v.p[0] == '"'; i++) {
		if (v.p[i] == '"')
			return i + 1;
		if (v.p[i] == '\\' && (++i >= v.n || ascii_is_8bit(v.p[i])))
			return 0;
		++*text;
	}
	return 0;
}

size_t address_at(struct view path)
{
	size_t text;
	size_t i = quoted_length(path, &text);

	while (i < path.n && path.p[i] != '@')
		i++;
	return i;
}

static bool is_local(struct view v, bool bare)
{
	size_t text;
	size_t quoted = quoted_length(v, &text);

	if (quoted > 0)
		return quoted == v.n && text <= ADDRESS_LOCAL_MAX &&
		       (text > 0 || !bare);
	return v.n <= ADDRESS_LOCAL_MAX && is_dotted(v, address_is_atext);
}

bool address_is_path(struct view path)
{
	size_t at = address_at(path);
	bool bare = at == path.n;

	return address_is_clean(path) &&
	       is_local(view_part(path, 0, at), bare) &&
	       (bare || address_is_domain(view_part(path, at + 1, path.n)));
}

bool address_same(const char *a, const char *b)
{
	struct view x = view_of(a);
	struct view y = view_of(b);
	size_t at = address_at(x);

	return x.n == y.n &&
	       view_equal(view_part(x, 0, at), view_part(y, 0, at)) &&
	       view_equal_nocase(view_part(x, at, x.n), view_part(y, at, y.n));
}
