/* config_choose of config/parse.h: which account sends a message. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/parse.h"
#include "config/pattern.h"
#include "config/provider.h"

#define DEFAULT_NAME "default"
/* So many bytes of names are enough of a hint. */
#define NAMES_MAX 300

static const struct account *by_name(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].label, name) == 0)
			return &c->v[i];
	return NULL;
}

bool config_fits(const struct account *a, const char *sender)
{
	if (a->from && pattern_fits(a->from, sender))
		return true;
	for (size_t i = 0; i < a->match.n; i++)
		if (pattern_fits(a->match.v[i], sender))
			return true;
	return false;
}

static const struct account *by_sender(const struct config *c,
				       const char *sender)
{
	for (size_t i = 0; i < c->n; i++)
		if (config_fits(&c->v[i], sender))
			return &c->v[i];
	return NULL;
}

static void hint_at_names(const struct config *c, struct err *e)
{
	CLEAN(str) struct str names = STR_INIT;

	for (size_t i = 0; i < c->n; i++) {
		if (names.len > NAMES_MAX) {
			str_adds(&names, ", ...");
			break;
		}
		str_addf(&names, "%s%s", i > 0 ? ", " : "", c->v[i].label);
	}
	if (c->n > 0)
		err_hint(e, "there are: %s", names.s);
	else
		err_hint(e, "write one as postrider.conf(5) shows; 'postrider "
			    "config' says which files are looked for");
}

/* Say which file might have held what is missing. */
static bool missing(const struct config *c, const char *label, struct err *e)
{
	const char *why = c->loaded > 0 ? "" : ": no configuration was found";

	if (c->passed.n > 0)
		err_set(e, ERR_CONFIG,
			"there is no account '%s', but this user may not read "
			"'%s'",
			label, c->passed.v[0]);
	else
		err_set(e, ERR_CONFIG, "there is no account '%s'%s", label,
			why);
	hint_at_names(c, e);
	return false;
}

static bool set_from_variable(struct account *a, enum key_id id,
			      const char *value, struct err *e)
{
	struct origin origin = { .kind = ORIGIN_ENVIRONMENT };

	return account_set(a, key_at(id), view_of(value), origin, e) ||
	       err_context(e, "SMTPSERVER and EMAIL of the environment");
}

/* The account of programs that know these two variables only. */
static bool from_environment(const struct config *c, const char *server,
			     const char *sender, struct account *out,
			     struct err *e)
{
	account_init(out, DEFAULT_NAME);
	if (c->msmtp_name)
		account_as_msmtp(out);
	out->place.kind = ORIGIN_ENVIRONMENT;
	if (set_from_variable(out, KEY_ID_host, server, e) &&
	    set_from_variable(out, KEY_ID_from, sender, e))
		return true;
	account_free(out);
	return false;
}

/* Now that it is whole: what its provider says. */
static bool copy(const struct account *found, struct account *out,
		 struct err *e)
{
	account_copy(out, found);
	if (provider_apply(out, e))
		return true;
	account_free(out);
	return false;
}

static bool choose_default(const struct config *c, const char *sender,
			   struct account *out, struct err *e)
{
	const struct account *found = by_name(c, DEFAULT_NAME);
	const char *server = getenv("SMTPSERVER");
	const char *email = sender ? sender : getenv("EMAIL");

	if (found)
		return copy(found, out, e);
	if (server && *server && email)
		return from_environment(c, server, email, out, e);
	return missing(c, DEFAULT_NAME, e);
}

bool config_choose(const struct config *c, const char *name, const char *sender,
		   struct account *out, struct err *e)
{
	const struct account *found = NULL;

	if (name)
		found = by_name(c, name);
	else if (sender)
		found = by_sender(c, sender);
	if (!found && name)
		return missing(c, name, e);
	if (!found)
		return choose_default(c, sender, out, e);
	return copy(found, out, e);
}
