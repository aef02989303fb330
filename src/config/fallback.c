#include "config.h"

#include "config/fallback.h"

#include <string.h>

#include "base/err.h"
#include "base/nearest.h"
#include "config/check.h"

void accounts_free(struct accounts *list)
{
	for (size_t i = 0; i < list->n; i++)
		account_free(&list->v[i]);
	list->n = 0;
}

/* The name of a's fallback, or NULL. */
static const char *wanted(const struct account *a)
{
	const struct origin *o = &a->origin[KEY_ID_fallback];

	if (!a->fallback || !a->fallback[0] ||
	    (o->inherited && strcmp(a->fallback, a->label) == 0))
		return NULL;
	return a->fallback;
}

static bool is_used(const struct account *first, const struct accounts *list,
		    const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].label, name) == 0)
			return true;
	return strcmp(first->label, name) == 0;
}

/* What goes to a maildir is not what anybody falls back to. */
static bool check_last(const struct accounts *list, struct err *e)
{
	const struct account *a = &list->v[list->n - 1];

	if (a->capture)
		return err_set(e, ERR_CONFIG,
			       "account '%s': one that has capture can be no "
			       "fallback",
			       a->label);
	return check_account(a, e);
}

static bool add(const struct config *c, const struct account *first,
		const char *name, struct accounts *out, struct err *e)
{
	const struct account *last = out->n > 0 ? &out->v[out->n - 1] : first;

	if (is_used(first, out, name)) {
		err_set(e, ERR_CONFIG,
			"account '%s': fallback '%s' leads back to an account "
			"that was tried",
			last->label, name);
		return err_hint(e, "the chain of fallbacks must have an end");
	}
	if (out->n + 1 >= FALLBACK_ACCOUNTS_MAX)
		return err_set(e, ERR_CONFIG,
			       "account '%s': more than %d accounts in a chain "
			       "of fallbacks",
			       first->label, FALLBACK_ACCOUNTS_MAX);
	if (!config_choose(c, name, NULL, &out->v[out->n], e))
		return err_context(e, "account '%s': fallback", last->label);
	out->n++;
	return check_last(out, e);
}

bool fallback_chain(const struct config *c, const struct account *a,
		    struct accounts *out, struct err *e)
{
	const char *name = wanted(a);

	out->n = 0;
	while (name) {
		if (!add(c, a, name, out, e)) {
			accounts_free(out);
			return false;
		}
		name = wanted(&out->v[out->n - 1]);
	}
	return true;
}

static bool exists(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].label, name) == 0)
			return true;
	return false;
}

/* An earlier account has it from the same line of `defaults`. */
static bool is_reported(const struct config *c, size_t n)
{
	const struct origin *o = &c->v[n].origin[KEY_ID_fallback];

	for (size_t i = 0; i < n; i++) {
		const struct origin *other = &c->v[i].origin[KEY_ID_fallback];

		if (other->file == o->file && other->line == o->line)
			return true;
	}
	return false;
}

static void report(struct config *c, const struct account *a)
{
	struct nearest near = NEAREST_INIT(view_of(a->fallback));
	struct origin where = a->origin[KEY_ID_fallback];

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].label, a->label) != 0)
			nearest_try(&near, c->v[i].label);
	if (near.best)
		config_mistake(c, where,
			       "fallback: there is no account '%s'; did you "
			       "mean '%s'?",
			       a->fallback, near.best);
	else
		config_mistake(c, where, "fallback: there is no account '%s'",
			       a->fallback);
}

void fallback_check(struct config *c)
{
	/* It may be in the file that this user may not read. */
	if (c->passed.n > 0)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].origin[KEY_ID_fallback].kind == ORIGIN_FILE &&
		    wanted(&c->v[i]) && !exists(c, c->v[i].fallback) &&
		    !is_reported(c, i))
			report(c, &c->v[i]);
}
