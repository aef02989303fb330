/*
 * Input: a name, LF, and a file of aliases, which any :include: gives again.
 * Holds: limits; what a name leads to is a path, each mistake and note one
 * printable line; nobody is found twice in one search.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"
#include "msg/aliases.h"

/* A text that includes itself grows by what it includes. */
#define INCLUDED_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_again(void *who, const char *path, struct str *out,
		       struct err *e)
{
	const struct view *text = who;

	if (strlen(path) % 3 == 0)
		return err_set(e, ERR_NOINPUT, "there is no '%s'", path);
	str_add(out, view_part(*text, 0, INCLUDED_MAX));
	return true;
}

static bool is_local(void *who, const char *domain)
{
	(void)who;
	return strlen(domain) < 3;
}

static void judge_lines(const struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_has_control(view_of(l->v[i])) ||
		    !view_is_utf8(view_of(l->v[i])))
			abort();
}

static void judge(const struct aliases *a, const struct alias_answer *r)
{
	if (a->mistakes.n > ALIASES_MISTAKES_MAX + 1)
		abort();
	judge_lines(&a->mistakes);
	judge_lines(&r->notes);
	for (size_t i = 0; i < r->recipients.n; i++)
		if (!address_is_path(view_of(r->recipients.v[i])))
			abort();
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].open || a->v[i].first + a->v[i].n > a->n_targets)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	const char *end = size > 0 ? memchr(p, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - p) : size;
	struct view text = view_part((struct view){ p, size }, n + 1, size);
	const struct aliases_doors doors = { &text, read_again, is_local };
	CLEAN(mem_string) char *name = mem_copy_n(p, n);
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	CLEAN(list) struct list notes = LIST_INIT;
	struct err e = ERR_INIT;
	size_t first;

	aliases_read(&a, "fuzz", text);
	if (!aliases_find(&a, &doors, name, &r, &e) && e.kind != ERR_CONFIG)
		abort();
	judge(&a, &r);
	first = r.recipients.n;
	if (e.kind == ERR_NONE && r.found == ALIAS_FOUND &&
	    (!aliases_find(&a, &doors, name, &r, &e) ||
	     r.recipients.n != first || r.found != ALIAS_FOUND))
		abort();
	aliases_check(&a, &doors, &notes);
	judge_lines(&notes);
	judge(&a, &r);
	return 0;
}
