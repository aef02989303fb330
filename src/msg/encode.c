#include "config.h"

#include "msg/encode.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/scan.h"
#include "msg/address.h"
#include "msg/decode.h"
#include "msg/own.h"
#include "msg/word.h"

static bool has_encoded_look(struct view v)
{
	return v.n > 1 && memmem(v.p, v.n, "=?", 2) != NULL;
}

/* text with its encoded words decoded; false where some cannot be. */
static bool add_decoded(struct view text, struct str *out)
{
	size_t before = out->len;

	if (!has_encoded_look(text)) {
		str_add(out, text);
		return true;
	}
	decode_words(text, out);
	return !has_encoded_look(view_part(str_view(out), before, out->len));
}

/* --- fields of addresses ----------------------------------------------------
 *
 * What stands before < or : is a name.  Names are made anew; all else is
 * copied, so that groups, comments and addresses stay what they are.
 */

static bool take_quoted(struct scan *s)
{
	for (s->p++; !scan_done(s); s->p++) {
		if (scan_byte(s, '"'))
			return true;
		if (*s->p == '\\' && s->end - s->p > 1)
			s->p++;
	}
	return false;
}

static bool take_comment(struct scan *s)
{
	size_t depth = 0;

	for (; !scan_done(s); s->p++) {
		if (*s->p == '\\' && s->end - s->p > 1)
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')' && --depth == 0) {
			s->p++;
			return true;
		}
	}
	return false;
}

/* From < to >. */
static bool take_angle(struct scan *s)
{
	while (!scan_done(s) && *s->p != '>')
		if (*s->p != '"')
			s->p++;
		else if (!take_quoted(s))
			return false;
	return scan_byte(s, '>');
}

static bool is_encoded_char(char c)
{
	return !ascii_is_blank(c) && c != '<' && c != '(' && c != '"';
}

/* One piece that has no special character in it but as a whole. */
static bool take_piece(struct scan *s)
{
	struct view v;

	if (*s->p == '"')
		return take_quoted(s);
	if (*s->p == '(')
		return take_comment(s);
	if (view_starts(scan_rest(s), "=?"))
		return scan_while(s, is_encoded_char, &v);
	s->p++;
	return true;
}

static bool is_stop(char c)
{
	return c == '<' || c == ':' || c == ',' || c == ';' || c == '@';
}

/* What ends the words at s: a special character, or NUL for the end. */
static bool find_stop(struct scan s, char *stop)
{
	while (!scan_done(&s) && !is_stop(*s.p))
		if (!take_piece(&s))
			return false;
	*stop = scan_peek(&s);
	return true;
}

/* The parser knows what words and quotes mean: they are given an address. */
static bool add_name(struct view words, struct str *out)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str name = STR_INIT;
	CLEAN(mailbox) struct mailbox m = MAILBOX_INIT;
	struct err ignored = ERR_INIT;

	str_add(&text, words);
	str_adds(&text, " <a@b.invalid>");
	if (!address_parse_one(str_view(&text), &m, &ignored) || !m.name ||
	    !add_decoded(view_of(m.name), &name))
		return false;
	word_add_name(str_view(&name), out);
	return true;
}

/* Words before < or a comment; encoded words have blanks around them. */
static bool add_words(struct view words, struct str *out)
{
	if (!view_has_8bit(words)) {
		str_add(out, words);
		return true;
	}
	if (out->len > 0)
		str_addc(out, ' ');
	if (!add_name(view_trim(words), out))
		return false;
	str_addc(out, ' ');
	return true;
}

static bool has_structure(struct view inner)
{
	for (size_t i = 0; i < inner.n; i++)
		if (inner.p[i] == '(' || inner.p[i] == '\\')
			return true;
	return false;
}

static bool add_comment(struct view comment, struct str *out)
{
	struct view inner = view_part(comment, 1, comment.n - 2);
	CLEAN(str) struct str text = STR_INIT;

	if (!view_has_8bit(inner) || has_structure(inner)) {
		str_add(out, comment);
		return true;
	}
	if (!add_decoded(inner, &text))
		return false;
	str_addc(out, '(');
	word_add_name(str_view(&text), out);
	str_addc(out, ')');
	return true;
}

static struct view since(const char *start, const struct scan *s)
{
	return (struct view){ start, (size_t)(s->p - start) };
}

/* A name ends at any special character, what has an address in it does not. */
static bool ends_item(char c, bool named)
{
	return named ? is_stop(c) : c == ',' || c == ';';
}

static bool take_item_piece(struct scan *s)
{
	return *s->p == '<' ? take_angle(s) : take_piece(s);
}

/* What stands before a comment or at the end of an item. */
static bool add_run(struct view run, bool named, struct str *out)
{
	if (named)
		return add_words(run, out);
	str_add(out, run);
	return true;
}

/* All up to what ends it: names and comments encoded. */
static bool add_item(struct scan *s, bool named, struct str *out)
{
	const char *start = s->p;

	while (!scan_done(s) && !ends_item(*s->p, named)) {
		const char *piece = s->p;

		if (!take_item_piece(s))
			return false;
		if (*piece != '(')
			continue;
		if (!add_run((struct view){ start, (size_t)(piece - start) },
			     named, out) ||
		    !add_comment(since(piece, s), out))
			return false;
		start = s->p;
	}
	return add_run(since(start, s), named, out);
}

static bool add_stop(struct scan *s, struct str *out)
{
	const char *start = s->p;

	if (scan_done(s))
		return true;
	if (*s->p != '<')
		s->p++;
	else if (!take_angle(s))
		return false;
	str_add(out, since(start, s));
	return true;
}

static bool encode_addresses(struct view text, struct str *out)
{
	struct scan s = scan_of(text);
	char stop;

	while (!scan_done(&s))
		if (!find_stop(s, &stop) ||
		    !add_item(&s, stop == '<' || stop == ':', out) ||
		    !add_stop(&s, out))
			return false;
	return true;
}

/* --- fields ------------------------------------------------------------------
 */

static bool is_text(const struct field *f)
{
	return field_is(f, "Subject") || field_is(f, "Comments");
}

/* The value in one line, its tabs as blanks. */
static void add_line(const struct field *f, struct str *out)
{
	field_unfold(f, out);
	for (size_t i = 0; i < out->len; i++)
		if (out->s[i] == '\t')
			out->s[i] = ' ';
}

static void encode_field(struct field *f)
{
	CLEAN(str) struct str line = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str value = STR_INIT;
	size_t name_length = strlen(f->name);

	add_line(f, &line);
	str_addc(&value, ' ');
	if (is_text(f) ? !add_decoded(str_view(&line), &text)
		       : !encode_addresses(str_view(&line), &text))
		return;
	if (!is_text(f) && view_equal(str_view(&line), str_view(&text)))
		return; /* what is not ASCII is an address */
	if (is_text(f))
		word_add_text(name_length, str_view(&text), &value);
	else
		header_fold(name_length, str_view(&text), &value);
	field_set(f, str_view(&value));
}

void encode_headers(struct headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct field *f = &h->v[i];
		struct view value = field_value(f);

		if (view_has_8bit(value) && view_is_utf8(value) &&
		    (is_text(f) || own_holds_addresses(view_of(f->name))))
			encode_field(f);
	}
}
