#include "config.h"

#include "auth/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"

#define CREDENTIAL "credential:"

static bool is_given(const char *value)
{
	return value && *value;
}

/* --- password ------------------------------------------------------------- */

static bool password_given(const struct source_config *c)
{
	return c->password && secret_is_set(c->password);
}

static bool password_fetch(const struct source_config *c, int64_t deadline_ms,
			   struct secret *out, struct err *e)
{
	(void)deadline_ms;
	(void)e;
	secret_copy(out, c->password);
	return true;
}

/* --- passwordeval --------------------------------------------------------- */

static bool command_given(const struct source_config *c)
{
	return is_given(c->passwordeval);
}

static bool command_fetch(const struct source_config *c, int64_t deadline_ms,
			  struct secret *out, struct err *e)
{
	int64_t by = clock_earlier(deadline_ms,
				   clock_after_s(SOURCE_COMMAND_LIMIT_S));

	if (!proc_first_line("the command of `passwordeval`", c->passwordeval,
			     by, out, e)) {
		e->kind = ERR_DEFERRED;
		return false;
	}
	return out->n > 0 ||
	       err_set(e, ERR_DEFERRED,
		       "the command of `passwordeval` printed an empty line");
}

/* --- password_file -------------------------------------------------------- */

static bool file_given(const struct source_config *c)
{
	return is_given(c->password_file);
}

/* The path of credential:NAME (systemd.exec(5)); owned, NULL on failure. */
static char *credential_path(const char *name, struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct str path = STR_INIT;

	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		err_set(e, ERR_CONFIG, "'%s' is no name of a credential", name);
		return NULL;
	}
	if (!is_given(dir)) {
		err_set(e, ERR_CONFIG,
			"credential '%s': $CREDENTIALS_DIRECTORY is not set",
			name);
		err_hint(e,
			 "only a systemd unit with LoadCredential=%s:... "
			 "has it",
			 name);
		return NULL;
	}
	str_addf(&path, "%s/%s", dir, name);
	return str_detach(&path);
}

static char *file_path(const char *value, bool *credential, struct err *e)
{
	*credential = view_starts(view_of(value), CREDENTIAL);
	return *credential ? credential_path(value + strlen(CREDENTIAL), e)
			   : file_expand(value);
}

static bool file_fetch(const struct source_config *c, int64_t deadline_ms,
		       struct secret *out, struct err *e)
{
	CLEAN(mem_string) char *path = NULL;
	bool credential;
	struct stat st;

	(void)deadline_ms;
	path = file_path(c->password_file, &credential, e);
	if (!path)
		return false;
	if (!file_read(path, SOURCE_FILE_MAX, out, &st, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	/* systemd lets the unit's user in by an ACL, which looks like this. */
	if (credential)
		st.st_mode &= ~(mode_t)S_IRGRP;
	if (!file_check(path, &st, FILE_HOLDS_SECRET, e))
		return false;
	secret_keep_line(out);
	return out->n > 0 ||
	       err_set(e, ERR_CONFIG, "the first line of '%s' is empty", path);
}

/* --- THE table ------------------------------------------------------------ */

static const struct {
	bool (*given)(const struct source_config *c);
	bool (*fetch)(const struct source_config *c, int64_t deadline_ms,
		      struct secret *out, struct err *e);
} sources[] = {
	{ password_given, password_fetch },
	{ command_given, command_fetch },
	{ file_given, file_fetch },
};

bool source_fetch(const struct source_config *c, int64_t deadline_ms,
		  struct secret *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		if (!sources[i].given(c))
			continue;
		if (sources[i].fetch(c, deadline_ms, out, e))
			return true;
		secret_free(out);
		return false;
	}
	err_set(e, ERR_CONFIG, "there is no password");
	return err_hint(e, "set `passwordeval`, `password_file` or `password`");
}
