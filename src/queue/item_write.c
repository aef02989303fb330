#include "config.h"

#include <string.h>

#include "queue/item_fields.h"

#define SAID_ALL_MAX 2097152 /* bytes kept of all recipients' replies */
#define SAID_MIN 64          /* of one of them, whatever their number */

/* How many bytes at the start of v may stand as they are. */
static size_t plain(struct view v)
{
	size_t all = 0;

	while (v.n > 0 && *v.p != '\\') {
		bool shown;
		size_t n = view_next_shown(v, &shown);

		if (!shown)
			break;
		all += n;
		v = view_part(v, n, v.n);
	}
	return all;
}

static void add_escaped(struct str *out, struct view v)
{
	while (v.n > 0) {
		size_t n = plain(v);

		str_add(out, view_part(v, 0, n));
		v = view_part(v, n, v.n);
		if (v.n == 0)
			break;
		str_addf(out, "\\x%02x", (unsigned char)*v.p);
		v = view_part(v, 1, v.n);
	}
}

static void add_text_line(struct str *out, const char *name, struct view v)
{
	str_adds(out, name);
	str_addc(out, ' ');
	add_escaped(out, v);
	str_addc(out, '\n');
}

static int64_t number_of(const struct item *it, const struct item_field *f)
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

/* What is out of bounds must not make the whole unreadable. */
static int64_t within(int64_t n, int64_t min, int64_t max)
{
	if (n < min)
		return min;
	return n > max ? max : n;
}

static void write_field(const struct item *it, const struct item_field *f,
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
			 (long long)within(number_of(it, f), f->min, f->max));
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

static void write_verdict(const struct item_recipient *r, struct str *out)
{
	str_addf(out, "recipient %s %d %d %s %lld ",
		 item_progress_words[r->progress], r->uncertain, r->told,
		 item_kind_words[r->kind],
		 (long long)within(r->code, 0, ITEM_CODE_MAX));
	for (int i = 0; i < 3; i++)
		str_addf(out, "%lld%c",
			 (long long)within(r->status[i], 0, ITEM_CODE_MAX),
			 i < 2 ? '.' : ' ');
	str_addf(out, "%lld ", (long long)within(r->when, 0, ITEM_TIME_MAX));
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

		write_verdict(r, out);
		add_escaped(out, view_of(it->envelope.recipients.v[i]));
		str_addc(out, '\n');
		if (r->said)
			add_text_line(out, "said", cut(r->said, max));
	}
}

void item_write(const struct item *it, struct str *out)
{
	size_t first = it->history.n > ITEM_HISTORY_MAX
			       ? it->history.n - ITEM_HISTORY_MAX
			       : 0;

	str_addf(out, ITEM_FIRST_LINES "%d\n", it->in_flight);
	for (size_t i = 0; i < ITEM_ORIGIN_FIELDS; i++)
		write_field(it, &item_origin_fields[i], out);
	write_options(&it->origin, out);
	for (size_t i = 0; i < ITEM_FIELDS; i++)
		write_field(it, &item_fields[i], out);
	write_recipients(it, out);
	for (size_t i = first; i < it->history.n; i++)
		add_text_line(out, "history", view_of(it->history.v[i]));
	str_adds(out, "end\n");
}

struct view item_mark(size_t *offset)
{
	*offset = strlen(ITEM_FIRST_LINES);
	return view_of("1");
}
