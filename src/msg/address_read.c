/* How address lists are read; what an address is stands in address.c. */
#include "config.h"

#include "msg/address.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scan.h"

/* So much of a wrong address is shown. */
#define EXCERPT_MAX 60
/* RFC 2047, 2 has 75, which is not always kept to. */
#define ENCODED_WORD_MAX 256

/* Words and dots, which are a display name, a local part, or either. */
struct words {
	struct str name;
	struct str local;
	bool any;
	bool word;      /* not only dots */
	bool is_local;  /* words and dots, in turn but for odd_dots */
	bool odd_dots;  /* one at the start or behind another */
	bool want_word; /* at the start, or after a dot */
	bool spaced;    /* blanks or comments between them */
};

struct parse {
	struct scan s;
	struct mailboxes *out;
	struct err *e;
	const char *item; /* where the present address starts */
	bool gap;         /* the last skip() skipped something */
	bool in_group;
	size_t group_from; /* mailboxes when the group began */
	struct words words;
	struct str comment; /* the last one of this address */
	struct str domain;
};

static void parse_free(struct parse *p)
{
	str_free(&p->words.name);
	str_free(&p->words.local);
	str_free(&p->comment);
	str_free(&p->domain);
}

static void words_reset(struct words *w)
{
	str_truncate(&w->name, 0);
	str_truncate(&w->local, 0);
	w->any = false;
	w->word = false;
	w->is_local = true;
	w->odd_dots = false;
	w->want_word = true;
	w->spaced = false;
}

/* The present address, up to the comma behind what was read of it. */
static struct view present(const struct parse *p)
{
	struct view rest = scan_rest(&p->s);
	const char *comma = rest.n > 0 ? memchr(rest.p, ',', rest.n) : NULL;
	const char *end = comma ? comma : p->s.end;

	return view_trim((struct view){ p->item, (size_t)(end - p->item) });
}

static bool fail(const struct parse *p, const char *why)
{
	CLEAN(str) struct str shown = STR_INIT;
	struct view item = present(p);
	size_t all = item.n;
	size_t n = all;

	if (n > EXCERPT_MAX)
		for (n = EXCERPT_MAX; n > 0 && (item.p[n] & 0xc0) == 0x80;)
			n--;
	str_add_printable(&shown, view_part(item, 0, n));
	return err_set(p->e, ERR_MESSAGE, "'%s%s' is no address: %s",
		       str_chars(&shown), n < all ? "..." : "", why);
}

/* A character of a name: without folding. */
static void add_unfolded(struct str *out, char c)
{
	if (c == '\t')
		str_addc(out, ' ');
	else if (c != '\r' && c != '\n')
		str_addc(out, c);
}

/* A comment may name who it is: without line ends, its parentheses kept
 * where they nest (RFC 5322, 3.2.2). */
static bool skip_comment(struct parse *p)
{
	size_t depth = 0;

	str_truncate(&p->comment, 0);
	for (; !scan_done(&p->s); p->s.p++) {
		char c = *p->s.p;

		if (c == '(' && depth++ == 0)
			continue;
		if (c == ')' && --depth == 0) {
			p->s.p++;
			return true;
		}
		if (c == '\\' && p->s.end - p->s.p > 1)
			c = *++p->s.p;
		add_unfolded(&p->comment, c);
	}
	return fail(p, "a comment has no ')'");
}

/* CFWS, possibly none. */
static bool skip(struct parse *p)
{
	const char *start = p->s.p;

	scan_skip_space(&p->s);
	while (scan_peek(&p->s) == '(') {
		if (!skip_comment(p))
			return false;
		scan_skip_space(&p->s);
	}
	p->gap = p->s.p != start;
	return true;
}

static void note_gap(struct parse *p)
{
	struct words *w = &p->words;

	if (p->gap && w->any) {
		w->spaced = true;
		str_addc(&w->name, ' ');
	}
	w->any = true;
	p->gap = false;
}

static void add_word(struct parse *p, struct view v)
{
	struct words *w = &p->words;

	note_gap(p);
	if (!w->want_word)
		w->is_local = false;
	w->want_word = false;
	w->word = true;
	str_add(&w->name, v);
	str_add(&w->local, v);
}

