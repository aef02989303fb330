#include "config.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/mode.h"
#include "cli/opt.h"
#include "cli/queue.h"

enum {
	ID_FILE,
	ID_JSON,
	ID_MESSAGE,
	ID_QUEUE_DIR,
	ID_QUIET,
	ID_VERBOSE,
	ID_YES,
};

static const struct opt options[] = {
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ "json", 0, OPT_ALONE, ID_JSON },
	{ "message", 0, OPT_ALONE, ID_MESSAGE },
	{ "queue-dir", 0, OPT_NEEDS, ID_QUEUE_DIR },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
	{ "verbose", 'v', OPT_ALONE, ID_VERBOSE },
	{ "yes", 'y', OPT_ALONE, ID_YES },
};

static const struct {
	const char *name;
	int (*run)(struct queue_call *c);
	bool takes_ids;
	const char *help;
} actions[] = {
	{ "list", queue_list, false, "what waits, and why" },
	{ "show", queue_show, true, "all that is known of a message" },
	{ "hold", queue_hold, true, "do not send it until it is released" },
	{ "release", queue_release, true, "send it now, also one that failed" },
	{ "remove", queue_remove, true, "do not send it at all" },
	{ "bounce", queue_bounce, true, "give it up, and tell its sender so" },
};

void help_queue(FILE *out)
{
	fputc('\n', out);
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		fprintf(out, "  %-7s %-4s %s\n", actions[i].name,
			actions[i].takes_ids ? "ID" : "", actions[i].help);
	fputs("\n"
	      "  --json           for programs (list, show)\n"
	      "  --message        the text of the message (show)\n"
	      "  --yes            do not ask (remove)\n"
	      "  --queue-dir DIR  look at this folder alone\n"
	      "  -C FILE  -v  --quiet\n\n"
	      "The start of an ID is enough where it fits no other.\n"
	      "'postrider flush' tries to send; postrider-queue(7) has the "
	      "rest.\n",
	      out);
}

static void take(void *who, int id, const char *value)
{
	struct queue_call *c = who;

	switch (id) {
	case ID_FILE:
		c->wanted.file = value;
		break;
	case ID_QUEUE_DIR:
		c->wanted.dir = value;
		break;
	case ID_JSON:
		c->json = true;
		break;
	case ID_MESSAGE:
		c->message = true;
		break;
	case ID_QUIET:
		c->ui.quiet = true;
		break;
	case ID_VERBOSE:
		c->ui.verbose = true;
		break;
	default:
		c->yes = true;
		break;
	}
}

static bool parse(struct queue_call *c, int argc, char **argv, struct err *e)
{
	const struct opt_verb verb = { .v = options,
				       .n = ARRAY_LEN(options),
				       .take = take,
				       .who = c,
				       .operands = &c->ids };

	return opt_take_verb(&verb, argc, argv, e);
}

static bool too_many(const char *action, const char *word, struct err *e)
{
	err_set(e, ERR_USAGE, "queue %s takes no argument '%s'", action, word);
	return err_hint(e, "'postrider queue show %s' shows one message", word);
}

/* The first word; the others are then IDs.  -1: e says what is wrong. */
static int find_action(struct queue_call *c, struct err *e)
{
	const char *word = c->ids.n > 0 ? c->ids.v[0] : "list";

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (strcmp(actions[i].name, word) != 0)
			continue;
		if (!actions[i].takes_ids && c->ids.n > 1) {
			too_many(word, c->ids.v[1], e);
			return -1;
		}
		if (actions[i].takes_ids && c->ids.n < 2) {
			err_set(e, ERR_USAGE, "queue %s needs an ID", word);
			err_hint(e, "'postrider queue' lists them");
			return -1;
		}
		return (int)i;
	}
	err_set(e, ERR_USAGE, "queue cannot '%s'", word);
	err_hint(e, "'postrider help queue' lists what it can");
	return -1;
}

/* Without the word that names the action. */
static void keep_ids(struct queue_call *c)
{
	CLEAN(list) struct list words = c->ids;

	c->ids = LIST_INIT;
	for (size_t i = 1; i < words.n; i++)
		list_add(&c->ids, words.v[i]);
}

static void queue_call_free(struct queue_call *c)
{
	queues_free(&c->queues);
	list_free(&c->ids);
}

int cmd_queue(int argc, char **argv)
{
	CLEAN(queue_call)
	struct queue_call c = {
		.ui = { .program = "postrider", .dialogue = stderr },
		.queues = QUEUES_INIT,
		.now = time(NULL),
	};
	struct err e = ERR_INIT;
	int action;

	c.terminal = isatty(STDOUT_FILENO);
	if (!parse(&c, argc, argv, &e))
		return fail(&c.ui, &e);
	action = find_action(&c, &e);
	if (action < 0 ||
	    ((c.wanted.file || c.wanted.dir) && !check_restrictions(&e)))
		return fail(&c.ui, &e);
	keep_ids(&c);
	if (!queues_open(&c.queues, &c.wanted, &c.ui, &e))
		return fail(&c.ui, &e);
	return actions[action].run(&c);
}
