#include "config.h"

#include "cli/mode.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/nearest.h"

static const struct verb verbs[] = {
	{ "send", cmd_send, "--to ADDRESS [OPTION]...",
	  "make a message from flags and send it" },
	{ "queue", cmd_queue,
	  "[list | show ID | hold ID | release ID | remove ID | bounce ID] "
	  "[--json]",
	  "show what waits to be sent, and change that" },
	{ "flush", cmd_flush, "[-a ACCOUNT] [--now] [--wait] [ID...]",
	  "try to send what is in the queue" },
	{ "config", cmd_config, "[-a ACCOUNT] [--json]",
	  "show the effective settings and where each came from" },
	{ "info", cmd_info, "[-a ACCOUNT | --host HOST] [--json] [OPTION]...",
	  "show what a server offers" },
	{ "help", cmd_help, "[VERB]", "show this, or more about a verb" },
	{ "version", cmd_version, "", "show the version and what is built in" },
};

const struct verb *verb_at(size_t i)
{
	return i < ARRAY_LEN(verbs) ? &verbs[i] : NULL;
}

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const char *verb_nearest(const char *name)
{
	struct nearest n = NEAREST_INIT(view_of(name));

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		nearest_try(&n, verbs[i].name);
	return n.best;
}

const char *program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return slash ? slash + 1 : argv0;
}

enum classic_name classic_name(const char *program)
{
	static const struct {
		const char *name;
		enum classic_name is;
	} names[] = {
		{ "sendmail", NAME_SENDMAIL },
		{ "mailq", NAME_MAILQ },
		{ "newaliases", NAME_NEWALIASES },
		{ "msmtp", NAME_MSMTP },
	};
	size_t n = strlen(program);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t m = strlen(names[i].name);

		if (n < m || strcmp(program + n - m, names[i].name) != 0)
			continue;
		if (n == m || !ascii_is_alnum(program[n - m - 1]))
			return names[i].is;
	}
	return NAME_OWN;
}

int fail(const struct ui *ui, const struct err *e)
{
	ui_error(ui, e);
	return err_exit_status(e);
}

bool check_restrictions(struct err *e)
{
	const struct config_wishes wishes = { .system_only = true,
					      .system_dir = SYSCONFDIR };
	CLEAN(config) struct config system = CONFIG_INIT;
	struct err ignored = ERR_INIT;

	/* Its mistakes are told when it is used. */
	(void)!config_load(&system, &wishes, &ignored);
	if (!system.restrict_options)
		return true;
	err_set(e, ERR_USAGE,
		"the system's configuration allows only "
		"sendmail's options");
	return err_hint(e, "they are in postrider-sendmail(8)");
}

bool may_name_file(void)
{
	struct err ignored = ERR_INIT;

	return !getenv("POSTRIDER_CONFIG") || check_restrictions(&ignored);
}

bool load_config(const struct ui *ui, const char *file, bool msmtp_name,
		 bool locked_down, struct config *c, struct err *e)
{
	const struct config_wishes wishes = {
		.file = file,
		.msmtp_name = msmtp_name,
		.ignore_environment = locked_down || !may_name_file(),
		.system_dir = SYSCONFDIR,
	};

	if (config_load(c, &wishes, e))
		return true;
	ui_mistakes(ui, &c->mistakes, e);
	return false;
}
