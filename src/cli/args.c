#include "config.h"

#include "cli/args.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/opt.h"
#include "cli/options.h"
#include "config/provider.h"

/* Modes of -b. */
static const struct {
	char letter;
	enum action action;
	const char *refusal;
} modes[] = {
	{ 'm', ACTION_SUBMIT, NULL },
	{ 'v', ACTION_VERIFY, NULL },
	{ 'p', ACTION_LIST, NULL },
	{ 'i', ACTION_ALIASES, NULL },
	{ 's', ACTION_SUBMIT, "SMTP on standard input is not in this version" },
	{ 'd', ACTION_SUBMIT, "postrider is no daemon" },
	{ 'D', ACTION_SUBMIT, "postrider is no daemon" },
	{ 'l', ACTION_SUBMIT, "postrider is no daemon" },
	{ 't', ACTION_SUBMIT, "there are no rewriting rules to test" },
	{ 'h', ACTION_SUBMIT, "there is no host status" },
	{ 'H', ACTION_SUBMIT, "there is no host status" },
};

static void act(struct args *a, enum action action)
{
	if (a->action != ACTION_VERSION && a->action != ACTION_HELP)
		a->action = action;
}

static bool set_mode(struct args *a, const char *value, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (modes[i].letter != value[0] || value[1] != '\0')
			continue;
		if (modes[i].refusal) {
			err_set(e, ERR_USAGE, "-b%s is refused", value);
			return err_hint(e, "%s", modes[i].refusal);
		}
		/* -bm is what is done anyway: -P and others go before it. */
		if (modes[i].action != ACTION_SUBMIT)
			act(a, modes[i].action);
		return true;
	}
	return err_set(e, ERR_USAGE, "unknown mode: -b%s", value);
}

/* What follows NAME=, or NULL where this is another option. */
static const char *option_value(const char *text, const char *name)
{
	size_t n = strlen(name);
	bool same = ascii_ncasecmp(text, name, n) == 0 && text[n] == '=';

	return same ? text + n + 1 : NULL;
}

/* As sendmail reads the values of its options: nothing, t(rue) and y(es) are
 * yes. */
static bool says_yes(const char *value)
{
	char c = ascii_lower(value[0]);

	return c == '\0' || c == 't' || c == 'y';
}

static void set_keyword(struct args *a, const char *name, const char *value)
{
	list_add(&a->keys, name);
	list_add(&a->values, value ? value : "");
}

/* q(ueue) and d(eferred) send nothing; i(nteractive) and b(ackground) are what
 * is done anyway.  The last one counts. */
static void set_delivery(struct args *a, const char *mode)
{
	char c = ascii_lower(mode[0]);

	a->enter_only = c == 'q' || c == 'd';
}

/* -O: what callers rely on is heeded, what touches files is refused. */
static bool long_o(struct args *a, const char *value, struct err *e)
{
	const char *ignore_dots = option_value(value, "IgnoreDots");
	const char *require_tls = option_value(value, "RequireTLS");
	const char *mode = option_value(value, "DeliveryMode");

	if (option_value(value, "QueueDirectory"))
		return err_set(e, ERR_USAGE,
			       "-O QueueDirectory is refused: the queue is "
			       "not the caller's to choose");
	if (require_tls)
		set_keyword(a, "require_tls",
			    says_yes(require_tls) ? "on" : "off");
	if (mode)
		set_delivery(a, mode);
	if (ignore_dots)
		a->strict_dots = !says_yes(ignore_dots);
	return true;
}

static bool small_o(struct args *a, const char *value, struct err *e)
{
	if (value[0] == 'Q')
		return err_set(e, ERR_USAGE,
			       "-oQ is refused: the queue is not the caller's "
			       "to choose");
	if (value[0] == 'i')
		a->ignore_dots = true;
	if (value[0] == 'd')
		set_delivery(a, value + 1);
	return true;
}

static void set_old_keyword(struct args *a, const char *name, const char *value)
{
	CLEAN(mem_string) char *key = options_respell(name, '-', '_');

	set_keyword(a, key, value);
}

