#include "config.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

static void reserve(struct str *s, size_t extra)
{
	size_t want;

	if (extra > SIZE_MAX / 2 - s->len - 1)
		mem_exhausted();
	want = s->len + extra + 1;
	if (want <= s->cap)
		return;
	if (want < s->cap + s->cap / 2)
		want = s->cap + s->cap / 2;
	s->s = mem_resize(s->s, want, 1);
	s->cap = want;
}

void str_add(struct str *s, struct view v)
{
	reserve(s, v.n);
	if (v.n > 0)
		memcpy(s->s + s->len, v.p, v.n);
	s->len += v.n;
	s->s[s->len] = '\0';
}

void str_addc(struct str *s, char c)
{
	str_add(s, (struct view){ &c, 1 });
}

void str_adds(struct str *s, const char *terminated)
{
	str_add(s, view_of(terminated));
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_exhausted();
	reserve(s, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(s->s + s->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

void str_add_latin1(struct str *s, char c)
{
	unsigned char u = (unsigned char)c;

	if (u >= 0x80) {
		str_addc(s, (char)(0xc0 | (u >> 6)));
		u = (unsigned char)(0x80 | (u & 0x3f));
	}
	str_addc(s, (char)u);
}

void str_truncate(struct str *s, size_t len)
{
	if (len >= s->len)
		return;
	s->len = len;
	s->s[len] = '\0';
}

void str_free(struct str *s)
{
	free(s->s);
	*s = STR_INIT;
}

const char *str_chars(const struct str *s)
{
	return s->s ? s->s : "";
}

char *str_detach(struct str *s)
{
	char *out;

	reserve(s, 0);
	out = s->s;
	out[s->len] = '\0';
	*s = STR_INIT;
	return out;
}

static bool is_c1(struct view v, size_t n)
{
	return n == 2 && v.p[0] == '\xc2' && (unsigned char)v.p[1] < 0xa0;
}

static void add_fit(struct str *s, struct view v,
		    size_t (*next)(struct view v, bool *fit))
{
	while (v.n > 0) {
		bool fit;
		size_t n = next(v, &fit);

		if (fit)
			str_add(s, view_part(v, 0, n));
		else
			str_addc(s, '?');
		v = view_part(v, n, v.n);
	}
}

void str_add_clean(struct str *s, struct view v)
{
	add_fit(s, v, view_next_char);
}

void str_add_printable(struct str *s, struct view v)
{
	add_fit(s, v, view_next_shown);
}

static bool is_plain_word(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) && !strchr("._-@%+=:,/", v.p[i]))
			return false;
	return v.n > 0;
}

void str_add_word(struct str *s, struct view v)
{
	if (is_plain_word(v)) {
		str_add(s, v);
		return;
	}
	str_addc(s, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (strchr("\"$`\\", v.p[i]))
			str_addc(s, '\\');
		str_addc(s, v.p[i]);
	}
	str_addc(s, '"');
}

struct view str_view(const struct str *s)
{
	return (struct view){ s->s, s->len };
}

struct view view_of(const char *terminated)
{
	return (struct view){ terminated, strlen(terminated) };
}

struct view view_part(struct view v, size_t start, size_t n)
{
	if (start >= v.n)
		return VIEW_NONE;
	if (n > v.n - start)
		n = v.n - start;
	return (struct view){ v.p + start, n };
}

bool view_equal(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_equal_nocase(struct view a, struct view b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool view_is(struct view v, const char *terminated)
{
	return view_equal(v, view_of(terminated));
}

bool view_is_nocase(struct view v, const char *terminated)
{
	return view_equal_nocase(v, view_of(terminated));
}

bool view_starts(struct view v, const char *prefix)
{
	return view_is(view_part(v, 0, strlen(prefix)), prefix);
}

bool view_starts_nocase(struct view v, const char *prefix)
{
	return view_is_nocase(view_part(v, 0, strlen(prefix)), prefix);
}

static bool is_space(char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
	while (v.n > 0 && is_space(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && is_space(v.p[v.n - 1]))
		v.n--;
	return v;
}

bool view_has_control(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (ascii_is_control(v.p[i]))
			return true;
	return false;
}

bool view_has_8bit(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (ascii_is_8bit(v.p[i]))
			return true;
	return false;
}

/* RFC 3629, section 4: lead byte, length, range of the second byte. */
static const struct {
	unsigned char first, last, length, low, high;
} utf8_leads[] = {
	{ 0x00, 0x7f, 1, 0, 0 },       { 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static bool continues(const unsigned char *p, size_t row)
{
	size_t length = utf8_leads[row].length;

	if (length > 1 &&
	    (p[1] < utf8_leads[row].low || p[1] > utf8_leads[row].high))
		return false;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t view_utf8_char(struct view v)
{
	const unsigned char *p = (const unsigned char *)v.p;

	for (size_t i = 0; v.n > 0 && i < ARRAY_LEN(utf8_leads); i++)
		if (p[0] >= utf8_leads[i].first && p[0] <= utf8_leads[i].last)
			return utf8_leads[i].length <= v.n && continues(p, i)
				       ? utf8_leads[i].length
				       : 0;
	return 0;
}

size_t view_next_char(struct view v, bool *clean)
{
	size_t n = view_utf8_char(v);

	*clean = n > 0 && !is_c1(v, n) && !ascii_is_control(v.p[0]);
	return n > 0 ? n : 1;
}

/* U+202A to U+202E and U+2066 to U+2069 turn the text around them. */
static bool turns_text(struct view v, size_t n)
{
	static const struct {
		unsigned char second, first_third, last_third;
	} marks[] = { { 0x80, 0xaa, 0xae }, { 0x81, 0xa6, 0xa9 } };
	const unsigned char *p = (const unsigned char *)v.p;

	if (n != 3 || p[0] != 0xe2)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (p[1] == marks[i].second && p[2] >= marks[i].first_third &&
		    p[2] <= marks[i].last_third)
			return true;
	return false;
}

size_t view_next_shown(struct view v, bool *shown)
{
	size_t n = view_next_char(v, shown);

	*shown = *shown && !turns_text(v, n);
	return n;
}

bool view_is_utf8(struct view v)
{
	while (v.n > 0) {
		size_t n = view_utf8_char(v);

		if (n == 0)
			return false;
		v = view_part(v, n, v.n);
	}
	return true;
}