static void add_dot(struct parse *p)
{
	struct words *w = &p->words;

	note_gap(p);
	if (w->want_word)
		w->odd_dots = true;
	w->want_word = true;
	str_addc(&w->name, '.');
	str_addc(&w->local, '.');
}

/* A character that only an unquoted name may hold: [ ] or one after \ */
static bool read_name_char(struct parse *p)
{
	note_gap(p);
	p->words.is_local = false;
	if (scan_byte(&p->s, '\\') && scan_done(&p->s))
		return fail(p, "it ends in a backslash");
	add_unfolded(&p->words.name, *p->s.p++);
	return true;
}

/* RFC 5322, 3.2.4; folding is undone.  A tab cannot be part of a path. */
static bool read_quoted(struct parse *p)
{
	CLEAN(str) struct str text = STR_INIT;
	bool tab = false;

	for (p->s.p++; !scan_done(&p->s); p->s.p++) {
		char c = *p->s.p;

		if (c == '"') {
			p->s.p++;
			add_word(p, str_view(&text));
			p->words.is_local = p->words.is_local && !tab;
			return true;
		}
		if (c == '\\' && p->s.end - p->s.p > 1)
			c = *++p->s.p;
		tab = tab || c == '\t';
		add_unfolded(&text, c);
	}
	return fail(p, "a quotation mark is missing");
}

static bool ends_words(const struct parse *p)
{
	char c = scan_peek(&p->s);

	return scan_done(&p->s) || c == '<' || c == '@' || c == ':' ||
	       c == ';' || c == ',' || c == '>';
}

/* What may stand behind an encoded word (RFC 2047, 5 (3)). */
static bool ends_encoded_word(struct view rest)
{
	char c;

	if (rest.n == 0)
		return true;
	c = rest.p[0];
	return ascii_is_blank(c) || c == '\r' || c == '\n' || c == '<' ||
	       c == '(';
}

/*
 * A whole encoded word, which some programs write with commas and dots of the
 * name as they are, though RFC 2047, 5 (3) forbids it.  Nothing is read where
 * there is none, or one of more than ENCODED_WORD_MAX.
 */
static bool read_encoded_word(struct parse *p, struct view *out)
{
	struct view v = view_part(scan_rest(&p->s), 0, ENCODED_WORD_MAX);
	int marks = 0;
	size_t i;

	if (!view_starts(v, "=?"))
		return false;
	for (i = 2; i < v.n && ascii_is_visible(v.p[i]); i++)
		if (v.p[i] == '?' && ++marks == 3)
			break;
	if (marks < 3 || i + 1 >= v.n || v.p[i + 1] != '=' ||
	    !ends_encoded_word(view_part(v, i + 2, v.n)))
		return false;
	*out = view_part(v, 0, i + 2);
	p->s.p += out->n;
	return true;
}

static bool read_words(struct parse *p)
{
	struct view atom;

	words_reset(&p->words);
	for (;;) {
		if (!skip(p))
			return false;
		if (ends_words(p))
			return true;
		if (read_encoded_word(p, &atom) ||
		    scan_while(&p->s, address_is_atext, &atom))
			add_word(p, atom);
		else if (scan_byte(&p->s, '.'))
			add_dot(p);
		else if (scan_peek(&p->s) == ')')
			return fail(p, "a ')' without '('");
		else if (scan_peek(&p->s) == '"' ? !read_quoted(p)
						 : !read_name_char(p))
			return false;
	}
}

static bool is_literal_char(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == ':';
}

static bool read_literal(struct parse *p)
{
	struct view v;

	str_addc(&p->domain, *p->s.p++);
	scan_skip_space(&p->s);
	scan_while(&p->s, is_literal_char, &v);
	str_add(&p->domain, v);
	scan_skip_space(&p->s);
	if (!scan_byte(&p->s, ']'))
		return fail(p, "its literal is not [IPv4] or [IPv6:...]");
	str_addc(&p->domain, ']');
	return skip(p);
}

/* Labels, perhaps with blanks and comments around dots (RFC 5322, 4.4). */
static bool read_labels(struct parse *p)
{
	struct view label;

	do {
		if (!skip(p))
			return false;
		if (!scan_while(&p->s, address_is_label_char, &label)) {
			str_truncate(&p->domain,
				     p->domain.len > 0 ? p->domain.len - 1 : 0);
			return true;
		}
		str_add(&p->domain, label);
		if (!skip(p))
			return false;
		if (scan_peek(&p->s) == '.')
			str_addc(&p->domain, '.');
	} while (scan_byte(&p->s, '.'));
	return true;
}