static bool refuse(const struct opt *opt, struct err *e)
{
	err_set(e, ERR_USAGE, "option -%c is refused", opt->letter);
	return err_hint(e, opt->letter == 's'
				   ? "a subject goes into the message, or use "
				     "'postrider send --subject'"
				   : "macros are sendmail's own");
}

static void debug(struct args *a, const char *value)
{
	if (value && strcmp(value, "0.1") == 0)
		a->action = ACTION_VERSION;
	else if (a->dialect != DIALECT_SENDMAIL)
		a->verbose = true;
}

/*
 * -q alone, with an interval or with another letter of sendmail's is a run for
 * all that waits; -qI, -qR and -qS say for which.
 */
static bool run_queue(struct args *a, const char *value, struct err *e)
{
	const struct {
		char letter;
		struct list *parts;
	} kinds[] = {
		{ 'I', &a->like_id },
		{ 'R', &a->like_recipient },
		{ 'S', &a->like_sender },
	};

	act(a, ACTION_RUN);
	if (value && value[0] == '!') {
		err_set(e, ERR_USAGE, "-q%s is refused", value);
		return err_hint(e, "-qI, -qR and -qS say what shall be tried, "
				   "not what shall be left out");
	}
	for (size_t i = 0; value && i < ARRAY_LEN(kinds); i++)
		if (kinds[i].letter == value[0])
			list_add(kinds[i].parts, value + 1);
	return true;
}

/* Options that only note their value. */
static bool note(struct args *a, int id, const char *value)
{
	const struct {
		int id;
		const char **place;
	} places[] = {
		{ ID_ACCOUNT, &a->account }, { ID_FILE, &a->file },
		{ ID_FROM, &a->from },       { ID_FULL_NAME, &a->full_name },
		{ ID_ID, &a->envid },        { ID_TAG, &a->tag },
		{ ID_RMQS, &a->rmqs },
	};
	const struct {
		int id;
		bool *flag;
	} flags[] = {
		{ ID_READ_RECIPIENTS, &a->read_recipients },
		{ ID_READ_FROM, &a->read_envelope_from },
		{ ID_DOTS, &a->ignore_dots },
		{ ID_VERBOSE, &a->verbose },
		{ ID_QUIET, &a->quiet },
		{ ID_SERVERINFO, &a->serverinfo },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i].id == id) {
			*places[i].place = value;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (flags[i].id == id) {
			*flags[i].flag = true;
			return true;
		}
	return false;
}

static bool take_keyword(struct args *a, const struct opt *opt,
			 const char *value)
{
	const struct key *k = key_at((enum key_id)(opt->id - ID_KEYWORD));

	if (strcmp(k->name, "host") == 0)
		a->host_given = true;
	set_keyword(a, k->name, value);
	return true;
}

/* A file may be called anything; all else ends up where lines matter. */
static bool check_value(const struct opt *opt, const char *value, struct err *e)
{
	CLEAN(str) struct str name = STR_INIT;

	if (!value || opt->id == ID_FILE || !view_has_control(view_of(value)))
		return true;
	if (opt->letter)
		str_addf(&name, "-%c", opt->letter);
	else
		str_addf(&name, "--%s", opt->name);
	return err_set(e, ERR_USAGE,
		       "the value of %s has a control character in it: '%s'",
		       name.s, value);
}

static bool take(struct args *a, const struct opt *opt, const char *value,
		 struct err *e)
{
	if (!check_value(opt, value, e))
		return false;
	if (opt->id >= ID_KEYWORD)
		return take_keyword(a, opt, value);
	if (note(a, opt->id, value))
		return true;
	switch (opt->id) {
	case ID_MODE:
		return set_mode(a, value, e);
	case ID_OPTION_O:
		return long_o(a, value, e);
	case ID_OPTION_SMALL_O:
		return small_o(a, value, e);
	case ID_REFUSED:
		return refuse(opt, e);
	case ID_OLD_KEYWORD:
		set_old_keyword(a, opt->name, value);
		return true;
	case ID_NOTIFY:
		set_keyword(a, "dsn_notify", value);
		return true;
	case ID_RETURN:
		set_keyword(a, "dsn_return", value);
		return true;
	case ID_LOGFILE:
		set_keyword(a, "logfile", value);
		return true;
	case ID_DEBUG:
		debug(a, value);
		return true;
	case ID_PRETEND:
		act(a, ACTION_PRETEND);
		return true;
	case ID_QUEUE:
		return run_queue(a, value, e);
	case ID_CONFIGURE:
		a->configure = value;
		act(a, ACTION_CONFIGURE);
		return true;
	case ID_VERSION:
		act(a, ACTION_VERSION);
		return true;
	case ID_HELP:
		act(a, ACTION_HELP);
		return true;
	default:
		/* ID_IGNORED, and -B: the body itself says how many bits. */
		return true;
	}
}

