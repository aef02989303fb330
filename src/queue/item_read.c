#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/address.h"
#include "queue/item_fields.h"

/* The value of the next line, if it has this name. */
static bool next_value(struct scan *s, const char *name, struct view *value)
{
	struct view rest = scan_rest(s);
	size_t n = strlen(name);
	const char *end;

	if (!view_starts(rest, name) || rest.n <= n || rest.p[n] != ' ')
		return false;
	rest = view_part(rest, n + 1, rest.n);
	end = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;
	if (!end)
		return false;
	*value = (struct view){ rest.p, (size_t)(end - rest.p) };
	s->p = end + 1;
	return true;
}

/* A character at the start of v, as add_escaped writes it; 0: it is none. */
static size_t unescape_char(struct view v, struct str *out)
{
	bool shown;
	size_t n;
	int high, low;

	if (*v.p != '\\') {
		n = view_next_shown(v, &shown);
		str_add(out, view_part(v, 0, n));
		return shown ? n : 0;
	}
	if (v.n < 4 || v.p[1] != 'x')
		return 0;
	high = ascii_hex_value(v.p[2]);
	low = ascii_hex_value(v.p[3]);
	if (high < 0 || low < 0 || (high == 0 && low == 0))
		return 0;
	str_addc(out, (char)(high * 16 + low));
	return 4;
}

static bool unescape(struct view v, struct str *out)
{
	while (v.n > 0) {
		size_t n = unescape_char(v, out);

		if (n == 0)
			return false;
		v = view_part(v, n, v.n);
	}
	return true;
}

static char *unescape_copy(struct view v)
{
	CLEAN(str) struct str out = STR_INIT;

	if (!unescape(v, &out))
		return NULL;
	return mem_copy(str_chars(&out));
}

static bool read_int(struct scan *s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = scan_byte(s, '-');

	if (!scan_number(s, out))
		return false;
	if (negative)
		*out = -*out;
	return *out >= min && *out <= max;
}

static bool read_word(struct view v, const char *const *words, int *out)
{
	for (*out = 0; words[*out]; ++*out)
		if (view_is(v, words[*out]))
			return true;
	return false;
}

static void set_number(struct item *it, const struct item_field *f,
		       int64_t value)
{
	char *p = (char *)it + f->at;
	uint64_t big = (uint64_t)value;
	int narrow = (int)value;
	bool flag = value != 0;

	switch (f->type) {
	case TYPE_BOOL:
		memcpy(p, &flag, sizeof(flag));
		return;
	case TYPE_INT64:
		memcpy(p, &value, sizeof(value));
		return;
	case TYPE_UINT64:
		memcpy(p, &big, sizeof(big));
		return;
	case TYPE_INT:
	case TYPE_WORD:
	case TYPE_TEXT:
		break;
	}
	memcpy(p, &narrow, sizeof(narrow));
}

static bool read_text(struct scan *s, struct item *it,
		      const struct item_field *f)
{
	struct view value;
	char *text;

	if (!next_value(s, f->name, &value))
		return true;
	text = unescape_copy(value);
	memcpy((char *)it + f->at, &text, sizeof(text));
	return text != NULL;
}

static bool read_field(struct scan *s, struct item *it,
		       const struct item_field *f)
{
	struct view value;
	struct scan inner;
	int64_t number;
	int word;

	if (f->type == TYPE_TEXT)
		return read_text(s, it, f);
	if (!next_value(s, f->name, &value))
		return false;
	if (f->type == TYPE_WORD) {
		if (!read_word(value, f->words, &word))
			return false;
		set_number(it, f, word);
		return true;
	}
	inner = scan_of(value);
	if (!read_int(&inner, f->min, f->max, &number) || !scan_done(&inner))
		return false;
	set_number(it, f, number);
	return true;
}

static bool read_fields(struct scan *s, struct item *it,
			const struct item_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!read_field(s, it, &fields[i]))
			return false;
	return true;
}

static bool is_key(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) && v.p[i] != '_')
			return false;
	return v.n > 0;
}

static bool read_options(struct scan *s, struct item_origin *o)
{
	struct view line;

	while (next_value(s, "set", &line)) {
		CLEAN(str) struct str value = STR_INIT;
		struct scan inner = scan_of(line);
		struct view key = scan_until(&inner, ' ');

		if (key.n == line.n || !is_key(key) ||
		    o->keys.n >= ITEM_OPTIONS_MAX ||
		    !unescape(scan_rest(&inner), &value))
			return false;
		list_add_view(&o->keys, key);
		list_add(&o->values, str_chars(&value));
	}
	return true;
}

