#include "config.h"

#include "msg/aliases.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"

#define DEFAULT_NAME "default"
#define NOWHERE SIZE_MAX
/* So many names of a circle are shown. */
#define CHAIN_SHOWN 8

void aliases_free(struct aliases *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i].name);
	for (size_t i = 0; i < a->n_targets; i++) {
		free(a->targets[i].local);
		free(a->targets[i].domain);
	}
	free(a->v);
	free(a->targets);
	free(a->by_name);
	free(a->file);
	list_free(&a->mistakes);
	*a = ALIASES_INIT;
}

void alias_answer_free(struct alias_answer *r)
{
	list_free(&r->recipients);
	list_free(&r->notes);
	*r = ALIAS_ANSWER_INIT;
}

void aliases_begin(struct aliases *a)
{
	a->search++;
}

/* --- names ---------------------------------------------------------------- */

/* The first place in by_name whose name is not before local; by bytes, or
 * (exact false) without case. */
static size_t lower_bound(const struct aliases *a, const char *local,
			  bool exact)
{
	size_t low = 0, high = a->names;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = a->v[a->by_name[middle]].name;
		int order = ascii_casecmp(name, local);

		if (order == 0 && exact)
			order = strcmp(name, local);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t find_one(const struct aliases *a, const char *local)
{
	size_t i = lower_bound(a, local, true);

	if (i < a->names && strcmp(a->v[a->by_name[i]].name, local) == 0)
		return a->by_name[i];
	i = lower_bound(a, local, false);
	if (i < a->names && ascii_casecmp(a->v[a->by_name[i]].name, local) == 0)
		return a->by_name[i];
	return NOWHERE;
}

/* With its detail (RFC 5233), then without. */
static size_t find_name(const struct aliases *a, const char *local)
{
	CLEAN(mem_string) char *user = NULL;
	const char *plus = strchr(local, '+');
	size_t i = find_one(a, local);

	if (i != NOWHERE || !plus)
		return i;
	user = mem_copy_n(local, (size_t)(plus - local));
	return find_one(a, user);
}

/* --- the way through names that lead to names ----------------------------- */

struct step {
	size_t entry;
	size_t next; /* of its targets */
};

struct walk {
	struct aliases *a;
	const struct aliases_doors *doors;
	struct alias_answer *answer;
	struct step way[ALIASES_DEPTH_MAX];
	size_t depth;
};

static const char *file_of(const struct aliases *a, size_t entry)
{
	return a->v[entry].is_file ? a->v[entry].name : a->file;
}

/* Where the walk has got to. */
static bool here(const struct walk *w, struct err *e)
{
	const struct step *top;
	const struct alias *v;

	if (w->depth == 0)
		return false;
	top = &w->way[w->depth - 1];
	v = &w->a->v[top->entry];
	return err_context(e, "%s:%d", file_of(w->a, top->entry),
			   w->a->targets[v->first + top->next - 1].line);
}

static bool circle(const struct walk *w, size_t entry, struct err *e)
{
	CLEAN(str) struct str names = STR_INIT;
	size_t i = 0;

	while (i < w->depth && w->way[i].entry != entry)
		i++;
	for (size_t shown = 0; i < w->depth; i++, shown++)
		if (shown < CHAIN_SHOWN)
			str_addf(&names, "'%.40s' -> ",
				 w->a->v[w->way[i].entry].name);
		else if (shown == CHAIN_SHOWN)
			str_adds(&names, "... -> ");
	err_set(e, ERR_CONFIG, "aliases go in a circle: %s'%.40s'",
		str_chars(&names), w->a->v[entry].name);
	return here(w, e);
}

/* The targets of a file, once it is needed. */
static bool load(const struct walk *w, size_t entry, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	size_t before = w->a->mistakes.n;
	const struct alias *v = &w->a->v[entry];

	for (size_t i = 0; i < w->depth; i++)
		if (w->a->v[w->way[i].entry].is_file &&
		    strcmp(w->a->v[w->way[i].entry].name, v->name) == 0)
			return circle(w, w->way[i].entry, e);
	if (!w->doors->read(w->doors->who, v->name, &text, e)) {
		e->kind = ERR_CONFIG;
		return here(w, e);
	}
	aliases_read_included(w->a, entry, str_view(&text));
	return w->a->mistakes.n == before ||
	       err_set(e, ERR_CONFIG, "%s", w->a->mistakes.v[before]);
}

static void count(struct walk *w, bool useful)
{
	if (useful && w->depth > 0)
		w->a->v[w->way[w->depth - 1].entry].useful = true;
}

static bool enter(struct walk *w, size_t entry, struct err *e)
{
	struct alias *v = &w->a->v[entry];

	if (v->open)
		return circle(w, entry, e);
	if (v->done == w->a->search) {
		count(w, v->useful);
		return true;
	}
	if (w->depth == ALIASES_DEPTH_MAX) {
		err_set(e, ERR_CONFIG,
			"more than %d aliases lead to each other",
			ALIASES_DEPTH_MAX);
		return here(w, e);
	}
	if (!v->loaded && !load(w, entry, e))
		return false;
	v = &w->a->v[entry]; /* it may have moved */
	v->open = true;
	v->useful = false;
	w->way[w->depth++] = (struct step){ .entry = entry };
	return true;
}

static void leave(struct walk *w)
{
	struct alias *v = &w->a->v[w->way[--w->depth].entry];

	v->open = false;
	v->done = w->a->search;
	count(w, v->useful);
}

static void add_recipient(struct walk *w, const struct alias_target *t,
			  bool with_domain)
{
	const struct mailbox box = { .local = t->local,
				     .domain = with_domain ? t->domain : NULL };
	CLEAN(mem_string) char *path = mailbox_path(&box);

	list_add(&w->answer->recipients, path);
	count(w, true);
}

static void note(struct walk *w, const struct alias_target *t)
{
	size_t entry = w->way[w->depth - 1].entry;
	struct err words = ERR_INIT; /* printable, and not too long */

	err_set(&words, ERR_NONE,
		"%s:%d: passed over, as it would deliver on this "
		"machine: '%.80s'",
		file_of(w->a, entry), t->line, t->local);
	list_add(&w->answer->notes, words.text);
}

/* An address elsewhere is the end; a name may lead on. */
static bool go_to(struct walk *w, const struct alias_target *t, struct err *e)
{
	size_t entry;

	if (t->domain && !w->doors->is_local(w->doors->who, t->domain)) {
		add_recipient(w, t, true);
		return true;
	}
	entry = find_name(w->a, t->local);
	/* default: ada, and there is no ada: this is where it ends. */
	if (entry == NOWHERE) {
		entry = find_one(w->a, DEFAULT_NAME);
		if (entry != NOWHERE && w->a->v[entry].open)
			entry = NOWHERE;
	}
	if (entry == NOWHERE) {
		add_recipient(w, t, false);
		return true;
	}
	return enter(w, entry, e);
}

static bool go_on(struct walk *w, struct err *e)
{
	struct step *top = &w->way[w->depth - 1];
	const struct alias *v = &w->a->v[top->entry];
	struct alias_target t;

	if (top->next == v->n) {
		leave(w);
		return true;
	}
	t = w->a->targets[v->first + top->next++];
	if (t.kind == ALIAS_ADDRESS)
		return go_to(w, &t, e);
	if (t.kind == ALIAS_INCLUDE)
		return enter(w, t.entry, e);
	note(w, &t);
	return true;
}

static bool walk_from(struct aliases *a, const struct aliases_doors *d,
		      size_t entry, struct alias_answer *r, struct err *e)
{
	struct walk w = { .a = a, .doors = d, .answer = r };
	bool ok = enter(&w, entry, e);

	while (ok && w.depth > 0)
		ok = go_on(&w, e);
	while (w.depth > 0)
		leave(&w);
	return ok;
}

bool aliases_find(struct aliases *a, const struct aliases_doors *d,
		  const char *local, struct alias_answer *r, struct err *e)
{
	size_t entry = find_name(a, local);

	if (entry == NOWHERE)
		entry = find_one(a, DEFAULT_NAME);
	r->found = ALIAS_UNKNOWN;
	if (entry == NOWHERE)
		return true;
	if (!walk_from(a, d, entry, r, e))
		return false;
	r->found = a->v[entry].useful ? ALIAS_FOUND : ALIAS_NOBODY;
	return true;
}

void aliases_check(struct aliases *a, const struct aliases_doors *d,
		   struct list *notes)
{
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;

	aliases_begin(a);
	for (size_t i = 0; i < a->names; i++) {
		size_t before = a->mistakes.n;
		struct err e = ERR_INIT;

		if (!walk_from(a, d, a->by_name[i], &r, &e) &&
		    a->mistakes.n == before && before < ALIASES_MISTAKES_MAX)
			list_add(&a->mistakes, e.text);
	}
	list_copy(notes, &r.notes);
}
