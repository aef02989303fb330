#include "config.h"

#include "auth/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/keyring.h"
#include "auth/netrc.h"
#include "auth/prompt.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"

#define CREDENTIAL "credential:"
#define READ_CHUNK 4096

/* Each of these fetches leaves out unset where the source has nothing. */

static bool is_given(const char *value)
{
	return value && *value;
}

/* --- password ------------------------------------------------------------- */

static bool password_fetch(const struct source_config *c, int64_t deadline_ms,
			   struct secret *out, struct err *e)
{
	(void)deadline_ms;
	(void)e;
	if (c->password)
		secret_copy(out, c->password);
	return true;
}

/* --- passwordeval --------------------------------------------------------- */

static bool command_fetch(const struct source_config *c, int64_t deadline_ms,
			  struct secret *out, struct err *e)
{
	int64_t by = clock_earlier(deadline_ms,
				   clock_after_s(SOURCE_COMMAND_LIMIT_S));

	if (!is_given(c->passwordeval))
		return true;
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
	if (!is_given(c->password_file))
		return true;
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

/* --- password_fd ---------------------------------------------------------- */

static int held = -1; /* the descriptor in our keeping */

/*
 * What we have opened ourselves closes on exec; what came through an exec does
 * not.
 */
void source_hold(int fd)
{
	if (fd > STDERR_FILENO && fcntl(fd, F_GETFD) == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		held = fd;
}

/* Up to the end or a line end at the least; nothing is read after a line
 * that has come, so that whoever writes may keep it open. */
static bool read_line(int fd, int64_t deadline_ms, struct secret *out,
		      struct err *e)
{
	ssize_t got;

	do {
		if (out->n > SOURCE_FILE_MAX)
			return err_set(e, ERR_CONFIG, "its line is too long");
		if (!clock_wait_fd(fd, POLLIN, deadline_ms, e)) {
			e->kind = ERR_DEFERRED;
			return false;
		}
		secret_reserve(out, out->n + READ_CHUNK);
		got = read(fd, out->p + out->n, READ_CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(e, "it cannot be read");
			e->kind = ERR_CONFIG;
			return false;
		}
		out->n += (size_t)got;
		out->p[out->n] = '\0';
	} while (got != 0 && !memchr(out->p, '\n', out->n));
	secret_keep_line(out);
	return out->n > 0 || err_set(e, ERR_CONFIG, "its first line is empty");
}

static bool fd_fetch(const struct source_config *c, int64_t deadline_ms,
		     struct secret *out, struct err *e)
{
	int64_t by = clock_earlier(deadline_ms,
				   clock_after_s(SOURCE_COMMAND_LIMIT_S));
	int fd = c->password_fd;
	bool ok;

	if (fd == 0)
		return true;
	if (held != fd)
		source_hold(fd);
	if (held != fd) {
		err_set(e, ERR_CONFIG, "password_fd: descriptor %d is not open",
			fd);
		return err_hint(e,
				"whoever starts the program opens it, as a "
				"shell does with %d<FILE",
				fd);
	}
	ok = read_line(fd, by, out, e);
	close(fd);
	held = -1;
	return ok || err_context(e, "password_fd: descriptor %d", fd);
}

/* --- keyring -------------------------------------------------------------- */

static bool ring_fetch(const struct source_config *c, int64_t deadline_ms,
		       struct secret *out, struct err *e)
{
	struct err trouble = ERR_INIT;

	if (c->keyring == SOURCE_KEYRING_OFF || !c->user || !c->host)
		return true;
	if (!keyring_reachable())
		err_set(&trouble, ERR_CONFIG,
			"the keyring cannot be asked: there is no session bus");
	else if (keyring_fetch(c->host, c->user, deadline_ms, out, &trouble))
		return true;
	secret_free(out);
	if (c->keyring == SOURCE_KEYRING_AUTO)
		return true;
	*e = trouble;
	return false;
}

/* --- netrc ---------------------------------------------------------------- */

/*
 * ours: it must be readable if it exists; that of the system may be closed to
 * this user.  Its mode matters only where it gives the secret.
 */
static bool netrc_at(const struct source_config *c, const char *path, bool ours,
		     struct secret *out, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct err trouble = ERR_INIT;
	struct stat st;

	if (!file_read(path, SOURCE_NETRC_MAX, &text, &st, &trouble)) {
		if (!ours || trouble.kind == ERR_NOINPUT)
			return true;
		*e = trouble;
		return false;
	}
	netrc_find(secret_view(&text), c->host, c->user, out);
	return !secret_is_set(out) ||
	       file_check(path, &st, FILE_HOLDS_SECRET, e);
}

static bool netrc_fetch(const struct source_config *c, int64_t deadline_ms,
			struct secret *out, struct err *e)
{
	CLEAN(str) struct str path = STR_INIT;

	(void)deadline_ms;
	if (!c->host)
		return true;
	if (c->home) {
		str_addf(&path, "%s/.netrc", c->home);
		if (!netrc_at(c, path.s, true, out, e))
			return false;
	}
	if (secret_is_set(out) || !c->system_dir)
		return true;
	str_truncate(&path, 0);
	str_addf(&path, "%s/netrc", c->system_dir);
	return netrc_at(c, path.s, false, out, e);
}

/* --- the person ----------------------------------------------------------- */

static bool person_fetch(const struct source_config *c, int64_t deadline_ms,
			 struct secret *out, struct err *e)
{
	CLEAN(str) struct str question = STR_INIT;

	if (!c->may_prompt || !c->host)
		return true;
	str_adds(&question, "password");
	if (c->user) {
		str_adds(&question, " of ");
		str_add_printable(&question, view_of(c->user));
	}
	str_adds(&question, " at ");
	str_add_printable(&question, view_of(c->host));
	str_adds(&question, ": ");
	return prompt_fetch(question.s, deadline_ms, out, e);
}

/* --- THE table ------------------------------------------------------------ */

static bool (*const sources[])(const struct source_config *c,
			       int64_t deadline_ms, struct secret *out,
			       struct err *e) = {
	password_fetch, command_fetch, file_fetch,   fd_fetch,
	ring_fetch,     netrc_fetch,   person_fetch,
};

bool source_fetch(const struct source_config *c, int64_t deadline_ms,
		  struct secret *out, struct err *e)
{
	secret_free(out);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		if (!sources[i](c, deadline_ms, out, e)) {
			secret_free(out);
			return false;
		}
		if (secret_is_set(out))
			return true;
	}
	err_set(e, ERR_CONFIG, "there is no password");
	if (c->keyring == SOURCE_KEYRING_ON && c->host && c->user)
		return err_hint(e,
				"the keyring is locked or has none; store "
				"it with: secret-tool store --label=mail "
				"host '%s' service smtp user '%s'",
				c->host, c->user);
	return err_hint(e, "set `passwordeval` or `password_file`, or put it "
			   "into the keyring or ~/.netrc");
}
