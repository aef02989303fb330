#include "config.h"

#include "msg/word.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "msg/header.h"

/* RFC 2047, 2: an encoded word has at most 75 octets, its line 76. */
#define ENCODED_MAX 75
/* Shorter in names, so that the first fits behind any field's name. */
#define ENCODED_NAME_MAX 60
/* The least room that is worth beginning a word in. */
#define ENCODED_MIN 24
/* "=?UTF-8?Q?" and "?=" */
#define ENCODED_FRAME 12
/* What has no blank for so long cannot be folded and is encoded. */
#define RUN_MAX 400
/* Lines of parameters: RFC 2231, 3 wants continuations beyond this. */
#define PARAMETER_LINE_MAX 76

/* v as UTF-8 (what is none is taken for ISO-8859-1), with instead of each
 * control character. */
static void add_clean(struct view v, char instead, struct str *out)
{
	CLEAN(str) struct str converted = STR_INIT;

	if (!view_is_utf8(v)) {
		for (size_t i = 0; i < v.n; i++)
			str_add_latin1(&converted, v.p[i]);
		v = str_view(&converted);
	}
	while (v.n > 0) {
		bool prints;
		size_t n = view_next_char(v, &prints);

		if (prints)
			str_add(out, (struct view){ v.p, n });
		else
			str_addc(out, instead);
		v = view_part(v, n, v.n);
	}
}

static bool has_long_run(struct view v)
{
	size_t run = 0;

	for (size_t i = 0; i < v.n; i++) {
		bool same = i > 0 && ascii_is_blank(v.p[i]) ==
					     ascii_is_blank(v.p[i - 1]);

		run = same ? run + 1 : 1;
		if (run > RUN_MAX)
			return true;
	}
	return false;
}

static bool has_encoded_look(struct view v)
{
	for (size_t i = 0; i + 1 < v.n; i++)
		if (v.p[i] == '=' && v.p[i + 1] == '?')
			return true;
	return false;
}

static bool needs_encoding(struct view v)
{
	return view_has_8bit(v) || has_encoded_look(v) || has_long_run(v);
}

/* What Q leaves alone even in a phrase (RFC 2047, 5 (3)). */
static bool is_q_plain(char c)
{
	return ascii_is_alnum(c) || c == '!' || c == '*' || c == '+' ||
	       c == '-' || c == '/' || c == ' ';
}

static size_t q_length(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += is_q_plain(v.p[i]) ? 1 : 3;
	return n;
}

static void add_hex(char mark, char c, struct str *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;
	char text[] = { mark, digits[u >> 4], digits[u & 15] };

	str_add(out, (struct view){ text, sizeof(text) });
}

static void add_q(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == ' ')
			str_addc(out, '_');
		else if (is_q_plain(v.p[i]))
			str_addc(out, v.p[i]);
		else
			add_hex('=', v.p[i], out);
}

static size_t encoded_length(bool q, struct view v)
{
	return ENCODED_FRAME + (q ? q_length(v) : base64_length(v.n));
}

/* As many characters from v's start as a word of max octets holds, at least
 * one. */
static struct view word_part(bool q, struct view v, size_t max)
{
	size_t n = view_utf8_char(v);

	while (n < v.n) {
		size_t more = view_utf8_char(view_part(v, n, v.n));

		if (encoded_length(q, view_part(v, 0, n + more)) > max)
			break;
		n += more;
	}
	return view_part(v, 0, n);
}

static void add_encoded_word(bool q, struct view v, struct str *out)
{
	str_adds(out, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
	if (q)
		add_q(v, out);
	else
		base64_add(out, v);
	str_adds(out, "?=");
}

/*
 * v as encoded words (Q, which people can read, unless it is half as long again
 * as B), the first of at most first octets, the others of at
 * most max, between them between.  Blanks are encoded too: a reader drops
 * those that stand between encoded words (RFC 2047, 6.2).
 */
static void add_encoded(struct view v, size_t first, size_t max,
			const char *between, struct str *out)
{
	bool q = 2 * q_length(v) <= 3 * base64_length(v.n);
	size_t room = first;

	while (v.n > 0) {
		struct view part = word_part(q, v, room);

		add_encoded_word(q, part, out);
		v = view_part(v, part.n, v.n);
		if (v.n > 0)
			str_adds(out, between);
		room = max;
	}
}

void word_add_text(size_t name_length, struct view text, struct str *out)
{
	CLEAN(str) struct str clean = STR_INIT;
	size_t used = name_length + 2;
	struct view v;

	add_clean(text, ' ', &clean);
	v = view_trim(str_view(&clean));
	if (!needs_encoding(v)) {
		header_fold(name_length, v, out);
		return;
	}
	if (used + ENCODED_MIN > ENCODED_MAX) {
		str_adds(out, "\n ");
		used = 0;
	}
	add_encoded(v, ENCODED_MAX - used, ENCODED_MAX, "\n ", out);
}

static bool is_special(char c)
{
	return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' ||
	       c == ']' || c == ':' || c == ';' || c == '@' || c == '\\' ||
	       c == ',' || c == '.' || c == '"';
}

/* Atoms with one blank between them: what may stand without quotes. */
static bool is_plain_phrase(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (is_special(v.p[i]))
			return false;
		if (v.p[i] == ' ' && i > 0 && v.p[i - 1] == ' ')
			return false;
	}
	return true;
}

