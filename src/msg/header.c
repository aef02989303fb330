#include "config.h"

#include "msg/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"

static void field_free(struct field *f)
{
	free(f->name);
	free(f->value);
}

void headers_free(struct headers *h)
{
	for (size_t i = 0; i < h->n; i++)
		field_free(&h->v[i]);
	free(h->v);
	*h = HEADERS_INIT;
}

void headers_insert(struct headers *h, size_t at, struct view name,
		    struct view value)
{
	if (h->n == h->cap) {
		h->cap = h->cap > 0 ? 2 * h->cap : 16;
		h->v = mem_resize(h->v, h->cap, sizeof(*h->v));
	}
	if (at < h->n)
		memmove(&h->v[at + 1], &h->v[at], (h->n - at) * sizeof(*h->v));
	else
		at = h->n;
	h->v[at] = (struct field){
		.name = mem_copy_n(name.p, name.n),
		.value = mem_copy_n(value.p, value.n),
		.length = value.n,
	};
	h->n++;
}

void headers_add(struct headers *h, struct view name, struct view value)
{
	headers_insert(h, h->n, name, value);
}

size_t headers_remove(struct headers *h, const char *name)
{
	size_t before = h->n;
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++)
		if (field_is(&h->v[i], name))
			field_free(&h->v[i]);
		else
			h->v[kept++] = h->v[i];
	h->n = kept;
	return before - kept;
}

size_t headers_find(const struct headers *h, const char *name, size_t from)
{
	while (from < h->n && !field_is(&h->v[from], name))
		from++;
	return from < h->n ? from : h->n;
}

bool headers_have(const struct headers *h, const char *name)
{
	return headers_find(h, name, 0) < h->n;
}

struct view field_value(const struct field *f)
{
	return (struct view){ f->value, f->length };
}

void field_set(struct field *f, struct view value)
{
	char *copy = mem_copy_n(value.p, value.n);

	free(f->value);
	f->value = copy;
	f->length = value.n;
}

bool field_is(const struct field *f, const char *name)
{
	return ascii_casecmp(f->name, name) == 0;
}

/* The octets of the line end at v's start that folding put there. */
static size_t fold_at(struct view v)
{
	size_t n = view_starts(v, "\r\n") ? 2 : view_starts(v, "\n") ? 1 : 0;

	return n > 0 && n < v.n && ascii_is_blank(v.p[n]) ? n : 0;
}

void field_unfold(const struct field *f, struct str *out)
{
	struct view v = view_trim(field_value(f));

	while (v.n > 0) {
		size_t n = fold_at(v);

		if (n == 0) {
			str_addc(out, v.p[0]);
			n = 1;
		}
		v = view_part(v, n, v.n);
	}
}

/* ftext of RFC 5322, 2.2. */
static bool is_name_char(char c)
{
	return ascii_is_visible(c) && c != ':';
}

bool header_split(struct view line, struct view *name, struct view *rest)
{
	struct scan s = scan_of(line);
	struct view found;
	struct view blanks;

	if (!scan_while(&s, is_name_char, &found))
		return false;
	scan_while(&s, ascii_is_blank, &blanks);
	if (!scan_byte(&s, ':'))
		return false;
	*name = found;
	*rest = scan_rest(&s);
	return true;
}

/*
 * A value comes from reader or is made by us and is folded rightly.  Should
 * one not be, it still must not become two fields or end the block.
 */
void field_write(const struct field *f, struct str *out)
{
	struct view v = field_value(f);
	struct scan s = scan_of(v);

	str_adds(out, f->name);
	str_addc(out, ':');
	while (!scan_done(&s)) {
		str_add(out, scan_until(&s, '\n'));
		if (s.p[-1] != '\n')
			break;
		if (scan_done(&s))
			break;
		str_addc(out, '\n');
		if (!ascii_is_blank(scan_peek(&s)))
			str_addc(out, ' ');
	}
	str_addc(out, '\n');
}

void headers_write(const struct headers *h, struct str *out)
{
	for (size_t i = 0; i < h->n; i++)
		field_write(&h->v[i], out);
}

static bool is_no_blank(char c)
{
	return !ascii_is_blank(c);
}

void header_fold(size_t name_length, struct view text, struct str *out)
{
	struct scan s = scan_of(view_trim(text));
	size_t column = name_length + 2;
	bool first = true;

	while (!scan_done(&s)) {
		struct view blanks;
		struct view word;

		scan_while(&s, ascii_is_blank, &blanks);
		scan_while(&s, is_no_blank, &word);
		if (!first && column + blanks.n + word.n >= HEADER_FOLD_AT) {
			str_addc(out, '\n');
			column = 0;
		}
		str_add(out, blanks);
		str_add(out, word);
		column += blanks.n + word.n;
		first = false;
	}
}
