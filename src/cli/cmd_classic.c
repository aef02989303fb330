#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/args.h"
#include "cli/handover.h"
#include "cli/info.h"
#include "cli/mode.h"
#include "config/check.h"
#include "deliver/record.h"
#include "deliver/remains.h"
#include "deliver/sender.h"
#include "deliver/settings.h"
#include "msg/rewrite.h"

#define ENVID_MAX 100 /* RFC 3461, 4.4 */

/* All that one run in the classic dialect works on. */
struct classic {
	struct ui ui;
	struct args args;
	struct config config;
	struct account account;
	struct accounts fallbacks;
	struct reader reader;
	struct message message;
	struct store store;
	char *sender; /* of the command line or, if asked, the message */
	bool reads;   /* standard input is looked at */
};

static void classic_free(struct classic *c)
{
	args_free(&c->args);
	config_free(&c->config);
	account_free(&c->account);
	accounts_free(&c->fallbacks);
	reader_free(&c->reader);
	message_free(&c->message);
	store_free(&c->store);
	free(c->sender);
}

/* A mode that is a program of its own elsewhere. */
static enum action action_of(enum classic_name name)
{
	switch (name) {
	case NAME_MAILQ:
		return ACTION_LIST;
	case NAME_NEWALIASES:
		return ACTION_ALIASES;
	case NAME_OWN:
	case NAME_SENDMAIL:
	case NAME_MSMTP:
	default:
		return ACTION_SUBMIT;
	}
}

static enum dialect dialect_of(enum classic_name name)
{
	switch (name) {
	case NAME_MSMTP:
		return DIALECT_MSMTP;
	case NAME_OWN:
		return DIALECT_POSTRIDER;
	case NAME_SENDMAIL:
	case NAME_MAILQ:
	case NAME_NEWALIASES:
	default:
		return DIALECT_SENDMAIL;
	}
}

/* `postrider -C FILE send ...` would mail somebody called send. */
static bool check_verbs(const struct args *a, struct err *e)
{
	for (size_t i = 0; i < a->recipients.n; i++) {
		const char *word = a->recipients.v[i];

		if (a->dialect != DIALECT_POSTRIDER || !verb_find(word))
			continue;
		err_set(e, ERR_USAGE, "'%s' is a verb, and a verb comes first",
			word);
		return err_hint(e, "write: %s %s OPTION...", a->program, word);
	}
	return true;
}

static bool find_sender(struct classic *c, struct err *e)
{
	const struct args *a = &c->args;

	if (a->from)
		return sender_parse(a->from, &c->sender, e);
	if (!a->read_envelope_from)
		return true;
	c->sender = sender_of_header(&c->message.headers);
	return c->sender || err_set(e, ERR_USAGE,
				    "the message has no From header that "
				    "could give the sender");
}

static bool find_account(struct classic *c, struct err *e)
{
	const struct args *a = &c->args;

	if (a->host_given) {
		account_init(&c->account, "(command line)");
		c->config.msmtp_name = a->dialect == DIALECT_MSMTP;
		if (c->config.msmtp_name)
			account_as_msmtp(&c->account);
	} else if (!config_choose(&c->config, a->account, c->sender,
				  &c->account, e)) {
		return false;
	}
	return args_apply(a, &c->account, e) && check_account(&c->account, e) &&
	       fallback_chain(&c->config, &c->account, &c->fallbacks, e);
}

static struct prepare wishes(const struct classic *c)
{
	const struct args *a = &c->args;

	return (struct prepare){
		.account = &c->account,
		.sender = c->sender,
		.full_name = a->full_name,
		.recipients = &a->recipients,
		.read_recipients = a->read_recipients ||
				   c->account.read_recipients,
		.msmtp_name = a->dialect == DIALECT_MSMTP,
		.default_aliases = a->dialect == DIALECT_SENDMAIL
					   ? LOCAL_SYSTEM_ALIASES
					   : NULL,
	};
}

/* A lone dot ends what is typed; in a pipe it is part of the message. */
static bool dot_ends(const struct classic *c)
{
	const struct args *a = &c->args;

	if (a->ignore_dots)
		return false;
	return a->strict_dots || c->account.dot_ends_message ||
	       isatty(STDIN_FILENO);
}

/* The account itself may say that From decides (read_envelope_from). */
static bool account_sender(struct classic *c, struct err *e)
{
	if (c->sender || !c->account.read_envelope_from || !c->reads)
		return true;
	c->args.read_envelope_from = true;
	return find_sender(c, e);
}