static bool check_modes(const struct args *a, struct err *e)
{
	if (a->serverinfo && a->rmqs)
		return err_set(e, ERR_USAGE,
			       "--serverinfo and --rmqs exclude each other");
	if ((a->serverinfo || a->rmqs) && a->recipients.n > 0)
		return err_set(e, ERR_USAGE,
			       "there are no recipients with %s, but '%s' is "
			       "given",
			       a->rmqs ? "--rmqs" : "--serverinfo",
			       a->recipients.v[0]);
	return true;
}

/* What cannot be meant together. */
static bool check(const struct args *a, struct err *e)
{
	if (!check_modes(a, e))
		return false;
	if (a->account && a->host_given)
		return err_set(e, ERR_USAGE,
			       "--account and --host exclude each other");
	if (a->from && a->read_envelope_from)
		return err_set(e, ERR_USAGE,
			       "--from and --read-envelope-from "
			       "exclude each other");
	return true;
}

static bool scan(struct args *a, const struct options *options, int argc,
		 char **argv, struct err *e)
{
	struct opt_scan s = {
		.set = &options->set, .argc = argc, .argv = argv, .at = 1
	};
	const struct opt *opt;
	const char *value;

	for (;;) {
		switch (opt_next(&s, &opt, &value, e)) {
		case OPT_END:
			return check(a, e);
		case OPT_OPERAND:
			list_add(&a->recipients, value);
			break;
		case OPT_OPTION:
			if (!options_is_sendmails(options, opt))
				a->trusted_only = true;
			if (!take(a, opt, value, e))
				return false;
			break;
		case OPT_WRONG:
			return false;
		}
	}
}

/* -P and others go before the modes that ask a server. */
static void set_action(struct args *a)
{
	if (a->action != ACTION_SUBMIT)
		return;
	if (a->serverinfo)
		a->action = ACTION_INFO;
	else if (a->rmqs)
		a->action = ACTION_RMQS;
}

bool args_parse(struct args *a, int argc, char **argv, struct err *e)
{
	CLEAN(options) struct options options = OPTIONS_INIT;

	options_fill(&options, a->dialect == DIALECT_SENDMAIL);
	if (scan(a, &options, argc, argv, e)) {
		set_action(a);
		return true;
	}
	if (e->hint[0] == '\0' && a->dialect == DIALECT_SENDMAIL)
		err_hint(e, "see postrider-sendmail(8) for what is taken");
	return false;
}

void args_free(struct args *a)
{
	list_free(&a->keys);
	list_free(&a->values);
	list_free(&a->recipients);
	list_free(&a->like_id);
	list_free(&a->like_recipient);
	list_free(&a->like_sender);
}

static bool apply_one(const char *name, const char *value,
		      struct account *account, struct err *e)
{
	const struct origin origin = { .kind = ORIGIN_OPTION };
	const struct key *k = key_find(view_of(name));
	struct view v = view_of(value);

	if (!k)
		k = key_find_old(view_of(name), v, &v, e);
	if (!k && e->kind == ERR_NONE)
		return true; /* one that means nothing now */
	if (k && account_set(account, k, v, origin, e))
		return true;
	e->kind = ERR_USAGE;
	return false;
}

bool args_apply(const struct args *a, struct account *account, struct err *e)
{
	for (size_t i = 0; i < a->keys.n; i++)
		if (!apply_one(a->keys.v[i], a->values.v[i], account, e))
			return false;
	return provider_apply(account, e);
}
