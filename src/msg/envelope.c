#include "config.h"

#include "msg/envelope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"

#define SLOTS_MIN 64
#define FNV_PRIME UINT64_C(0x100000001b3)
#define MIX UINT64_C(0xff51afd7ed558ccd)

void envelope_free(struct envelope *env)
{
	free(env->sender);
	list_free(&env->recipients);
	free(env->envid);
	free(env->index.slot);
	*env = ENVELOPE_INIT;
}

/* Strangers choose recipients; they must not choose collisions as well. */
static uint64_t seed(void)
{
	static uint64_t value;

	if (value == 0 && getrandom(&value, sizeof(value), 0) < 0)
		value = (uint64_t)(uintptr_t)&value;
	value |= 1;
	return value;
}

/* Equal for paths that are address_same; case is folded all over. */
static uint64_t hash(const char *path)
{
	uint64_t h = seed();

	for (; *path; path++)
		h = (h ^ (unsigned char)ascii_lower(*path)) * FNV_PRIME;
	h = (h ^ (h >> 33)) * MIX;
	return h ^ (h >> 33);
}

/* The slot of path's equal, or the free one where it would stand. */
static size_t *find_slot(const struct envelope *env, const char *path)
{
	const struct envelope_index *x = &env->index;
	size_t i = (size_t)hash(path) & (x->slots - 1);

	while (x->slot[i] > 0 &&
	       !address_same(env->recipients.v[x->slot[i] - 1], path))
		i = (i + 1) & (x->slots - 1);
	return &x->slot[i];
}

static void index_reset(struct envelope_index *x, size_t slots)
{
	free(x->slot);
	x->slot = mem_zero(slots, sizeof(*x->slot));
	x->slots = slots;
	x->known = 0;
}

/* Make the index know all recipients and have room for one more; at most half
 * of its slots are ever taken. */
static void index_update(struct envelope *env)
{
	struct envelope_index *x = &env->index;
	size_t slots = x->slots > 0 ? x->slots : SLOTS_MIN;

	while (slots < 2 * (env->recipients.n + 1))
		slots *= 2;
	if (slots != x->slots || x->known > env->recipients.n)
		index_reset(x, slots);
	for (; x->known < env->recipients.n; x->known++)
		*find_slot(env, env->recipients.v[x->known]) = x->known + 1;
}

bool envelope_has_recipient(struct envelope *env, const char *path)
{
	index_update(env);
	return *find_slot(env, path) > 0;
}

void envelope_add_recipient(struct envelope *env, const char *path)
{
	if (envelope_has_recipient(env, path))
		return;
	list_add(&env->recipients, path);
	index_update(env);
}

/* *path, owned, with its domain in A-labels. */
static bool finish_path(struct envelope *env, char **path,
			bool (*to_ascii)(struct view domain, struct str *out,
					 struct err *e),
			struct err *e)
{
	CLEAN(str) struct str out = STR_INIT;
	struct view v = view_of(*path);
	size_t at = address_at(v);
	struct view domain = view_part(v, at + 1, v.n);

	if (!address_is_path(v))
		return err_set(e, ERR_MESSAGE, "'%s' is no address", *path);
	if (view_has_8bit(view_part(v, 0, at)))
		env->smtputf8 = true;
	if (!view_has_8bit(domain))
		return true;
	str_add(&out, view_part(v, 0, at + 1));
	if (!to_ascii(domain, &out, e)) {
		e->kind = ERR_MESSAGE;
		return err_context(e, "address '%s'", *path);
	}
	if (!address_is_path(str_view(&out)) ||
	    view_has_8bit(view_part(str_view(&out), at, out.len)))
		return err_set(e, ERR_MESSAGE,
			       "the domain of '%s' has no form in ASCII",
			       *path);
	free(*path);
	*path = str_detach(&out);
	return true;
}

/* Add all of them again: what became equal is merged. */
static void merge(struct envelope *env)
{
	CLEAN(list) struct list all = env->recipients;

	env->recipients = LIST_INIT;
	for (size_t i = 0; i < all.n; i++)
		envelope_add_recipient(env, all.v[i]);
}

bool envelope_finish(struct envelope *env,
		     bool (*to_ascii)(struct view domain, struct str *out,
				      struct err *e),
		     struct err *e)
{
	if (env->sender && env->sender[0] != '\0' &&
	    !finish_path(env, &env->sender, to_ascii, e))
		return false;
	for (size_t i = 0; i < env->recipients.n; i++)
		if (!finish_path(env, &env->recipients.v[i], to_ascii, e))
			return false;
	merge(env);
	return true;
}

void envelope_copy_some(struct envelope *out, const struct envelope *env,
			const size_t *index, size_t n)
{
	*out = *env;
	out->sender = env->sender ? mem_copy(env->sender) : NULL;
	out->envid = env->envid ? mem_copy(env->envid) : NULL;
	out->recipients = LIST_INIT;
	out->index = (struct envelope_index){ .slot = NULL };
	for (size_t i = 0; i < n; i++)
		list_add(&out->recipients, env->recipients.v[index[i]]);
}

void envelope_add_xtext(struct str *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (ascii_is_visible(v.p[i]) && v.p[i] != '+' && v.p[i] != '=')
			str_addc(out, v.p[i]);
		else
			str_addf(out, "+%02X", (unsigned char)v.p[i]);
}
