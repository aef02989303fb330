#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/mode.h"

void help_short(FILE *out)
{
	fputs("usage: postrider [OPTION]... ADDRESS...   message on standard "
	      "input\n"
	      "       postrider VERB [OPTION]...\n\n",
	      out);
	for (size_t i = 0; verb_at(i); i++)
		fprintf(out, "  %-10s %s\n", verb_at(i)->name,
			verb_at(i)->help);
	fputs("\noptions that matter most:\n"
	      "  -a NAME    account to send by         -C FILE  "
	      "configuration\n"
	      "  -f ADDR    sender                     -t       recipients "
	      "from the message\n"
	      "  -v         show the dialogue          -P       show settings "
	      "only\n\n"
	      "The rest is in postrider(1), accounts are in "
	      "postrider.conf(5).\n",
	      out);
}

/* Verbs with more to say than their line. */
static const struct {
	const char *name;
	void (*help)(FILE *out);
} more[] = {
	{ "send", help_send },
	{ "queue", help_queue },
	{ "flush", help_flush },
};

int cmd_help(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
	const struct ui ui = { .program = "postrider" };
	struct err e = ERR_INIT;

	if (argc > 1 && !verb) {
		err_set(&e, ERR_USAGE, "unknown verb '%s'", argv[1]);
		err_hint(&e, "'postrider help' lists them");
		return fail(&ui, &e);
	}
	if (!verb) {
		help_short(stdout);
		return 0;
	}
	printf("usage: postrider %s %s\n\n%s\n", verb->name, verb->arguments,
	       verb->help);
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (strcmp(verb->name, more[i].name) == 0)
			more[i].help(stdout);
	return 0;
}
