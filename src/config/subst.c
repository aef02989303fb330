#include "config.h"

#include "config/subst.h"

#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

#define HOST_NAME_ROOM 256
#define MAILNAME_MAX 4096

/* --- expansion ----------------------------------------------------------- */

static bool add_from_header(const struct subst_values *v, struct str *out,
			    struct err *e)
{
	if (!v->from_header)
		return err_set(e, ERR_CONFIG,
			       "%%F stands for the address in the From header, "
			       "but this message has none");
	str_adds(out, v->from_header);
	return true;
}

static bool look_up(char letter, const struct subst_values *v, struct str *out,
		    struct err *e)
{
	switch (letter) {
	case 'U':
		return v->lookups->user(v, out, e);
	case 'H':
		return v->lookups->host(v, out, e);
	case 'C':
		return v->lookups->canonical(v, out, e);
	case 'M':
		return v->lookups->mailname(v, out, e);
	default:
		return add_from_header(v, out, e);
	}
}

static bool stands_for_something(char letter, const struct subst_values *v)
{
	switch (letter) {
	case 'H':
	case 'C':
	case 'M':
		return true;
	case 'U':
	case 'F':
		return !v->domain_only;
	default:
		return false;
	}
}

bool subst_expand(const char *value, const struct subst_values *v,
		  struct str *out, struct err *e)
{
	for (const char *p = value; *p; p++) {
		CLEAN(str) struct str found = STR_INIT;

		if (*p != '%' || !stands_for_something(p[1], v)) {
			str_addc(out, *p);
			continue;
		}
		p++;
		if (!look_up(*p, v, &found, e))
			return err_context(e, "'%s'", value);
		str_add_clean(out, str_view(&found));
	}
	return true;
}

/* --- what this machine says ------------------------------------------------
 */

/* NULL where it is not set or empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool user_of_system(const struct subst_values *v, struct str *out,
			   struct err *e)
{
	const char *name = variable("USER");
	const struct passwd *pw;

	(void)v;
	(void)e;
	if (!name)
		name = variable("LOGNAME");
	if (!name)
		name = getlogin();
	if (!name) {
		pw = getpwuid(getuid());
		name = pw ? pw->pw_name : "unknown";
	}
	str_adds(out, name);
	return true;
}

static bool host_of_system(const struct subst_values *v, struct str *out,
			   struct err *e)
{
	const char *name = variable("HOSTNAME");
	char room[HOST_NAME_ROOM] = "";

	(void)v;
	(void)e;
	if (!name && gethostname(room, sizeof(room) - 1) == 0 && room[0])
		name = room;
	str_adds(out, name ? name : "localhost");
	return true;
}

static bool canonical_of_system(const struct subst_values *v, struct str *out,
				struct err *e)
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME,
					.ai_socktype = SOCK_STREAM };
	CLEAN(str) struct str host = STR_INIT;
	struct addrinfo *found = NULL;

	if (!v->lookups->host(v, &host, e))
		return false;
	if (getaddrinfo(str_chars(&host), NULL, &hints, &found) == 0 &&
	    found->ai_canonname)
		str_adds(out, found->ai_canonname);
	else
		str_add(out, str_view(&host));
	if (found)
		freeaddrinfo(found);
	return true;
}

static struct view first_line(struct view text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\n')
		n++;
	return view_trim(view_part(text, 0, n));
}

static bool mailname_of_system(const struct subst_values *v, struct str *out,
			       struct err *e)
{
	CLEAN(str) struct str path = STR_INIT;
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct view name;
	struct stat st;

	str_addf(&path, "%s/mailname", v->system_dir);
	if (!file_read(path.s, MAILNAME_MAX, &text, &st, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	name = first_line(secret_view(&text));
	if (name.n == 0)
		return err_set(e, ERR_CONFIG, "'%s' holds no name", path.s);
	str_add(out, name);
	return true;
}

const struct subst_lookups subst_of_system = {
	.user = user_of_system,
	.host = host_of_system,
	.canonical = canonical_of_system,
	.mailname = mailname_of_system,
};
