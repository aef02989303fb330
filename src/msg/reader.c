#include "config.h"

#include "msg/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

void reader_init(struct reader *r, int fd, bool dot_ends)
{
	*r = (struct reader){ .fd = fd, .dot_ends = dot_ends };
	r->buffer = mem_resize(NULL, READER_BUFFER, 1);
}

void reader_free(struct reader *r)
{
	free(r->buffer);
	str_free(&r->pushed);
	*r = (struct reader){ .fd = -1 };
}

/* A caller may have left its end of the pipe non-blocking. */
static bool read_again(int fd)
{
	struct err e = ERR_INIT;

	if (errno == EAGAIN)
		return clock_wait_fd(fd, POLLIN, CLOCK_NEVER, &e);
	return errno == EINTR;
}

/* Have something between start and end, unless at_end. */
static bool fill(struct reader *r, struct err *e)
{
	ssize_t got;

	if (r->start < r->end || r->at_end)
		return true;
	do
		got = read(r->fd, r->buffer, READER_BUFFER);
	while (got < 0 && read_again(r->fd));
	if (got < 0) {
		err_errno(e, "cannot read the message");
		e->kind = ERR_IO;
		return false;
	}
	r->start = 0;
	r->end = (size_t)got;
	r->at_end = got == 0;
	return true;
}

/* --- header block --------------------------------------------------------- */

struct block {
	struct headers *out; /* borrowed */
	struct str raw;      /* the line as it came, with its line end */
	struct str line;     /* the same as header text */
	struct str mbox;     /* a first line that may be one of mbox */
	struct str name, value;
	bool in_field; /* name and value are a field to which more may come */
	size_t octets;
};

enum line_kind {
	LINE_END, /* blank, or the end of input */
	LINE_FIELD,
	LINE_CONTINUATION,
	LINE_MBOX,
	LINE_TEXT,
};

static void block_free(struct block *b)
{
	str_free(&b->raw);
	str_free(&b->line);
	str_free(&b->mbox);
	str_free(&b->name);
	str_free(&b->value);
}

/*
 * One line with its LF into line; without it at the end of input or where the
 * line has more than max octets, of which it then holds max + 1.
 */
static bool read_line(struct reader *r, struct str *line, size_t max,
		      struct err *e)
{
	str_truncate(line, 0);
	while (line->len <= max) {
		struct view part;
		const char *nl;

		if (!fill(r, e))
			return false;
		if (r->start == r->end)
			return true;
		part.p = r->buffer + r->start;
		part.n = r->end - r->start;
		nl = memchr(part.p, '\n', part.n);
		if (nl)
			part.n = (size_t)(nl - part.p) + 1;
		part = view_part(part, 0, max + 1 - line->len);
		str_add(line, part);
		r->start += part.n;
		if (line->s[line->len - 1] == '\n')
			return true;
	}
	return true;
}

/* The line without its line end, bare CRs made blanks. */
static void tidy_line(const struct str *raw, struct str *line)
{
	size_t n = raw->len;
	char *at, *cr;

	if (n > 0 && raw->s[n - 1] == '\n')
		n--;
	while (n > 0 && raw->s[n - 1] == '\r')
		n--;
	str_truncate(line, 0);
	str_add(line, view_part(str_view(raw), 0, n));
	for (at = line->s; n > 0 && (cr = memchr(at, '\r', n));) {
		*cr = ' ';
		n -= (size_t)(cr - at);
		at = cr;
	}
}

/* "From joe@example.org Mon Jan  1 10:15:00 2024" has it, prose hardly. */
static bool has_time_of_day(struct view v)
{
	for (size_t i = 0; i + 5 <= v.n; i++)
		if (ascii_is_digit(v.p[i]) && ascii_is_digit(v.p[i + 1]) &&
		    v.p[i + 2] == ':' && ascii_is_digit(v.p[i + 3]) &&
		    ascii_is_digit(v.p[i + 4]))
			return true;
	return false;
}

static enum line_kind kind_of(const struct block *b, bool first)
{
	struct view line = str_view(&b->line);
	struct view name, rest;

	if (line.n == 0)
		return LINE_END;
	if (ascii_is_blank(line.p[0]))
		return b->in_field ? LINE_CONTINUATION : LINE_TEXT;
	if (header_split(line, &name, &rest))
		return LINE_FIELD;
	return first && view_starts(line, "From ") ? LINE_MBOX : LINE_TEXT;
}

/* What editors put in front of UTF-8 is no part of a field's name. */
static void drop_mark(struct str *line)
{
	static const char mark[] = "\xef\xbb\xbf";
	CLEAN(str) struct str rest = STR_INIT;
	struct view name, value;

	if (!view_starts(str_view(line), mark))
		return;
	str_add(&rest, view_part(str_view(line), strlen(mark), line->len));
	if (!header_split(str_view(&rest), &name, &value))
		return;
	str_truncate(line, 0);
	str_add(line, str_view(&rest));
}

static bool end_field(struct block *b, struct err *e)
{
	if (!b->in_field)
		return true;
	if (b->out->n >= HEADER_FIELDS_MAX)
		return err_set(e, ERR_MESSAGE,
			       "the message has more than %d header fields",
			       HEADER_FIELDS_MAX);
	headers_add(b->out, str_view(&b->name), str_view(&b->value));
	b->in_field = false;
	return true;
}

static bool start_field(struct block *b, struct err *e)
{
	struct view name, rest;

	if (!end_field(b, e) || !header_split(str_view(&b->line), &name, &rest))
		return false;
	str_truncate(&b->mbox, 0);
	str_truncate(&b->name, 0);
	str_truncate(&b->value, 0);
	str_add(&b->name, name);
	str_add(&b->value, rest);
	b->in_field = true;
	return true;
}