static bool is_envid(struct view v)
{
	return v.n <= ENVID_MAX && !view_has_control(v) && !view_has_8bit(v);
}

static bool set_envid(struct classic *c, struct err *e)
{
	if (!c->args.envid)
		return true;
	if (!is_envid(view_of(c->args.envid)))
		return err_set(e, ERR_USAGE,
			       "the envelope ID of -V is not ASCII or longer "
			       "than %d characters",
			       ENVID_MAX);
	c->message.envelope.envid = mem_copy(c->args.envid);
	return true;
}

/* -bv: where mail for each address would go. */
static bool verify(struct classic *c, struct err *e)
{
	const struct prepare p = wishes(c);
	const struct envelope *env = &c->message.envelope;
	CLEAN(str) struct str place = STR_INIT;

	settings_add_place(&c->account, &place);
	if (!prepare_envelope(&p, &c->message, e))
		return false;
	for (size_t i = 0; i < env->recipients.n; i++)
		printf("%s: account %s, %s, as %s\n", env->recipients.v[i],
		       c->account.label, place.s, env->sender);
	*e = c->message.why_left_out;
	ui_left_out(&c->ui, &c->message.left_out, e);
	return c->message.left_out.n == 0;
}

static void open_store(struct classic *c)
{
	const struct args *a = &c->args;

	c->store.config = &c->config;
	c->store.account = &c->account;
	c->store.tag = a->tag ? a->tag : c->ui.program;
	c->store.enter_only = a->enter_only;
	store_open(&c->store, &c->message);
}

static int submit(struct classic *c, struct err *e)
{
	const struct prepare p = wishes(c);
	const struct handover h = {
		.ui = &c->ui,
		.fallbacks = &c->fallbacks,
		.message = &c->message,
		.store = &c->store,
		.notes = handover_notes(&c->ui),
	};
	struct err more = ERR_INIT;

	c->reader.dot_ends = dot_ends(c);
	open_store(c);
	if (set_envid(c, e) && prepare_envelope(&p, &c->message, e) &&
	    prepare_message(&p, &c->message, &c->reader, e))
		return hand_over(&h);
	err_context(e, "account '%s'", c->account.label);
	return refuse_message(
		&h, e,
		c->store.mode != STORE_OFF &&
			remains_read(&p, &c->message, &c->reader, e, &more));
}

/* A submission that ends before an account is known. */
static void mourn(const struct classic *c, const struct err *e)
{
	const struct args *a = &c->args;

	if (a->action != ACTION_SUBMIT)
		return;
	ui_note(&c->ui, NOT_SENT);
	if (a->dialect != DIALECT_MSMTP)
		record_early_failure(a->tag ? a->tag : c->ui.program, e);
}

/* A wrong command line.  Nobody has written a message at a terminal yet. */
static int refuse_usage(const struct classic *c, const struct err *e)
{
	ui_error(&c->ui, e);
	if (!isatty(STDIN_FILENO))
		mourn(c, e);
	return err_exit_status(e);
}

static int give_up(const struct classic *c, const struct err *e)
{
	ui_error(&c->ui, e);
	mourn(c, e);
	return err_exit_status(e);
}

/* What is done with an account once that is known. */
static int work(struct classic *c, struct err *e)
{
	if (c->args.action == ACTION_INFO)
		return info_run(&c->ui, &c->account, false);
	if (c->args.action == ACTION_RMQS)
		return rmqs_run(&c->ui, &c->account, c->args.rmqs);
	return submit(c, e);
}

/* -P, and -v under the name msmtp. */
static bool shows_settings(const struct classic *c)
{
	return c->args.action == ACTION_PRETEND ||
	       (c->ui.verbose && c->args.dialect == DIALECT_MSMTP);
}

static void show_settings(struct classic *c)
{
	const struct prepare p = wishes(c);
	struct err ignored = ERR_INIT;
	bool known = prepare_sender(&p, &c->message, &ignored);

	pretend(&(struct pretended){
		.account = &c->account,
		.prepare = &p,
		.sender = known ? c->message.envelope.sender : NULL,
		.named = c->args.account,
		.asks = c->args.serverinfo || c->args.rmqs,
		.rmqs = c->args.rmqs,
	});
}

