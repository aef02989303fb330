#include "config.h"

#include <string.h>

#include "base/scan.h"
#include "cli/flush.h"
#include "cli/mode.h"
#include "cli/opt.h"
#include "deliver/run.h"

enum {
	ID_ACCOUNT,
	ID_BACKGROUND,
	ID_FILE,
	ID_NOW,
	ID_QUEUE_DIR,
	ID_QUIET,
	ID_VERBOSE,
	ID_WAIT,
};

static const struct opt options[] = {
	{ "account", 'a', OPT_NEEDS, ID_ACCOUNT },
	{ "background", 0, OPT_MAY, ID_BACKGROUND },
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ "now", 0, OPT_ALONE, ID_NOW },
	{ "queue-dir", 0, OPT_NEEDS, ID_QUEUE_DIR },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
	{ "verbose", 'v', OPT_ALONE, ID_VERBOSE },
	{ "wait", 0, OPT_ALONE, ID_WAIT },
};

struct call {
	struct ui ui;
	struct queues queues;
	struct queues_wanted wanted;
	struct flush flush;
	struct list ids;
	bool background;
	const char *lock; /* number of the descriptor, from run_start */
};

static void call_free(struct call *c)
{
	queues_free(&c->queues);
	list_free(&c->ids);
}

void help_flush(FILE *out)
{
	fputs("\n"
	      "  without more     what is due\n"
	      "  ID...            these\n"
	      "  --now            everything that waits; what is held stays\n"
	      "  -a ACCOUNT       what waits for this account, or is held for "
	      "its login\n"
	      "                   or settings\n"
	      "  --wait           also for a run that is at work; 75 if "
	      "something still waits\n"
	      "  --background     stay until nothing waits, as systemd has it "
	      "run\n"
	      "  --queue-dir DIR  look at this folder alone\n"
	      "  -C FILE  -v  --quiet\n\n"
	      "example: postrider flush --now --wait\n",
	      out);
}

static void take(void *who, int id, const char *value)
{
	struct call *c = who;

	switch (id) {
	case ID_ACCOUNT:
		c->flush.account = value;
		break;
	case ID_BACKGROUND:
		c->background = true;
		c->lock = value;
		break;
	case ID_FILE:
		c->wanted.file = value;
		break;
	case ID_NOW:
		c->flush.all = true;
		break;
	case ID_QUEUE_DIR:
		c->wanted.dir = value;
		break;
	case ID_QUIET:
		c->ui.quiet = true;
		break;
	case ID_VERBOSE:
		c->ui.verbose = true;
		break;
	default:
		c->flush.wait = true;
		break;
	}
}

static bool check(const struct call *c, struct err *e)
{
	if (c->ids.n > 0 && (c->flush.all || c->flush.account))
		return err_set(e, ERR_USAGE,
			       "with IDs there is no --now and no -a");
	if (c->background &&
	    (c->ids.n > 0 || c->flush.all || c->flush.wait || c->flush.account))
		return err_set(e, ERR_USAGE,
			       "--background excludes everything but "
			       "--queue-dir");
	if (c->lock && !c->wanted.dir)
		return err_set(e, ERR_USAGE,
			       "--background=%s needs --queue-dir", c->lock);
	return true;
}

static bool parse(struct call *c, int argc, char **argv, struct err *e)
{
	const struct opt_verb verb = { .v = options,
				       .n = ARRAY_LEN(options),
				       .take = take,
				       .who = c,
				       .operands = &c->ids };

	if (!opt_take_verb(&verb, argc, argv, e))
		return false;
	return check(c, e) ||
	       err_hint(e, "'postrider help flush' lists the options");
}

/* The run that a sender has started: it owns a lock already. */
static int run_started(struct call *c, struct err *e)
{
	struct scan s = scan_of(view_of(c->lock));
	int fd = 0;
	int64_t n;

	if (scan_number(&s, &n) && n <= INT32_MAX && scan_done(&s))
		fd = (int)n;
	return run_background(c->wanted.dir, fd, e) ? 0 : fail(&c->ui, e);
}

int cmd_flush(int argc, char **argv)
{
	CLEAN(call)
	struct call c = {
		.ui = { .program = "postrider", .dialogue = stderr },
		.queues = QUEUES_INIT,
	};
	struct err e = ERR_INIT;

	if (!parse(&c, argc, argv, &e))
		return fail(&c.ui, &e);
	if (c.lock)
		return run_started(&c, &e);
	if ((c.wanted.file || c.wanted.dir) && !check_restrictions(&e))
		return fail(&c.ui, &e);
	if (!queues_open(&c.queues, &c.wanted, &c.ui, &e))
		return fail(&c.ui, &e);
	if (c.background)
		return flush_stay(&c.ui, &c.queues);
	c.flush.ui = &c.ui;
	c.flush.queues = &c.queues;
	c.flush.ids = c.ids.n > 0 ? &c.ids : NULL;
	return flush_run(&c.flush);
}
