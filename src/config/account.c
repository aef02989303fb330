#include "config.h"

#include "config/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/pattern.h"
#include "config/value.h"

#define PORT_SMTP 25
#define PORT_SUBMISSIONS 465 /* RFC 8314, 3.3 */

static void *field_of(struct account *a, const struct key *k)
{
	return (char *)a + k->offset;
}

static const void *field_in(const struct account *a, const struct key *k)
{
	return (const char *)a + k->offset;
}

/* All zero is a value that may be replaced, for every type. */
void account_init(struct account *a, const char *label)
{
	memset(a, 0, sizeof(*a));
	a->label = mem_copy(label);
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);

		value_default(field_of(a, k), k);
	}
}

void account_as_msmtp(struct account *a)
{
	a->syslog = 0; /* off */
	a->queue = 0;
}

void account_copy(struct account *to, const struct account *from)
{
	memset(to, 0, sizeof(*to));
	to->label = mem_copy(from->label);
	to->place = from->place;
	memcpy(to->origin, from->origin, sizeof(to->origin));
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);

		value_copy(field_of(to, k), field_in(from, k), k);
	}
}

void account_free(struct account *a)
{
	mem_string_free(&a->label);
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);

		value_clear(field_of(a, k), k);
	}
}

void account_inherit(struct account *a, const struct account *parent)
{
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		struct origin origin = parent->origin[i];

		if (origin.kind == ORIGIN_DEFAULT || origin.inherited)
			continue;
		value_copy(field_of(a, k), field_in(parent, k), k);
		a->origin[i] = origin;
	}
}

/* What an argument that is not there means, as one that is; false: there is
 * none, and the field was given its value. */
static bool empty_means(void *field, const struct key *k, struct view *value)
{
	if ((k->flags & KEY_ON_IF_EMPTY) != 0) {
		*value = view_of("on");
		return true;
	}
	if ((k->flags & KEY_FIRST_IF_EMPTY) != 0) {
		*value = key_choice(k, 0);
		return true;
	}
	if ((k->flags & KEY_EMPTY_COUNTS) != 0) {
		value_clear(field, k);
		*(char **)field = mem_copy("");
	} else if ((k->flags & KEY_EMPTY_UNSETS) != 0) {
		value_clear(field, k);
	} else {
		value_default(field, k);
	}
	return false;
}

static bool set_field(void *field, const struct key *k, struct view value,
		      struct err *e)
{
	if (key_id(k) == KEY_ID_from && view_is(value, "<>"))
		value = VIEW_NONE;
	if (value.n == 0 && (k->flags & KEY_NEEDED) != 0)
		return err_set(e, ERR_CONFIG, "%s needs an argument", k->name);
	if (!value_check(k, value, e))
		return false;
	if (value.n == 0 && !empty_means(field, k, &value))
		return true;
	return value_set(field, k, value, e);
}

bool account_set(struct account *a, const struct key *k, struct view value,
		 struct origin origin, struct err *e)
{
	if (!set_field(field_of(a, k), k, value, e))
		return false;
	if (key_id(k) == KEY_ID_dsn_notify && list_has(&a->dsn_notify, "off"))
		list_clear(&a->dsn_notify);
	a->origin[key_id(k)] = origin;
	return true;
}

void account_show(const struct account *a, const struct key *k, struct str *out)
{
	value_show(field_in(a, k), k, out);
}

const struct list *account_lines(const struct account *a, const struct key *k)
{
	return k->type == KEY_LINES ? field_in(a, k) : NULL;
}

bool account_is_set(const struct account *a, enum key_id id)
{
	return a->origin[id].kind != ORIGIN_DEFAULT;
}

int account_port(const struct account *a)
{
	if (a->port > 0)
		return a->port;
	if (account_is_lmtp(a))
		return 0;
	return a->tls && !a->tls_starttls ? PORT_SUBMISSIONS : PORT_SMTP;
}

bool account_needs_host(const struct account *a)
{
	return !a->tunnel && !a->socket;
}

bool account_is_lmtp(const struct account *a)
{
	return a->protocol == 1;
}

bool account_has_pattern(const struct account *a)
{
	return a->from && pattern_is_wild(a->from);
}