/* After the @, into p->domain. */
static bool read_domain(struct parse *p)
{
	struct view v;

	str_truncate(&p->domain, 0);
	if (!skip(p) ||
	    (scan_peek(&p->s) == '[' ? !read_literal(p) : !read_labels(p)))
		return false;
	v = str_view(&p->domain);
	if (v.n == 0)
		return fail(p, "it has no domain after '@'");
	if (v.n > ADDRESS_DOMAIN_MAX)
		return fail(p, "its domain is too long");
	return (address_is_domain(v) && address_is_clean(v)) ||
	       fail(p, "its domain is malformed");
}

/*
 * Dots where RFC 5322, 3.4.1 has none are in addresses that some providers
 * gave away (a..b@, a.@); as a path such a local part is quoted.
 */
static bool check_local(const struct parse *p, bool bare)
{
	const struct words *w = &p->words;
	bool odd = w->odd_dots || w->want_word;

	if (!w->any)
		return fail(p, "it has no local part");
	if (bare && !w->is_local && w->spaced)
		return fail(p, "several words and no '@'");
	if (!w->is_local || (bare && (odd || w->spaced)) || !w->word)
		return fail(p, bare ? "it has no '@'"
				    : "its local part is malformed");
	if (bare && w->local.len == 0)
		return fail(p, "it is empty");
	if (w->local.len > ADDRESS_LOCAL_MAX)
		return fail(p, "its local part is too long");
	return address_is_clean(str_view(&w->local)) ||
	       fail(p, "its local part is not UTF-8 or has controls");
}

static void push(struct mailboxes *m, struct mailbox new)
{
	if (m->n == m->cap) {
		m->cap = m->cap > 0 ? 2 * m->cap : 4;
		m->v = mem_resize(m->v, m->cap, sizeof(*m->v));
	}
	m->v[m->n++] = new;
}

/* The words are a local part, with a domain where there is an @. */
static bool read_addr_spec(struct parse *p)
{
	bool bare = !scan_byte(&p->s, '@');

	if (!check_local(p, bare) || (!bare && !read_domain(p)))
		return false;
	if (p->out->n >= ADDRESS_COUNT_MAX)
		return fail(p, "too many addresses in one list");
	push(p->out,
	     (struct mailbox){
		     .local = mem_copy_n(p->words.local.s, p->words.local.len),
		     .domain = bare ? NULL : mem_copy(p->domain.s),
	     });
	return true;
}

/* obs-route of RFC 5322, 4.4: "@a,@b:", dropped. */
static bool skip_route(struct parse *p)
{
	if (!skip(p))
		return false;
	if (scan_peek(&p->s) != '@' && scan_peek(&p->s) != ',')
		return true;
	while (!scan_byte(&p->s, ':')) {
		if (scan_byte(&p->s, '@') ? !read_domain(p)
					  : !scan_byte(&p->s, ','))
			return fail(p, "its source route is malformed");
		if (!skip(p))
			return false;
	}
	return true;
}

/* At '<'; the words before it are the display name. */
static bool read_angle(struct parse *p)
{
	CLEAN(str) struct str name = STR_INIT;

	str_add(&name, str_view(&p->words.name));
	p->s.p++;
	if (!skip_route(p) || !read_words(p) || !read_addr_spec(p))
		return false;
	if (name.len > 0)
		p->out->v[p->out->n - 1].name = str_detach(&name);
	return (skip(p) && scan_byte(&p->s, '>')) || fail(p, "'>' is missing");
}

/* `a@b <a@b>`, which many programs write: one mailbox, if both are the same. */
static bool read_repeated(struct parse *p)
{
	struct mailboxes *m = p->out;
	CLEAN(mem_string) char *first = mailbox_path(&m->v[m->n - 1]);
	CLEAN(mem_string) char *second = NULL;

	mailboxes_cut(m, m->n - 1);
	words_reset(&p->words);
	if (!read_angle(p))
		return false;
	second = mailbox_path(&m->v[m->n - 1]);
	return address_same(first, second) ||
	       fail(p, "another address follows without a comma");
}

