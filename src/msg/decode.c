#include "config.h"

#include "msg/decode.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/scan.h"

enum charset {
	CHARSET_UTF8,
	CHARSET_LATIN1
};

/* A language may follow the charset (RFC 2231, 5). */
static bool read_charset(struct view v, enum charset *out)
{
	struct scan s = scan_of(v);
	struct view name = scan_until(&s, '*');

	*out = view_is_nocase(name, "iso-8859-1") ? CHARSET_LATIN1
						  : CHARSET_UTF8;
	return *out == CHARSET_LATIN1 || view_is_nocase(name, "utf-8") ||
	       view_is_nocase(name, "us-ascii");
}

static bool q_decode(struct view v, struct str *out)
{
	struct scan s = scan_of(v);

	while (!scan_done(&s)) {
		int high;
		int low;

		if (scan_byte(&s, '_')) {
			str_addc(out, ' ');
			continue;
		}
		if (!scan_byte(&s, '=')) {
			str_addc(out, *s.p++);
			continue;
		}
		high = s.end - s.p < 2 ? -1 : ascii_hex_value(s.p[0]);
		low = s.end - s.p < 2 ? -1 : ascii_hex_value(s.p[1]);
		if (high < 0 || low < 0)
			return false;
		str_addc(out, (char)(high * 16 + low));
		s.p += 2;
	}
	return true;
}

static bool decode_text(char method, struct view v, enum charset charset,
			struct str *out)
{
	CLEAN(str) struct str bytes = STR_INIT;
	char how = ascii_lower(method);

	if (!(how == 'q' && q_decode(v, &bytes)) &&
	    !(how == 'b' && base64_decode(&bytes, v)))
		return false;
	if (charset == CHARSET_UTF8)
		str_add(out, str_view(&bytes));
	for (size_t i = 0; charset == CHARSET_LATIN1 && i < bytes.len; i++)
		str_add_latin1(out, bytes.s[i]);
	return true;
}

static bool is_encoded_char(char c)
{
	return c != '?' && ascii_is_visible(c);
}

/*
 * Read one encoded word and append what it stands for.  None of its parts
 * contains '?', so that a failed try looks at the text up to the third '?'
 * only and a text of nothing but beginnings takes linear time.
 */
static bool read_encoded_word(struct scan *s, struct str *out)
{
	struct scan t = *s;
	struct view charset;
	struct view method;
	struct view text = VIEW_NONE;
	enum charset known;

	if (!scan_byte(&t, '=') || !scan_byte(&t, '?') ||
	    !scan_while(&t, is_encoded_char, &charset) || !scan_byte(&t, '?') ||
	    !scan_while(&t, is_encoded_char, &method) || !scan_byte(&t, '?'))
		return false;
	scan_while(&t, is_encoded_char, &text);
	if (!scan_byte(&t, '?') || !scan_byte(&t, '='))
		return false;
	if (method.n != 1 || !read_charset(charset, &known) ||
	    !decode_text(method.p[0], text, known, out))
		return false;
	*s = t;
	return true;
}

/*
 * What adjacent words stand for is gathered before it is looked at: some
 * programs split a character between two words.
 */
static bool read_encoded_run(struct scan *s, struct str *out)
{
	CLEAN(str) struct str run = STR_INIT;
	struct scan t;

	if (!read_encoded_word(s, &run))
		return false;
	do {
		t = *s;
		scan_skip_space(&t);
		if (!read_encoded_word(&t, &run))
			break;
		*s = t;
	} while (!scan_done(s));
	str_add_clean(out, str_view(&run));
	return true;
}

void decode_words(struct view text, struct str *out)
{
	struct scan s = scan_of(text);

	while (!scan_done(&s))
		if (!read_encoded_run(&s, out))
			str_addc(out, *s.p++);
}
