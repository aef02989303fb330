/* newaliases and -bi: nothing has to be built, but mistakes can be found. */
#include "config.h"

#include "cli/mode.h"

int check_aliases(const struct ui *ui, const struct prepare *p)
{
	CLEAN(local)
	struct local l = { .account = p->account,
			   .msmtp_name = p->msmtp_name,
			   .default_aliases = p->default_aliases };
	CLEAN(list) struct list notes = LIST_INIT;
	const struct list *mistakes = &l.aliases.mistakes;
	struct err e = ERR_INIT;

	if (!local_open(&l, &e) || !local_check_aliases(&l, &notes, &e))
		return fail(ui, &e);
	if (ui->verbose)
		ui_notes(ui, &notes);
	if (mistakes->n == 0)
		return 0;
	err_set(&e, ERR_CONFIG, "%zu %s in the aliases", mistakes->n,
		mistakes->n == 1 ? "mistake" : "mistakes");
	ui_mistakes(ui, mistakes, &e);
	return err_exit_status(&e);
}
