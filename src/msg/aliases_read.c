/* aliases_read of msg/aliases.h: text to names and their targets. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/address.h"
#include "msg/aliases.h"

#define INCLUDE ":include:"
/* So much of what is wrong is shown. */
#define QUOTE_MAX 60

/* One file on its way into a. */
struct reading {
	struct aliases *a;
	const char *file; /* borrowed */
	int line;
	size_t entry;  /* that targets belong to; a->n: none yet */
	size_t before; /* mistakes when it began */
};

static void mistake(struct reading *r, const struct err *e)
{
	struct list *l = &r->a->mistakes;
	struct err where = *e;

	if (l->n > ALIASES_MISTAKES_MAX)
		return;
	err_context(&where, "%s:%d", r->file, r->line);
	if (l->n == ALIASES_MISTAKES_MAX)
		err_set(&where, ERR_CONFIG, "there are more mistakes in '%s'",
			r->file);
	list_add(l, where.text);
}

static void wrong(struct reading *r, const char *what, struct view v)
{
	struct err e = ERR_INIT;

	v = view_part(view_trim(v), 0, QUOTE_MAX);
	err_set(&e, ERR_CONFIG, "%s: '%.*s'", what, (int)v.n,
		v.n > 0 ? v.p : "");
	mistake(r, &e);
}

/* --- what a line is made of ----------------------------------------------- */

/* Where the quoted string that begins at i ends: behind its last quote, or
 * past the end where that is missing. */
static size_t quoted_end(struct view v, size_t i)
{
	for (i++; i < v.n; i++) {
		if (v.p[i] == '"')
			return i + 1;
		if (v.p[i] == '\\')
			i++;
	}
	return v.n + 1;
}

static bool begins_word(struct view v, size_t i)
{
	return i == 0 || ascii_is_blank(v.p[i - 1]) || v.p[i - 1] == ',' ||
	       v.p[i - 1] == ':';
}

/* The line without its comment and the blanks at its end. */
static struct view without_comment(struct view v)
{
	bool in_domain = false;
	size_t i = 0;

	while (i < v.n) {
		bool begins = begins_word(v, i);

		if (v.p[i] == '#' && (begins || in_domain))
			break;
		in_domain = v.p[i] == '@' || (in_domain && !begins);
		i = v.p[i] == '"' ? quoted_end(v, i) : i + 1;
	}
	v = view_part(v, 0, i);
	while (v.n > 0 &&
	       (ascii_is_blank(v.p[v.n - 1]) || v.p[v.n - 1] == '\r'))
		v.n--;
	return v;
}

/* The item at the start of *rest, up to a comma outside of quotes, angle
 * brackets and comments, which is taken off as well. */
static struct view next_item(struct view *rest)
{
	struct view item;
	bool angle = false;
	int comments = 0;
	size_t i = 0;

	while (i < rest->n) {
		char c = rest->p[i];

		if (c == ',' && !angle && comments <= 0)
			break;
		angle = c == '<' || (angle && c != '>');
		comments += (c == '(') - (c == ')');
		i = c == '"' ? quoted_end(*rest, i) : i + 1;
	}
	item = view_part(*rest, 0, i);
	*rest = view_part(*rest, i + 1, rest->n);
	return view_trim(item);
}

/* True where v is one quoted string: what it stands for into out. */
static bool unquote(struct view v, struct str *out)
{
	if (v.n < 2 || v.p[0] != '"' || quoted_end(v, 0) != v.n)
		return false;
	for (size_t i = 1; i < v.n - 1; i++) {
		if (v.p[i] == '\\')
			i++;
		str_addc(out, v.p[i]);
	}
	return true;
}

/* --- targets --------------------------------------------------------------
 */

static struct alias *add_entry(struct aliases *a, struct view name, int line)
{
	struct alias *v;

	if (a->n == a->cap) {
		a->cap = a->cap > 0 ? 2 * a->cap : 16;
		a->v = mem_resize(a->v, a->cap, sizeof(*a->v));
	}
	v = &a->v[a->n++];
	*v = (struct alias){ .name = mem_copy_n(name.p, name.n),
			     .line = line,
			     .first = a->n_targets };
	return v;
}

static void add_target(struct reading *r, struct alias_target t)
{
	struct aliases *a = r->a;

	if (a->n_targets == a->cap_targets) {
		a->cap_targets = a->cap_targets > 0 ? 2 * a->cap_targets : 16;
		a->targets = mem_resize(a->targets, a->cap_targets,
					sizeof(*a->targets));
	}
	t.line = r->line;
	a->targets[a->n_targets++] = t;
	a->v[r->entry].n++;
}

static void add_include(struct reading *r, struct view path)
{
	struct aliases *a = r->a;
	struct alias_target t = { .kind = ALIAS_INCLUDE, .entry = a->n };

	if (path.n == 0 || path.p[0] != '/' || view_has_control(path)) {
		wrong(r, INCLUDE " wants a path from the root", path);
		return;
	}
	if (++a->includes > ALIASES_INCLUDES_MAX) {
		wrong(r, "too many files are included", path);
		return;
	}
	add_entry(a, path, r->line)->is_file = true;
	add_target(r, t);
}

