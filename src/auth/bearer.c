#include "config.h"

#include "auth/bearer.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/scan.h"

#define SEPARATOR "\x01"

/* The most that is repeated of one word of the server's. */
#define WORD_MAX 160

static bool is_token(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_visible(v.p[i]))
			return false;
	return v.n > 0;
}

static bool check(const struct bearer_config *c, const struct secret *token,
		  struct err *e)
{
	if (view_has_control(view_of(c->user)))
		return err_set(e, ERR_CONFIG,
			       "the user has control characters");
	if (c->host && view_has_control(view_of(c->host)))
		return err_set(e, ERR_CONFIG,
			       "the host has control characters");
	if (!is_token(secret_view(token))) {
		err_set(e, ERR_CONFIG,
			"what is configured as the password is "
			"no OAuth access token");
		return err_hint(e, "a token has no blanks and no control "
				   "characters, and is not empty");
	}
	return true;
}

static void add(struct secret *out, const char *text)
{
	secret_add(out, view_of(text));
}

/* saslname of RFC 5801, section 4. */
static void add_saslname(struct secret *out, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			add(out, "=2C");
		else if (*name == '=')
			add(out, "=3D");
		else
			secret_add(out, (struct view){ name, 1 });
	}
}

static void add_auth(struct secret *out, const struct secret *token)
{
	add(out, "auth=Bearer ");
	secret_add(out, secret_view(token));
	add(out, SEPARATOR SEPARATOR);
}

bool bearer_oauthbearer(const struct bearer_config *c,
			const struct secret *token, struct secret *out,
			struct err *e)
{
	CLEAN(str) struct str where = STR_INIT;

	if (!check(c, token, e))
		return false;
	if (c->host)
		str_addf(&where, "host=%s" SEPARATOR, c->host);
	if (c->port > 0)
		str_addf(&where, "port=%d" SEPARATOR, c->port);
	secret_free(out);
	add(out, "n,a=");
	add_saslname(out, c->user);
	add(out, "," SEPARATOR);
	secret_add(out, str_view(&where));
	add_auth(out, token);
	return true;
}

bool bearer_xoauth2(const struct bearer_config *c, const struct secret *token,
		    struct secret *out, struct err *e)
{
	if (!check(c, token, e))
		return false;
	secret_free(out);
	add(out, "user=");
	add(out, c->user);
	add(out, SEPARATOR);
	add_auth(out, token);
	return true;
}

/* Past the next '"', with what was before it in *out. */
static bool to_quote(struct scan *in, struct view *out)
{
	size_t before = scan_rest(in).n;

	*out = scan_until(in, '"');
	return before - scan_rest(in).n > out->n;
}

/*
 * Enough of JSON for a flat object: every other piece between quotes is a
 * string, and one that a colon follows is a name.  Where the server's text is
 * something else, something else is said about it, and nothing worse.
 */
static bool find_string(struct view json, const char *name, struct view *value)
{
	struct scan in = scan_of(json);
	struct view skipped, word;

	while (to_quote(&in, &skipped) && to_quote(&in, &word)) {
		if (!view_is(word, name))
			continue;
		scan_skip_space(&in);
		if (!scan_byte(&in, ':'))
			continue;
		scan_skip_space(&in);
		return scan_byte(&in, '"') && to_quote(&in, value);
	}
	return false;
}

void bearer_why(struct view json, struct str *out)
{
	static const char *const names[] = { "status", "scope" };
	const char *between = "";
	struct view value;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!find_string(json, names[i], &value) || value.n == 0)
			continue;
		str_addf(out, "%s%s ", between, names[i]);
		str_add_printable(out, view_part(value, 0, WORD_MAX));
		between = ", ";
	}
}
