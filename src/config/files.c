#include "config.h"

#include "config/files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"

static void add(struct list *out, const char *dir, const char *name)
{
	CLEAN(str) struct str path = STR_INIT;

	str_addf(&path, "%s/%s", dir, name);
	list_add(out, path.s);
}

const char *files_named(const struct config_wishes *w)
{
	const char *named;

	if (w->file)
		return w->file;
	if (w->ignore_environment || w->msmtp_name)
		return NULL;
	named = getenv("POSTRIDER_CONFIG");
	return named && *named ? named : NULL;
}

/*
 * $XDG_CONFIG_HOME or ~/.config, into out; empty where there is neither.  The
 * base directory specification wants an absolute path.
 */
static void config_home(struct config *c, const char *home, struct str *out)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");

	if (xdg && xdg[0] == '/') {
		str_adds(out, xdg);
		return;
	}
	if (xdg && *xdg)
		config_note(c, "XDG_CONFIG_HOME is no absolute path and not "
			       "looked at");
	if (home)
		str_addf(out, "%s/.config", home);
}

void files_user(struct config *c, const struct config_wishes *w,
		struct list *out)
{
	CLEAN(str) struct str xdg = STR_INIT;
	const char *home = file_home();

	if (!home)
		config_note(c, "this user has no home directory");
	config_home(c, home, &xdg);
	if (!w->msmtp_name && xdg.len > 0)
		add(out, xdg.s, "postrider/config");
	if (!w->msmtp_name && home)
		add(out, home, ".postriderrc");
	if (home)
		add(out, home, ".msmtprc");
	if (xdg.len > 0)
		add(out, xdg.s, "msmtp/config");
}

void files_system(const struct config_wishes *w, struct list *out)
{
	if (!w->system_dir)
		return;
	add(out, w->system_dir, "postrider.conf");
	add(out, w->system_dir, "msmtprc");
}
