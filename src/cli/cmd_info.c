#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/args.h"
#include "cli/info.h"
#include "cli/mode.h"
#include "cli/options.h"
#include "config/check.h"
#include "net/resolve.h"
#include "net/transcript.h"
#include "smtp/command.h"
#include "smtp/etrn.h"

/* Nobody waits longer for a name that proves nothing. */
#define NAME_WAIT_S 2

/* --- asking ----------------------------------------------------------------
 */

static void print(const struct info *info, bool json)
{
	CLEAN(str) struct str text = STR_INIT;

	if (json)
		info_add_json(info, &text);
	else
		info_add_text(info, &text);
	fputs(str_chars(&text), stdout);
	fflush(stdout);
}

static void info_free(struct info *info)
{
	visit_free(&info->visit);
	str_free(&info->name);
}

/* As sending would have found it: a certificate that is not believed is what
 * would have ended it first. */
static void judge(struct info *info)
{
	const struct err *fault = &info->visit.dial.tls_info.fault;

	if (fault->kind == ERR_NONE)
		return;
	info->err = *fault;
	err_context(&info->err, "%s", str_chars(&info->visit.dial.where));
}

int info_run(const struct ui *ui, const struct account *a, bool json)
{
	struct ui mine = *ui;
	CLEAN(transcript)
	struct transcript transcript = TRANSCRIPT_INIT(ui_dialogue, &mine);
	CLEAN(info) struct info info = { .account = a, .visit = VISIT_INIT };

	info.visit.looks_only = true;
	info.reached = visit_open(&info.visit, a,
				  ui->verbose ? &transcript : NULL, &info.err);
	judge(&info);
	if (info.visit.dial.session.greeting.len > 0)
		resolve_owner(str_chars(&info.visit.dial.peer),
			      clock_after_s(NAME_WAIT_S), &info.name);
	if (json || info.visit.dial.session.greeting.len > 0)
		print(&info, json);
	if (info.err.kind == ERR_NONE)
		return 0;
	return fail(ui, &info.err);
}

/* What is no node needs no connection. */
static bool check_node(const char *node, struct err *e)
{
	CLEAN(str) struct str ignored = STR_INIT;

	return command_etrn(&ignored, node, e);
}

static bool ask_etrn(struct dial *d, const char *node, struct err *e)
{
	return etrn_ask(&d->session, node, e) ||
	       err_context(e, "%s", str_chars(&d->where));
}

int rmqs_run(const struct ui *ui, const struct account *a, const char *node)
{
	struct ui mine = *ui;
	CLEAN(transcript)
	struct transcript transcript = TRANSCRIPT_INIT(ui_dialogue, &mine);
	CLEAN(visit) struct visit visit = VISIT_INIT;
	struct err e = ERR_INIT;

	if (check_node(node, &e) &&
	    visit_open(&visit, a, ui->verbose ? &transcript : NULL, &e) &&
	    ask_etrn(&visit.dial, node, &e))
		return 0;
	err_context(&e, "account '%s'", a->label);
	return fail(ui, &e);
}

/* --- the verb --------------------------------------------------------------
 */

/* Beside these there is an option for each keyword. */
static const struct opt options[] = {
	{ "account", 'a', OPT_NEEDS, ID_ACCOUNT },
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ "json", 0, OPT_ALONE, ID_JSON },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
	{ "verbose", 'v', OPT_ALONE, ID_VERBOSE },
};

struct wanted {
	struct ui ui;
	struct args args;
	bool json;
	struct config config;
	struct account account;
};

static void wanted_free(struct wanted *w)
{
	args_free(&w->args);
	config_free(&w->config);
	account_free(&w->account);
}

static void take_keyword(struct args *a, enum key_id id, const char *value)
{
	if (id == KEY_ID_host)
		a->host_given = true;
	list_add(&a->keys, key_at(id)->name);
	list_add(&a->values, value);
}

static void take(void *who, int id, const char *value)
{
	struct wanted *w = who;

	switch (id) {
	case ID_ACCOUNT:
		w->args.account = value;
		break;
	case ID_FILE:
		w->args.file = value;
		break;
	case ID_JSON:
		w->json = true;
		break;
	case ID_QUIET:
		w->ui.quiet = true;
		break;
	case ID_VERBOSE:
		w->ui.verbose = true;
		break;
	default:
		take_keyword(&w->args, (enum key_id)(id - ID_KEYWORD), value);
	}
}

static bool parse(struct wanted *w, int argc, char **argv, struct err *e)
{
	CLEAN(options) struct options all = OPTIONS_INIT;
	struct opt_verb verb = { .take = take, .who = w };

	options_fill_verb(&all, options, ARRAY_LEN(options));
	verb.v = all.set.v;
	verb.n = all.set.n;
	if (!opt_take_verb(&verb, argc, argv, e))
		return false;
	return !w->args.account || !w->args.host_given ||
	       err_set(e, ERR_USAGE, "--account and --host exclude each other");
}

static bool choose(struct wanted *w, struct err *e)
{
	if (w->args.host_given)
		account_init(&w->account, "(command line)");
	else if (!config_choose(&w->config, w->args.account, NULL, &w->account,
				e))
		return false;
	return args_apply(&w->args, &w->account, e) &&
	       check_account(&w->account, e);
}

static bool may_run(const struct args *a, struct err *e)
{
	return (!a->file && a->keys.n == 0) || check_restrictions(e);
}

int cmd_info(int argc, char **argv)
{
	CLEAN(wanted)
	struct wanted w = {
		.ui = { .program = "postrider", .dialogue = stderr },
		.args = ARGS_INIT,
	};
	struct err e = ERR_INIT;

	if (!parse(&w, argc, argv, &e) || !may_run(&w.args, &e))
		return fail(&w.ui, &e);
	if (!w.args.host_given &&
	    !load_config(&w.ui, w.args.file, false, false, &w.config, &e))
		return err_exit_status(&e);
	if (!choose(&w, &e))
		return fail(&w.ui, &e);
	return info_run(&w.ui, &w.account, w.json);
}
