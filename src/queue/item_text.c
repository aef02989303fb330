#include "config.h"

#include "queue/item.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/address.h"

/*
 * The mark is one byte, so that no reader ever sees half of it.
 */
#define MARK_LINE "in_flight "
#define FIRST_LINES "version 1\n" MARK_LINE
#define SAID_ALL_MAX 2097152 /* bytes kept of all recipients' replies */
#define SAID_MIN 64          /* of one of them, whatever their number */
#define TIME_MAX INT64_C(999999999999)
#define OPTIONS_MAX 1000

_Static_assert(ITEM_VERSION == 1, "FIRST_LINES names the version");

enum type {
	TYPE_BOOL,
	TYPE_INT,
	TYPE_INT64,
	TYPE_UINT64,
	TYPE_WORD, /* an enum */
	TYPE_TEXT, /* owned; no line where it is NULL */
};

static const char *const state_words[] = { "waiting", "held", "failed", NULL };
static const char *const hold_words[] = { "none",        "user",
					  "credentials", "configuration",
					  "uncertain",   NULL };
static const char *const progress_words[] = { "pending", "sent", "failed",
					      NULL };
static const char *const return_words[] = { "unset", "headers", "full", NULL };
static const char *const by_words[] = { "unset", "return", "notify", NULL };

/* Of enum err_kind, whose numbers may change. */
static const char *const kind_words[] = {
	[ERR_NONE] = "none",
	[ERR_USAGE] = "usage",
	[ERR_MESSAGE] = "message",
	[ERR_NOINPUT] = "noinput",
	[ERR_RECIPIENT] = "recipient",
	[ERR_NOHOST] = "nohost",
	[ERR_REFUSED] = "refused",
	[ERR_SYSTEM] = "system",
	[ERR_IO] = "io",
	[ERR_NETWORK] = "network",
	[ERR_DEFERRED] = "deferred",
	[ERR_UNCERTAIN] = "uncertain",
	[ERR_PROTOCOL] = "protocol",
	[ERR_TLS] = "tls",
	[ERR_AUTH] = "auth",
	[ERR_CONFIG] = "config",
	[ERR_KIND_COUNT] = NULL,
};

struct field {
	const char *name;
	enum type type;
	size_t at;        /* in struct item */
	int64_t min, max; /* of numbers */
	const char *const *words;
};

#define AT(member) offsetof(struct item, member)
#define BOOL(n, m)                                                             \
	{                                                                      \
		n, TYPE_BOOL, AT(m), 0, 1, NULL                                \
	}
#define INT(n, m, min, max)                                                    \
	{                                                                      \
		n, TYPE_INT, AT(m), min, max, NULL                             \
	}
#define TIME(n, m)                                                             \
	{                                                                      \
		n, TYPE_INT64, AT(m), 0, TIME_MAX, NULL                        \
	}
#define COUNT(n, m)                                                            \
	{                                                                      \
		n, TYPE_UINT64, AT(m), 0, INT64_C(999999999999999999), NULL    \
	}
#define WORD(n, m, words)                                                      \
	{                                                                      \
		n, TYPE_WORD, AT(m), 0, 0, words                               \
	}
#define TEXT(n, m)                                                             \
	{                                                                      \
		n, TYPE_TEXT, AT(m), 0, 0, NULL                                \
	}

static const struct field origin_fields[] = {
	TEXT("label", origin.label),
	TEXT("config", origin.config),
	BOOL("built", origin.built),
	BOOL("msmtp_name", origin.msmtp_name),
	BOOL("system_only", origin.system_only),
};

static const struct field other_fields[] = {
	TEXT("tag", tag),
	TIME("created", created),
	TIME("due", due),
	TIME("held_s", held_s),
	TIME("held_since", held_since),
	WORD("state", state, state_words),
	WORD("hold", hold, hold_words),
	BOOL("is_notice", is_notice),
	TEXT("about", about),
	INT("attempts", attempts, 0, INT32_MAX),
	INT("uncertain", uncertain, 0, INT32_MAX),
	TIME("last_try", last_try),
	TEXT("answer", answer),
	TEXT("message_id", message_id),
	COUNT("octets", facts.octets),
	COUNT("lines", facts.lines),
	COUNT("longest", facts.longest),
	BOOL("has_8bit", facts.has_8bit),
	BOOL("has_nul", facts.has_nul),
	COUNT("current", facts.current),
	TEXT("sender", envelope.sender),
	INT("notify", envelope.notify, 0, 15),
	WORD("return", envelope.ret, return_words),
	TEXT("envid", envelope.envid),
	BOOL("smtputf8", envelope.smtputf8),
	WORD("by", envelope.wishes.by, by_words),
	INT("by_s", envelope.wishes.by_s, 0, BY_SECONDS_MAX),
	BOOL("by_trace", envelope.wishes.by_trace),
	INT("hold_for_s", envelope.wishes.hold_for_s, 0, HOLD_SECONDS_MAX),
	TIME("hold_until", envelope.wishes.hold_until),
	BOOL("has_priority", envelope.wishes.has_priority),
	INT("priority", envelope.wishes.priority, PRIORITY_MIN, PRIORITY_MAX),
	BOOL("require_tls", envelope.wishes.require_tls),
};

const char *item_state_word(enum item_state state)
{
	return state_words[state];
}

const char *item_hold_word(enum item_hold hold)
{
	return hold_words[hold];
}

const char *item_progress_word(enum item_progress progress)
{
	return progress_words[progress];
}

/* --- writing --- */

static bool is_plain(struct view v)
{
	bool shown;

	view_next_shown(v, &shown);
	return shown && *v.p != '\\';
}