/* This line, and a "From " line that was none of mbox, are the body's. */
static void push_back(struct reader *r, const struct block *b)
{
	str_add(&r->pushed, str_view(&b->mbox));
	str_add(&r->pushed, str_view(&b->raw));
}

static bool take(struct reader *r, struct block *b, enum line_kind kind,
		 struct err *e)
{
	switch (kind) {
	case LINE_FIELD:
		return start_field(b, e);
	case LINE_CONTINUATION:
		str_addc(&b->value, '\n');
		str_add(&b->value, str_view(&b->line));
		return true;
	case LINE_MBOX:
		if (!has_time_of_day(str_view(&b->line)))
			str_add(&b->mbox, str_view(&b->raw));
		return true;
	case LINE_END:
		if (b->mbox.len > 0)
			push_back(r, b);
		return end_field(b, e);
	case LINE_TEXT:
		push_back(r, b);
		return end_field(b, e);
	}
	return true;
}

/* *kind is that of the line that was taken. */
static bool take_line(struct reader *r, struct block *b, enum line_kind *kind,
		      struct err *e)
{
	size_t max = (size_t)HEADER_BLOCK_MAX - b->octets;

	if (!read_line(r, &b->raw, max, e))
		return false;
	tidy_line(&b->raw, &b->line);
	if (b->octets == 0)
		drop_mark(&b->line);
	*kind = kind_of(b, b->octets == 0);
	if (b->raw.len > max && *kind != LINE_TEXT && *kind != LINE_MBOX)
		return err_set(e, ERR_MESSAGE,
			       "the header block of the message is larger than "
			       "%d octets",
			       HEADER_BLOCK_MAX);
	if (b->raw.len > max)
		*kind = LINE_TEXT;
	b->octets += b->raw.len;
	return take(r, b, *kind, e);
}

bool reader_headers(struct reader *r, struct headers *out, struct err *e)
{
	CLEAN(block) struct block b = { .out = out };
	enum line_kind kind = LINE_FIELD;

	while (kind != LINE_END && kind != LINE_TEXT)
		if (!take_line(r, &b, &kind, e))
			return false;
	return true;
}

/* --- body ----------------------------------------------------------------- */

struct body {
	struct draft *draft; /* borrowed, as are facts */
	struct facts *facts; /* current == 0: at the start of a line */
	bool dot_ends;
	bool after_cr; /* a LF that comes next is part of that line end */
	bool dot_held; /* a line so far of one dot, not yet in the draft */
	bool ended;    /* by a lone dot */
};

static bool put(struct body *b, struct view v, struct err *e)
{
	facts_note(b->facts, v);
	return draft_add(b->draft, v, e);
}

/* Make every line end of n bytes at p LF, in place; returns how many remain. */
static size_t mend_line_ends(struct body *b, char *p, size_t n)
{
	const char *in = p;
	const char *end = p + n;
	char *out = p;

	if (b->after_cr && n > 0 && *in == '\n')
		in++;
	b->after_cr = b->after_cr && n == 0;
	while (in < end) {
		const char *cr = memchr(in, '\r', (size_t)(end - in));
		size_t run = (size_t)((cr ? cr : end) - in);

		if (out != in)
			memmove(out, in, run);
		out += run;
		in += run;
		if (!cr)
			break;
		*out++ = '\n';
		in++;
		b->after_cr = in == end;
		if (in < end && *in == '\n')
			in++;
	}
	return (size_t)(out - p);
}

/* A line's start, perhaps all of it: true where its first dot is to go. */
static bool drops_dot(struct body *b, struct view line)
{
	if (line.p[0] != '.')
		return false;
	if (line.n == 1)
		b->dot_held = true;
	else if (line.p[1] == '\n')
		b->ended = true;
	else
		return line.p[1] == '.';
	return true;
}

/* The dot that was held, once the next byte is known. */
static bool settle_dot(struct body *b, struct view *v, struct err *e)
{
	if (!b->dot_held || v->n == 0)
		return true;
	b->dot_held = false;
	b->ended = v->p[0] == '\n';
	if (v->p[0] == '.')
		*v = view_part(*v, 1, v->n);
	return b->ended || put(b, (struct view){ ".", 1 }, e);
}

static bool put_with_dots(struct body *b, struct view v, struct err *e)
{
	if (!settle_dot(b, &v, e))
		return false;
	while (v.n > 0 && !b->ended) {
		const char *nl = memchr(v.p, '\n', v.n);
		size_t n = nl ? (size_t)(nl - v.p) + 1 : v.n;
		struct view line = view_part(v, 0, n);

		if (b->facts->current == 0 && drops_dot(b, line))
			line = view_part(line, 1, line.n);
		if (!b->ended && !put(b, line, e))
			return false;
		v = view_part(v, n, v.n);
	}
	return true;
}

/* n bytes at p, as they came; they are overwritten. */
static bool body_add(struct body *b, char *p, size_t n, struct err *e)
{
	struct view v = { p, mend_line_ends(b, p, n) };

	return b->dot_ends ? put_with_dots(b, v, e) : put(b, v, e);
}

bool reader_body(struct reader *r, struct draft *draft, struct facts *facts,
		 struct err *e)
{
	struct body b = { draft, facts, .dot_ends = r->dot_ends };

	*facts = FACTS_INIT;
	if (r->pushed.len > 0 && !body_add(&b, r->pushed.s, r->pushed.len, e))
		return false;
	str_free(&r->pushed);
	while (!b.ended) {
		if (!fill(r, e))
			return false;
		if (r->start == r->end)
			break;
		if (!body_add(&b, r->buffer + r->start, r->end - r->start, e))
			return false;
		r->start = r->end;
	}
	return facts->current == 0 || put(&b, (struct view){ "\n", 1 }, e);
}
