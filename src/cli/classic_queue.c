#include "config.h"

#include <string.h>

#include "cli/args.h"
#include "cli/flush.h"
#include "cli/mode.h"
#include "cli/queue.h"

/* --queue-dir, which only trusted callers can give; the last one counts. */
static const char *named_folder(const struct args *a)
{
	const char *dir = NULL;

	for (size_t i = 0; i < a->keys.n; i++)
		if (strcmp(a->keys.v[i], "queue_dir") == 0)
			dir = a->values.v[i];
	return dir;
}

int classic_queue(const struct ui *ui, const struct args *a)
{
	const struct queues_wanted wanted = {
		.dir = named_folder(a),
		.file = a->file,
		.msmtp_name = a->dialect == DIALECT_MSMTP,
		.locked_down = a->dialect == DIALECT_SENDMAIL,
	};
	CLEAN(queues) struct queues queues = QUEUES_INIT;
	const struct flush flush = {
		.ui = ui,
		.queues = &queues,
		.all = true,
		.account = wanted.locked_down ? NULL : a->account,
		.like_id = &a->like_id,
		.like_recipient = &a->like_recipient,
		.like_sender = &a->like_sender,
	};
	struct err e = ERR_INIT;

	if ((a->trusted_only && !check_restrictions(&e)) ||
	    !queues_open(&queues, &wanted, ui, &e))
		return fail(ui, &e);
	return a->action == ACTION_LIST ? queue_mailq(ui, &queues)
					: flush_run(&flush);
}