/* The aliases of the account; or, where there is none, the system's. */
static int look_at_aliases(struct classic *c, struct err *e)
{
	const struct args *a = &c->args;
	const struct prepare p = wishes(c);

	if (!config_choose(&c->config, a->account, NULL, &c->account, e)) {
		if (a->account)
			return give_up(c, e);
		account_init(&c->account, "default");
	}
	return args_apply(a, &c->account, e) ? check_aliases(&c->ui, &p)
					     : give_up(c, e);
}

/* -P: what local recipients stand for is part of the configuration too. */
static int end_pretence(struct classic *c, struct err *e)
{
	const struct prepare p = wishes(c);
	bool has_sender = c->message.envelope.sender != NULL;

	if (!has_sender || prepare_envelope(&p, &c->message, e) ||
	    e->kind != ERR_CONFIG)
		return 0;
	return fail(&c->ui, e);
}

static int act(struct classic *c, struct err *e)
{
	if (c->args.action == ACTION_ALIASES)
		return look_at_aliases(c, e);
	if (c->reads && !reader_headers(&c->reader, &c->message.headers, e))
		return give_up(c, e);
	if (!find_sender(c, e))
		return give_up(c, e);
	if (shows_settings(c))
		pretend_files(&c->config, c->args.from ? NULL : c->sender);
	if (!find_account(c, e) || !account_sender(c, e))
		return give_up(c, e);
	if (c->args.action == ACTION_VERIFY)
		return verify(c, e) ? 0 : fail(&c->ui, e);
	if (shows_settings(c))
		show_settings(c);
	return c->args.action == ACTION_PRETEND ? end_pretence(c, e)
						: work(c, e);
}

/* Usage is checked before a byte of the message is read. */
static bool check_usage(const struct classic *c, struct err *e)
{
	const struct args *a = &c->args;

	if (!check_verbs(a, e))
		return false;
	if (a->action != ACTION_VERIFY || a->recipients.n > 0)
		return true;
	return err_set(e, ERR_USAGE, "-bv needs an address");
}

static int run(struct classic *c)
{
	const struct args *a = &c->args;
	struct err e = ERR_INIT;

	switch (a->action) {
	case ACTION_VERSION:
		show_version(a->dialect == DIALECT_MSMTP);
		return 0;
	case ACTION_HELP:
		help_short(stdout);
		return 0;
	case ACTION_LIST:
	case ACTION_RUN:
		return classic_queue(&c->ui, a);
	case ACTION_CONFIGURE:
	case ACTION_ALIASES:
	case ACTION_SUBMIT:
	case ACTION_INFO:
	case ACTION_RMQS:
	case ACTION_PRETEND:
	case ACTION_VERIFY:
		break;
	}
	if (!check_usage(c, &e) || (a->trusted_only && !check_restrictions(&e)))
		return refuse_usage(c, &e);
	if (a->action == ACTION_CONFIGURE)
		return cmd_configure(&c->ui, a);
	if (!a->host_given &&
	    !load_config(&c->ui, a->file, a->dialect == DIALECT_MSMTP,
			 a->dialect == DIALECT_SENDMAIL, &c->config, &e)) {
		if (c->config.mistakes.n > 0)
			err_set(&e, e.kind, "%s", c->config.mistakes.v[0]);
		mourn(c, &e);
		return err_exit_status(&e);
	}
	return act(c, &e);
}

static bool reads_message(const struct args *a)
{
	return a->action == ACTION_SUBMIT ||
	       (a->action == ACTION_PRETEND && !a->serverinfo && !a->rmqs);
}

int cmd_classic(int argc, char **argv)
{
	const char *program = program_name(argv[0]);
	enum classic_name name = classic_name(program);
	CLEAN(classic)
	struct classic c = {
		.ui = { .program = program, .dialogue = stderr },
		.args = ARGS_INIT,
		.message = MESSAGE_INIT,
		.store = STORE_INIT,
	};
	struct err e = ERR_INIT;

	c.args.dialect = dialect_of(name);
	c.args.action = action_of(name);
	c.args.program = program;
	reader_init(&c.reader, STDIN_FILENO, false);
	if (argc == 1 && c.args.action == ACTION_SUBMIT &&
	    isatty(STDIN_FILENO)) {
		help_short(stdout);
		return 0;
	}
	if (!args_parse(&c.args, argc, argv, &e))
		return refuse_usage(&c, &e);
	c.ui.verbose = c.args.verbose;
	c.ui.quiet = c.args.quiet;
	if (c.args.dialect == DIALECT_MSMTP)
		c.ui.dialogue = stdout;
	c.reads = reads_message(&c.args);
	return run(&c);
}