static bool read_status(struct scan *s, int status[3])
{
	return scan_small(s, &status[0]) && scan_byte(s, '.') &&
	       scan_small(s, &status[1]) && scan_byte(s, '.') &&
	       scan_small(s, &status[2]);
}

static bool read_flag(struct scan *s, bool *flag)
{
	int64_t number;

	if (!read_int(s, 0, 1, &number) || !scan_byte(s, ' '))
		return false;
	*flag = number == 1;
	return true;
}

/* All of the line but the address. */
static bool read_verdict(struct scan *s, struct item_recipient *r)
{
	int64_t code;
	int word;

	if (!read_word(scan_until(s, ' '), item_progress_words, &word))
		return false;
	r->progress = (enum item_progress)word;
	if (!read_flag(s, &r->uncertain) || !read_flag(s, &r->told) ||
	    !read_word(scan_until(s, ' '), item_kind_words, &word))
		return false;
	r->kind = (enum err_kind)word;
	if (!read_int(s, 0, ITEM_CODE_MAX, &code) || !scan_byte(s, ' ') ||
	    !read_status(s, r->status) || !scan_byte(s, ' '))
		return false;
	r->code = (int)code;
	return read_int(s, 0, ITEM_TIME_MAX, &r->when) && scan_byte(s, ' ');
}

static struct item_recipient *add_recipient(struct item *it, size_t *cap,
					    const char *address)
{
	struct item_recipient *r;

	if (it->envelope.recipients.n == *cap) {
		*cap = *cap > 0 ? 2 * *cap : 4;
		it->v = mem_resize(it->v, *cap, sizeof(*it->v));
	}
	r = &it->v[it->envelope.recipients.n];
	memset(r, 0, sizeof(*r));
	list_add(&it->envelope.recipients, address);
	return r;
}

static bool read_recipient(struct scan *s, struct view line, struct item *it,
			   size_t *cap)
{
	CLEAN(str) struct str address = STR_INIT;
	struct item_recipient verdict = { 0 };
	struct scan inner = scan_of(line);
	struct item_recipient *r;
	struct view said;

	if (!read_verdict(&inner, &verdict) ||
	    !unescape(scan_rest(&inner), &address) ||
	    !address_is_path(str_view(&address)))
		return false;
	r = add_recipient(it, cap, address.s);
	*r = verdict;
	if (!next_value(s, "said", &said))
		return true;
	r->said = unescape_copy(said);
	return r->said != NULL;
}

static bool read_recipients(struct scan *s, struct item *it)
{
	struct view line;
	size_t cap = 0;

	while (next_value(s, "recipient", &line))
		if (!read_recipient(s, line, it, &cap))
			return false;
	return it->envelope.recipients.n > 0;
}

static bool read_history(struct scan *s, struct item *it)
{
	struct view line;

	while (next_value(s, "history", &line)) {
		CLEAN(str) struct str text = STR_INIT;

		if (it->history.n >= ITEM_HISTORY_MAX || !unescape(line, &text))
			return false;
		list_add(&it->history, str_chars(&text));
	}
	return true;
}

static bool read_all(struct scan *s, struct item *it)
{
	struct view value;

	if (!next_value(s, "version", &value) || !view_is(value, "1") ||
	    !next_value(s, "in_flight", &value) ||
	    !(view_is(value, "0") || view_is(value, "1")))
		return false;
	it->in_flight = view_is(value, "1");
	return read_fields(s, it, item_origin_fields, ITEM_ORIGIN_FIELDS) &&
	       read_options(s, &it->origin) &&
	       read_fields(s, it, item_fields, ITEM_FIELDS) &&
	       it->envelope.sender &&
	       (it->envelope.sender[0] == '\0' ||
		address_is_path(view_of(it->envelope.sender))) &&
	       read_recipients(s, it) && read_history(s, it) &&
	       view_is(scan_rest(s), "end\n");
}

/* Where in text it went wrong, for people: the number of the line. */
static size_t line_of(struct view text, const char *at)
{
	size_t line = 1;

	for (const char *p = text.p; p < at; p++)
		if (*p == '\n')
			line++;
	return line;
}

bool item_read(struct item *it, struct view text, struct err *e)
{
	struct scan s = scan_of(text);

	*it = ITEM_INIT;
	if (text.n > ITEM_TEXT_MAX)
		return err_set(e, ERR_IO, "the envelope is too long");
	if (read_all(&s, it))
		return true;
	item_free(it);
	if (text.n == 0)
		return err_set(e, ERR_IO, "the envelope is empty");
	return err_set(e, ERR_IO, "the envelope is damaged at line %zu",
		       line_of(text, s.p));
}