void word_add_quoted(struct view v, struct str *out)
{
	str_addc(out, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			str_addc(out, '\\');
		str_addc(out, v.p[i]);
	}
	str_addc(out, '"');
}

void word_add_name(struct view name, struct str *out)
{
	CLEAN(str) struct str clean = STR_INIT;
	struct view v;

	add_clean(name, ' ', &clean);
	v = view_trim(str_view(&clean));
	if (needs_encoding(v))
		add_encoded(v, ENCODED_NAME_MAX, ENCODED_NAME_MAX, " ", out);
	else if (is_plain_phrase(v))
		str_add(out, v);
	else
		word_add_quoted(v, out);
}

/* token of RFC 2045, 5.1 */
bool word_is_token_char(char c)
{
	return ascii_is_visible(c) && c != '/' && c != '?' && c != '=' &&
	       (c == '.' || !is_special(c));
}

static bool is_token(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!word_is_token_char(v.p[i]))
			return false;
	return v.n > 0;
}

/* attribute-char of RFC 2231, 7 */
static bool is_attribute_char(char c)
{
	return word_is_token_char(c) && c != '*' && c != '\'' && c != '%';
}

static size_t percent_length(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += is_attribute_char(v.p[i]) ? 1 : 3;
	return n;
}

static void add_percent(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.n; i++)
		if (is_attribute_char(v.p[i]))
			str_addc(out, v.p[i]);
		else
			add_hex('%', v.p[i], out);
}

/* As many characters from v's start as room octets hold, at least one. */
static struct view percent_part(struct view v, size_t room)
{
	size_t n = view_utf8_char(v);
	size_t used = percent_length(view_part(v, 0, n));

	while (n < v.n) {
		size_t more = view_utf8_char(view_part(v, n, v.n));

		used += percent_length(view_part(v, n, more));
		if (used > room)
			break;
		n += more;
	}
	return view_part(v, 0, n);
}

/* RFC 2231, 4.1: charset and language stand in the first piece only. */
static void add_pieces(const char *name, struct view v, struct str *out)
{
	for (unsigned piece = 0; v.n > 0; piece++) {
		size_t start = out->len;
		size_t used;
		struct view part;

		str_addf(out, ";\n %s*%u*=%s", name, piece,
			 piece == 0 ? "UTF-8''" : "");
		used = out->len - start;
		part = percent_part(v, used < PARAMETER_LINE_MAX
					       ? PARAMETER_LINE_MAX - used
					       : 0);
		add_percent(part, out);
		v = view_part(v, part.n, v.n);
	}
}

static void add_extended(const char *name, struct view v, struct str *out)
{
	size_t name_length = view_of(name).n;

	if (name_length + percent_length(v) + 10 > PARAMETER_LINE_MAX) {
		add_pieces(name, v, out);
		return;
	}
	str_addf(out, ";\n %s*=UTF-8''", name);
	add_percent(v, out);
}

void word_add_parameter(const char *name, struct view value, struct str *out)
{
	CLEAN(str) struct str clean = STR_INIT;
	struct view v;

	add_clean(value, '_', &clean);
	v = str_view(&clean);
	if (view_has_8bit(v) || has_encoded_look(v) ||
	    view_of(name).n + v.n > PARAMETER_LINE_MAX / 2) {
		add_extended(name, v, out);
		return;
	}
	str_addf(out, ";\n %s=", name);
	/* Some readers take ' and % for RFC 2231 wherever there are no quotes.
	 */
	if (is_token(v) && percent_length(v) == v.n)
		str_add(out, v);
	else
		word_add_quoted(v, out);
}
