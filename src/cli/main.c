#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/mode.h"

/* Some callers close descriptors 0 to 2; nothing of ours may land there. */
static bool fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

/*
 * Callers leave signals ignored.  We need SIGCHLD to wait for commands, and
 * never SIGPIPE nor SIGXFSZ: both are errors of a write.  What a mail reader
 * ignores on the terminal stays ignored: it wants the message to go out all the
 * same.
 */
static void set_signals(void)
{
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* Libraries keep copies of a password where nothing guards them: no core of
 * this process, and nobody but root may look into it. */
static void keep_memory_private(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool is_classic_word(const char *word)
{
	return word[0] == '-' || strchr(word, '@') != NULL;
}

static int unknown_verb(const char *program, const char *word)
{
	const struct ui ui = { .program = program };
	const char *near = verb_nearest(word);
	struct err e = ERR_INIT;

	err_set(&e, ERR_USAGE, "unknown verb '%s'", word);
	if (near)
		err_hint(&e,
			 "did you mean '%s %s'? To send to a local name, "
			 "write '%s send %s'",
			 program, near, program, word);
	else
		err_hint(&e,
			 "'%s help' lists the verbs; to send to a local "
			 "name, write '%s send %s'",
			 program, program, word);
	return fail(&ui, &e);
}

static int run(int argc, char **argv)
{
	const char *program = program_name(argv[0]);
	const struct verb *verb;

	if (classic_name(program) != NAME_OWN ||
	    (argc > 1 && is_classic_word(argv[1])))
		return cmd_classic(argc, argv);
	if (argc == 1) {
		bool asked = isatty(STDIN_FILENO);

		help_short(asked ? stdout : stderr);
		return asked ? 0 : EX_USAGE;
	}
	verb = verb_find(argv[1]);
	if (!verb)
		return unknown_verb(program, argv[1]);
	if (argc > 2 && strcmp(argv[2], "--help") == 0)
		return cmd_help(2, argv);
	return verb->run(argc - 1, argv + 1);
}

/* Files that we could not read ourselves would stop the queue for good. */
static void keep_own_rights(void)
{
	umask(umask(077) & 077);
}

/* What nobody could read is no success. */
static int end_output(const char *argv0)
{
	const struct ui ui = { .program = program_name(argv0) };
	struct err e = ERR_INIT;

	if (fflush(stdout) == 0)
		return 0;
	err_errno(&e, "cannot write the output");
	ui_error(&ui, &e);
	return EX_IOERR;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 1 || !fill_descriptors())
		return EX_OSERR;
	set_signals();
	keep_memory_private();
	keep_own_rights();
	status = run(argc, argv);
	return status == 0 ? end_output(argv[0]) : status;
}
