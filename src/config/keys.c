#include "config.h"

#include "config/keys.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/nearest.h"
#include "config/account.h"

static const struct key keys[KEY_COUNT] = {
#define K(type_, name_, fallback_, argument_, choices_, flags_, help_)         \
	{ .name = #name_,                                                      \
	  .type = KEY_##type_,                                                 \
	  .fallback = (fallback_),                                             \
	  .argument = (argument_),                                             \
	  .choices = (choices_),                                               \
	  .flags = (flags_),                                                   \
	  .help = (help_),                                                     \
	  .offset = offsetof(struct account, name_) },
#include "config/keys.def"
#undef K
};

static const char *const structure[KEY_STRUCTURE_COUNT] = {
	[KEY_STRUCTURE_NONE] = "",
	[KEY_STRUCTURE_ACCOUNT] = "account",
	[KEY_STRUCTURE_DEFAULTS] = "defaults",
	[KEY_STRUCTURE_EVAL] = "eval",
	[KEY_STRUCTURE_INCLUDE] = "include",
};

/*
 * Names of earlier times: which value of which keyword stands for on and for
 * off; where both are NULL, the value is the same.  bare: takes no argument.
 */
static const struct old_key {
	const char *name;
	const char *on, *off;
	enum key_id id;
	bool bare;
} old_keys[] = {
	{ "connect_timeout", NULL, NULL, KEY_ID_timeout, false },
	{ "undisclosed_recipients", "undisclosed_recipients", "off",
	  KEY_ID_set_to_header, false },
	{ "add_missing_from_header", "auto", "off", KEY_ID_set_from_header,
	  false },
	{ "add_missing_date_header", "auto", "off", KEY_ID_set_date_header,
	  false },
	{ "keepbcc", "off", "on", KEY_ID_remove_bcc_headers, false },
	{ "tls_nocertcheck", "off", NULL, KEY_ID_tls_certcheck, true },
	{ "tls_nostarttls", "off", NULL, KEY_ID_tls_starttls, true },
};

static const struct {
	const char *name, *why;
} ignored_keys[] = {
	{ "tls_force_sslv3", "SSL 3.0 is not safe and not supported" },
};

const struct key *key_at(enum key_id id)
{
	return &keys[id];
}

enum key_id key_id(const struct key *k)
{
	return (enum key_id)(k - keys);
}

const struct key *key_find(struct view name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (view_is_nocase(name, keys[i].name))
			return &keys[i];
	return NULL;
}

enum key_structure key_find_structure(struct view name)
{
	for (int i = 1; i < KEY_STRUCTURE_COUNT; i++)
		if (view_is_nocase(name, structure[i]))
			return (enum key_structure)i;
	return KEY_STRUCTURE_NONE;
}

/* Take what stands before the next c off *rest, and c. */
static struct view split_at(struct view *rest, char c)
{
	const char *hit = rest->n > 0 ? memchr(rest->p, c, rest->n) : NULL;
	size_t n = hit ? (size_t)(hit - rest->p) : rest->n;
	struct view part = view_part(*rest, 0, n);

	*rest = view_part(*rest, hit ? n + 1 : n, rest->n);
	return part;
}

struct view key_choice(const struct key *k, int index)
{
	struct view rest = view_of(k->choices);
	struct view group = VIEW_NONE;

	for (int i = 0; i <= index; i++) {
		if (rest.n == 0)
			return VIEW_NONE;
		group = split_at(&rest, '|');
	}
	return split_at(&group, '/');
}

int key_choice_index(const struct key *k, struct view word)
{
	struct view rest = view_of(k->choices);

	for (int i = 0; rest.n > 0; i++) {
		struct view group = split_at(&rest, '|');

		while (group.n > 0)
			if (view_equal_nocase(split_at(&group, '/'), word))
				return i;
	}
	return -1;
}

static const struct key *old_bare(const struct old_key *old, struct view value,
				  struct view *out, struct err *e)
{
	if (value.n > 0) {
		err_set(e, ERR_CONFIG, "%s takes no argument", old->name);
		return NULL;
	}
	*out = view_of(old->on);
	return key_at(old->id);
}

static const struct key *old_switch(const struct old_key *old,
				    struct view value, struct view *out,
				    struct err *e)
{
	bool off = view_is_nocase(value, "off");

	if (value.n > 0 && !off && !view_is_nocase(value, "on")) {
		err_set(e, ERR_CONFIG, "%s is either on or off", old->name);
		return NULL;
	}
	*out = view_of(off ? old->off : old->on);
	return key_at(old->id);
}

const struct key *key_find_old(struct view name, struct view value,
			       struct view *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(old_keys); i++) {
		if (!view_is_nocase(name, old_keys[i].name))
			continue;
		if (old_keys[i].bare)
			return old_bare(&old_keys[i], value, out, e);
		if (old_keys[i].on)
			return old_switch(&old_keys[i], value, out, e);
		*out = value;
		return key_at(old_keys[i].id);
	}
	return NULL;
}

const char *key_find_ignored(struct view name)
{
	for (size_t i = 0; i < ARRAY_LEN(ignored_keys); i++)
		if (view_is_nocase(name, ignored_keys[i].name))
			return ignored_keys[i].why;
	return NULL;
}

const char *key_nearest(struct view name)
{
	struct nearest n = NEAREST_INIT(name);

	for (size_t i = 0; i < KEY_COUNT; i++)
		nearest_try(&n, keys[i].name);
	for (int i = 1; i < KEY_STRUCTURE_COUNT; i++)
		nearest_try(&n, structure[i]);
	return n.best;
}