static void add_address(struct reading *r, struct view item)
{
	struct alias_target t = { .kind = ALIAS_ADDRESS };
	CLEAN(mailbox) struct mailbox box = MAILBOX_INIT;
	CLEAN(mem_string) char *path = NULL;
	struct err e = ERR_INIT;

	if (!address_parse_one(item, &box, &e)) {
		mistake(r, &e);
		return;
	}
	path = mailbox_path(&box);
	if (!address_is_path(view_of(path))) {
		wrong(r, "this is no address", item);
		return;
	}
	t.local = box.local;
	t.domain = box.domain;
	box.local = box.domain = NULL;
	add_target(r, t);
}

static void add_item(struct reading *r, struct view item)
{
	CLEAN(str) struct str inner = STR_INIT;
	struct view v = item;

	if (item.n == 0)
		return;
	if (unquote(item, &inner))
		v = str_view(&inner);
	if (view_starts_nocase(v, INCLUDE))
		add_include(r, view_trim(view_part(v, strlen(INCLUDE), v.n)));
	else if (v.n > 0 && strchr("|/\\:", v.p[0]) && v.p[0] != '\0')
		add_target(r, (struct alias_target){
				      .kind = ALIAS_PASSED_OVER,
				      .local = mem_copy_n(v.p, v.n) });
	else
		add_address(r, item);
}

static void add_items(struct reading *r, struct view rest)
{
	while (rest.n > 0)
		add_item(r, next_item(&rest));
}

/* --- names ---------------------------------------------------------------- */

/* Where the colon behind a name stands; v.n where there is none. */
static size_t find_colon(struct view v)
{
	size_t i = 0;

	while (i < v.n && v.p[i] != ':')
		i = v.p[i] == '"' ? quoted_end(v, i) : i + 1;
	return i < v.n ? i : v.n;
}

/* The name, quoting undone, into out; false where it is none. */
static bool read_name(struct view v, struct str *out)
{
	if (v.n == 0 || view_has_control(v))
		return false;
	if (v.p[0] == '"')
		return unquote(v, out) && out->len > 0;
	for (size_t i = 0; i < v.n; i++)
		if (ascii_is_blank(v.p[i]) || strchr("\"\\|,;()<>@", v.p[i]))
			return false;
	str_add(out, v);
	return v.p[0] != '/';
}

/* An entry that has no target says nothing. */
static void end_entry(struct reading *r)
{
	const struct alias *v;
	int line = r->line;

	if (r->entry == r->a->n)
		return;
	v = &r->a->v[r->entry];
	if (v->n > 0 || r->a->mistakes.n > r->before)
		return;
	r->line = v->line;
	wrong(r, "nobody stands behind the name", view_of(v->name));
	r->line = line;
}

static void begin_entry(struct reading *r, struct view name)
{
	size_t next = r->a->n;

	end_entry(r);
	add_entry(r->a, name, r->line)->loaded = true;
	r->entry = next;
	r->before = r->a->mistakes.n;
}

static void read_line(struct reading *r, struct view v)
{
	CLEAN(str) struct str name = STR_INIT;
	bool goes_on = ascii_is_blank(v.p[0]);
	size_t colon = find_colon(v);
	bool named = colon < v.n &&
		     read_name(view_trim(view_part(v, 0, colon)), &name);

	if (named) {
		begin_entry(r, str_view(&name));
		add_items(r, view_part(v, colon + 1, v.n));
	} else if (!goes_on) {
		wrong(r, "a line is 'name: target, ...'", v);
	} else if (r->entry == r->a->n) {
		wrong(r,
		      "a line that begins with a blank goes on with the one "
		      "before, and there is none",
		      v);
	} else {
		add_items(r, v);
	}
}

/* --- files ---------------------------------------------------------------- */

static int by_name(const void *a, const void *b, void *of)
{
	const struct alias *v = of;
	const struct alias *x = &v[*(const size_t *)a];
	const struct alias *y = &v[*(const size_t *)b];
	int order = ascii_casecmp(x->name, y->name);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order != 0 ? order : x->line - y->line;
}

static void sort_names(struct reading *r)
{
	struct aliases *a = r->a;

	a->by_name = mem_resize(NULL, a->n + 1, sizeof(*a->by_name));
	for (size_t i = 0; i < a->n; i++)
		if (!a->v[i].is_file)
			a->by_name[a->names++] = i;
	qsort_r(a->by_name, a->names, sizeof(*a->by_name), by_name, a->v);
	for (size_t i = 1; i < a->names; i++) {
		const struct alias *v = &a->v[a->by_name[i]];

		if (strcmp(a->v[a->by_name[i - 1]].name, v->name) != 0)
			continue;
		r->line = v->line;
		wrong(r, "the name is there before", view_of(v->name));
	}
}

/* Every line that holds something to take(). */
static void read_lines(struct reading *r, struct view text,
		       void (*take)(struct reading *r, struct view line))
{
	struct scan s = scan_of(text);

	while (!scan_done(&s)) {
		struct view line = without_comment(scan_until(&s, '\n'));

		r->line++;
		if (view_trim(line).n > 0)
			take(r, line);
	}
}

void aliases_read(struct aliases *a, const char *file, struct view text)
{
	struct reading r = { .a = a, .file = file };

	free(a->file);
	a->file = mem_copy(file);
	aliases_begin(a);
	read_lines(&r, text, read_line);
	end_entry(&r);
	sort_names(&r);
}

void aliases_read_included(struct aliases *a, size_t i, struct view text)
{
	struct reading r = { .a = a, .file = a->v[i].name, .entry = i };

	a->v[i].first = a->n_targets;
	a->v[i].loaded = true;
	read_lines(&r, text, add_items);
}