/* What may follow a mailbox: comments, a separator or the end. */
static bool end_mailbox(struct parse *p)
{
	struct mailbox *m = &p->out->v[p->out->n - 1];
	struct view comment;

	if (!skip(p))
		return false;
	comment = view_trim(str_view(&p->comment));
	if (!m->name && comment.n > 0)
		m->name = mem_copy_n(comment.p, comment.n);
	if (scan_done(&p->s) || scan_peek(&p->s) == ',' ||
	    scan_peek(&p->s) == ';')
		return true;
	return fail(p, "something follows it without a comma");
}

static bool open_group(struct parse *p)
{
	p->s.p++;
	if (p->in_group || !p->words.any)
		return fail(p, "a ':' that begins no group");
	p->in_group = true;
	p->group_from = p->out->n;
	return true;
}

static bool read_separator(struct parse *p)
{
	if (scan_byte(&p->s, ','))
		return true;
	if (!scan_byte(&p->s, ';'))
		return scan_done(&p->s) || fail(p, "a stray '>'");
	/* Without a group it separates, as some programs write it. */
	p->in_group = false;
	return true;
}

/* One address, group name, or nothing; and what separates it from the next. */
static bool read_item(struct parse *p)
{
	char c;

	p->item = p->s.p;
	str_truncate(&p->comment, 0);
	if (!read_words(p))
		return false;
	c = scan_peek(&p->s);
	if (c == ':')
		return open_group(p);
	if (!p->words.any && c != '<' && c != '@')
		return read_separator(p);
	if (c == '<' ? !read_angle(p) : !read_addr_spec(p))
		return false;
	if (c == '@' && scan_peek(&p->s) == '<' && !read_repeated(p))
		return false;
	return end_mailbox(p) && read_separator(p);
}

/* Folding is the only control there may be, tab the only other. */
static bool check_controls(struct parse *p)
{
	for (struct view v = scan_rest(&p->s); v.n > 0;
	     v = view_part(v, 1, v.n)) {
		size_t n = view_starts(v, "\r\n") ? 2 : 1;

		if (!ascii_is_control(v.p[0]) || v.p[0] == '\t')
			continue;
		if ((v.p[0] == '\n' || n == 2) && n < v.n &&
		    ascii_is_blank(v.p[n])) {
			v = view_part(v, n - 1, v.n);
			continue;
		}
		return fail(p, "it has a control character");
	}
	return true;
}

static bool read_list(struct parse *p)
{
	if (!check_controls(p))
		return false;
	while (!scan_done(&p->s))
		if (!read_item(p))
			return false;
	if (p->in_group && p->out->n > p->group_from)
		return fail(p, "a group has no ';'");
	return true;
}

bool address_parse_list(struct view text, struct mailboxes *out, struct err *e)
{
	CLEAN(parse)
	struct parse p = {
		.s = scan_of(text), .out = out, .e = e, .item = text.p
	};
	size_t before = out->n;

	if (read_list(&p))
		return true;
	mailboxes_cut(out, before);
	return false;
}

/* Behind the comma after a wrong address. */
static void pass_by(struct parse *p)
{
	while (!scan_done(&p->s) && !scan_byte(&p->s, ','))
		p->s.p++;
}

bool address_parse_some(struct view text, struct mailboxes *out,
			struct list *bad, struct err *e)
{
	CLEAN(parse)
	struct parse p = {
		.s = scan_of(text), .out = out, .e = e, .item = text.p
	};

	if (!check_controls(&p))
		return false;
	while (!scan_done(&p.s)) {
		size_t before = out->n;

		if (read_item(&p))
			continue;
		mailboxes_cut(out, before);
		if (bad->n >= ADDRESS_BAD_MAX)
			return false;
		list_add(bad, e->text);
		pass_by(&p);
	}
	return true;
}

bool address_parse_one(struct view text, struct mailbox *out, struct err *e)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;

	if (!address_parse_list(text, &all, e))
		return false;
	if (all.n != 1)
		return err_set(e, ERR_MESSAGE, "%s where one is wanted",
			       all.n == 0 ? "no address" : "several addresses");
	*out = all.v[0];
	all.n = 0;
	return true;
}
