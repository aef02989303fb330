#include "config.h"

#include "auth/keyring.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/proc.h"

#define TOOL "secret-tool"
#define STATUS_NONE 1 /* with no words: no entry fits */

/* The names of the attributes, in the order in which they are asked for. */
static const struct {
	const char *host, *service, *user;
} schemas[] = {
	{ "host", "service", "user" },
	{ "server", "protocol", "user" },
};

bool keyring_reachable(void)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	CLEAN(str) struct str path = STR_INIT;
	struct stat st;

	if (address && *address)
		return true;
	if (!runtime || !*runtime)
		return false;
	str_addf(&path, "%s/bus", runtime);
	return stat(path.s, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool ask(const struct list *words, int64_t deadline_ms,
		struct secret *out, struct err *e)
{
	CLEAN(proc_answer) struct proc_answer answer = PROC_ANSWER_INIT;

	if (!proc_ask(words, deadline_ms, &answer, e)) {
		if (e->kind != ERR_NOINPUT) {
			e->kind = ERR_DEFERRED;
			return false;
		}
		e->kind = ERR_CONFIG;
		return err_hint(e, "it comes with libsecret; Debian's package "
				   "is libsecret-tools");
	}
	if (answer.status == 0 && answer.out.n > 0)
		secret_copy(out, &answer.out);
	if (answer.status == 0 ||
	    (answer.status == STATUS_NONE && answer.said.len == 0))
		return true;
	return err_set(e, ERR_DEFERRED, TOOL " ended with status %d%s%s",
		       answer.status, answer.said.len > 0 ? ": " : "",
		       str_chars(&answer.said));
}

bool keyring_fetch(const char *host, const char *user, int64_t deadline_ms,
		   struct secret *out, struct err *e)
{
	int64_t by = clock_earlier(deadline_ms, clock_after_s(KEYRING_LIMIT_S));

	secret_free(out);
	for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
		CLEAN(list) struct list words = LIST_INIT;

		list_add(&words, TOOL);
		list_add(&words, "lookup");
		list_add(&words, schemas[i].host);
		list_add(&words, host);
		list_add(&words, schemas[i].service);
		list_add(&words, "smtp");
		list_add(&words, schemas[i].user);
		list_add(&words, user);
		if (!ask(&words, by, out, e))
			return err_context(e, "the keyring cannot be asked");
		if (secret_is_set(out))
			break;
	}
	return true;
}