static void add_escaped(struct str *out, struct view v)
{
	while (v.n > 0) {
		bool shown;
		size_t n = view_next_shown(v, &shown);

		if (is_plain(v))
			str_add(out, view_part(v, 0, n));
		else
			for (size_t i = 0; i < n; i++)
				str_addf(out, "\\x%02x", (unsigned char)v.p[i]);
		v = view_part(v, n, v.n);
	}
}

static void add_text_line(struct str *out, const char *name, struct view v)
{
	str_adds(out, name);
	str_addc(out, ' ');
	add_escaped(out, v);
	str_addc(out, '\n');
}

static int64_t number_of(const struct item *it, const struct field *f)
{
	const char *p = (const char *)it + f->at;
	uint64_t big;
	int64_t wide;
	int narrow;
	bool flag;

	switch (f->type) {
	case TYPE_BOOL:
		memcpy(&flag, p, sizeof(flag));
		return flag;
	case TYPE_INT64:
		memcpy(&wide, p, sizeof(wide));
		return wide;
	case TYPE_UINT64:
		memcpy(&big, p, sizeof(big));
		return (int64_t)big;
	case TYPE_INT:
	case TYPE_WORD:
	case TYPE_TEXT:
		break;
	}
	memcpy(&narrow, p, sizeof(narrow));
	return narrow;
}

static void write_field(const struct item *it, const struct field *f,
			struct str *out)
{
	const char *text;

	if (f->type == TYPE_TEXT) {
		memcpy(&text, (const char *)it + f->at, sizeof(text));
		if (text)
			add_text_line(out, f->name, view_of(text));
		return;
	}
	if (f->type == TYPE_WORD)
		str_addf(out, "%s %s\n", f->name, f->words[number_of(it, f)]);
	else
		str_addf(out, "%s %lld\n", f->name,
			 (long long)number_of(it, f));
}

static void write_options(const struct item_origin *o, struct str *out)
{
	for (size_t i = 0; i < o->keys.n && i < o->values.n; i++) {
		str_addf(out, "set %s ", o->keys.v[i]);
		add_escaped(out, view_of(o->values.v[i]));
		str_addc(out, '\n');
	}
}

/* Not more than max bytes of it, and no half character at the end. */
static struct view cut(const char *text, size_t max)
{
	struct view v = view_of(text), rest;
	bool shown;

	if (v.n <= max)
		return v;
	rest = v;
	for (;;) {
		size_t n = view_next_shown(rest, &shown);

		if ((size_t)(rest.p - v.p) + n > max)
			return view_part(v, 0, (size_t)(rest.p - v.p));
		rest = view_part(rest, n, rest.n);
	}
}

static void write_recipients(const struct item *it, struct str *out)
{
	static const struct item_recipient fresh;
	size_t n = it->envelope.recipients.n;
	size_t max = n > 0 ? SAID_ALL_MAX / n : 0;

	if (max > ITEM_SAID_MAX)
		max = ITEM_SAID_MAX;
	if (max < SAID_MIN)
		max = SAID_MIN;
	for (size_t i = 0; i < n; i++) {
		const struct item_recipient *r = it->v ? &it->v[i] : &fresh;

		str_addf(out, "recipient %s %d %d %s %d %d.%d.%d %lld ",
			 progress_words[r->progress], r->uncertain, r->told,
			 kind_words[r->kind], r->code, r->status[0],
			 r->status[1], r->status[2], (long long)r->when);
		add_escaped(out, view_of(it->envelope.recipients.v[i]));
		str_addc(out, '\n');
		if (r->said)
			add_text_line(out, "said", cut(r->said, max));
	}
}

void item_write(const struct item *it, struct str *out)
{
	str_addf(out, FIRST_LINES "%d\n", it->in_flight);
	for (size_t i = 0; i < ARRAY_LEN(origin_fields); i++)
		write_field(it, &origin_fields[i], out);
	write_options(&it->origin, out);
	for (size_t i = 0; i < ARRAY_LEN(other_fields); i++)
		write_field(it, &other_fields[i], out);
	write_recipients(it, out);
	for (size_t i = 0; i < it->history.n; i++)
		add_text_line(out, "history", view_of(it->history.v[i]));
	str_adds(out, "end\n");
}

struct view item_mark(size_t *offset)
{
	*offset = strlen(FIRST_LINES);
	return view_of("1");
}

/* --- reading --- */

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

static void set_number(struct item *it, const struct field *f, int64_t value)
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

static bool read_text(struct scan *s, struct item *it, const struct field *f)
{
	struct view value;
	char *text;

	if (!next_value(s, f->name, &value))
		return true;
	text = unescape_copy(value);
	memcpy((char *)it + f->at, &text, sizeof(text));
	return text != NULL;
}

static bool read_field(struct scan *s, struct item *it, const struct field *f)
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
			const struct field *fields, size_t n)
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
		    o->keys.n >= OPTIONS_MAX ||
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

	if (!read_word(scan_until(s, ' '), progress_words, &word))
		return false;
	r->progress = (enum item_progress)word;
	if (!read_flag(s, &r->uncertain) || !read_flag(s, &r->told) ||
	    !read_word(scan_until(s, ' '), kind_words, &word))
		return false;
	r->kind = (enum err_kind)word;
	if (!read_int(s, 0, 999, &code) || !scan_byte(s, ' ') ||
	    !read_status(s, r->status) || !scan_byte(s, ' '))
		return false;
	r->code = (int)code;
	return read_int(s, 0, TIME_MAX, &r->when) && scan_byte(s, ' ');
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
	return read_fields(s, it, origin_fields, ARRAY_LEN(origin_fields)) &&
	       read_options(s, &it->origin) &&
	       read_fields(s, it, other_fields, ARRAY_LEN(other_fields)) &&
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
