#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/when.h"
#include "cli/handover.h"
#include "cli/mode.h"
#include "cli/opt.h"
#include "config/check.h"
#include "deliver/remains.h"
#include "deliver/sender.h"
#include "deliver/settings.h"
#include "msg/address.h"
#include "msg/compose.h"
#include "msg/part.h"

enum {
	ID_ACCOUNT,
	ID_AT,
	ID_ATTACH,
	ID_BCC,
	ID_BODY,
	ID_BODY_FILE,
	ID_CC,
	ID_DRY_RUN,
	ID_FILE,
	ID_FROM,
	ID_HEADER,
	ID_HTML,
	ID_JSON,
	ID_PRINT_ID,
	ID_QUIET,
	ID_REPLY_TO,
	ID_SUBJECT,
	ID_TO,
	ID_VERBOSE,
};

static const struct opt options[] = {
	{ "account", 'a', OPT_NEEDS, ID_ACCOUNT },
	{ "at", 0, OPT_NEEDS, ID_AT },
	{ "attach", 0, OPT_NEEDS, ID_ATTACH },
	{ "bcc", 0, OPT_NEEDS, ID_BCC },
	{ "body", 0, OPT_NEEDS, ID_BODY },
	{ "body-file", 0, OPT_NEEDS, ID_BODY_FILE },
	{ "cc", 0, OPT_NEEDS, ID_CC },
	{ "dry-run", 0, OPT_ALONE, ID_DRY_RUN },
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ "from", 0, OPT_NEEDS, ID_FROM },
	{ "header", 0, OPT_NEEDS, ID_HEADER },
	{ "html", 0, OPT_NEEDS, ID_HTML },
	{ "json", 0, OPT_ALONE, ID_JSON },
	{ "print-id", 0, OPT_ALONE, ID_PRINT_ID },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
	{ "reply-to", 0, OPT_NEEDS, ID_REPLY_TO },
	{ "subject", 0, OPT_NEEDS, ID_SUBJECT },
	{ "to", 0, OPT_NEEDS, ID_TO },
	{ NULL, 'v', OPT_ALONE, ID_VERBOSE },
};

struct send {
	struct ui ui;
	const char *account, *at, *file, *body_file;
	bool dry_run, print_id, json;
	struct compose compose;
	struct list recipients; /* operands: To as well */
	struct config config;
	struct account chosen;
	struct accounts fallbacks;
	struct draft body;
	struct facts body_facts;
	struct message message;
	struct store store;
	char *sender;
};

static void send_free(struct send *s)
{
	if (s->compose.body_fd > STDERR_FILENO)
		close(s->compose.body_fd);
	compose_free(&s->compose);
	list_free(&s->recipients);
	config_free(&s->config);
	account_free(&s->chosen);
	accounts_free(&s->fallbacks);
	draft_free(&s->body);
	message_free(&s->message);
	store_free(&s->store);
	free(s->sender);
}

void help_send(FILE *out)
{
	fputs("\n"
	      "  --to, --cc, --bcc ADDR    recipients; may be repeated, as\n"
	      "                            may be --header and --attach\n"
	      "  --from, --reply-to ADDR   who writes; whom to answer\n"
	      "  --subject TEXT            --header 'NAME: VALUE'\n"
	      "  --body TEXT               or --body-file FILE, or standard "
	      "input\n"
	      "  --html FILE               the same text as HTML\n"
	      "  --attach FILE[:TYPE]      a file, its type guessed\n"
	      "  --at TIME                 send it then: 18:30, +2h\n"
	      "  --print-id, --json        say what became of it\n"
	      "  --dry-run                 print the message, send nothing\n"
	      "  -a ACCOUNT  -C FILE  -v  --quiet\n\n"
	      "example: postrider send --to bob@example.com --subject Hello "
	      "--body 'See you'\n",
	      out);
}

static void take(void *who, int id, const char *value)
{
	struct send *s = who;
	const struct {
		int id;
		const char **place;
	} places[] = {
		{ ID_ACCOUNT, &s->account },
		{ ID_AT, &s->at },
		{ ID_BODY, &s->compose.body },
		{ ID_BODY_FILE, &s->body_file },
		{ ID_FILE, &s->file },
		{ ID_FROM, &s->compose.from },
		{ ID_HTML, &s->compose.html },
		{ ID_REPLY_TO, &s->compose.reply_to },
		{ ID_SUBJECT, &s->compose.subject },
	};
	const struct {
		int id;
		struct list *list;
	} lists[] = {
		{ ID_ATTACH, &s->compose.attachments },
		{ ID_BCC, &s->compose.bcc },
		{ ID_CC, &s->compose.cc },
		{ ID_HEADER, &s->compose.headers },
		{ ID_TO, &s->compose.to },
	};
	const struct {
		int id;
		bool *flag;
	} flags[] = {
		{ ID_DRY_RUN, &s->dry_run },    { ID_JSON, &s->json },
		{ ID_PRINT_ID, &s->print_id },  { ID_QUIET, &s->ui.quiet },
		{ ID_VERBOSE, &s->ui.verbose },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i].id == id)
			*places[i].place = value;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].id == id)
			list_add(lists[i].list, value);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (flags[i].id == id)
			*flags[i].flag = true;
}

static bool parse(struct send *s, int argc, char **argv, struct err *e)
{
	const struct opt_verb verb = { .v = options,
				       .n = ARRAY_LEN(options),
				       .take = take,
				       .who = s,
				       .operands = &s->compose.to };

	if (!opt_take_verb(&verb, argc, argv, e))
		return false;
	return !s->compose.body || !s->body_file ||
	       err_set(e, ERR_USAGE,
		       "--body and --body-file exclude each other");
}

/* Text from where the user said, else from standard input. */
static bool open_body(struct send *s, struct err *e)
{
	bool has_more = s->compose.html || s->compose.attachments.n > 0;

	if (s->compose.body)
		return true;
	if (s->body_file && strcmp(s->body_file, "-") != 0)
		return part_open(s->body_file, &s->compose.body_fd, e);
	if (isatty(STDIN_FILENO) && has_more)
		return true;
	if (isatty(STDIN_FILENO) && !s->ui.quiet)
		ui_note(&s->ui, "type the message; end it with Ctrl-D");
	s->compose.body_fd = STDIN_FILENO;
	return true;
}

static void add_all(struct list *to, const struct list *from)
{
	for (size_t i = 0; i < from->n; i++)
		list_add(to, from->v[i]);
}

static bool choose(struct send *s, struct err *e)
{
	if (s->compose.from && !sender_parse(s->compose.from, &s->sender, e))
		return false;
	return config_choose(&s->config, s->account, s->sender, &s->chosen,
			     e) &&
	       check_account(&s->chosen, e) &&
	       fallback_chain(&s->config, &s->chosen, &s->fallbacks, e);
}

static struct prepare wishes(const struct send *s)
{
	return (struct prepare){
		.account = &s->chosen,
		.sender = s->sender,
		.recipients = &s->recipients,
	};
}

static bool compose(struct send *s, struct err *e)
{
	add_all(&s->recipients, &s->compose.to);
	add_all(&s->recipients, &s->compose.cc);
	add_all(&s->recipients, &s->compose.bcc);
	if (s->recipients.n == 0) {
		err_set(e, ERR_USAGE, "no recipients");
		return err_hint(e, "name them: --to ADDRESS");
	}
	return open_body(s, e) &&
	       compose_message(&s->compose, &s->message.headers, &s->body,
			       &s->body_facts, e);
}

static bool prepare(struct send *s, struct err *e)
{
	const struct prepare p = wishes(s);

	return prepare_envelope(&p, &s->message, e) &&
	       prepare_composed(&p, &s->message, &s->body, &s->body_facts, e);
}

/* --at: the queue is what keeps it until then. */
static bool check_at(const struct send *s, struct err *e)
{
	const struct store *store = &s->store;

	if (store->due == 0 || s->dry_run)
		return true;
	if (store->mode == STORE_OFF && store->cannot.kind == ERR_NONE) {
		err_set(e, ERR_CONFIG,
			"account '%s' has no queue that could keep the message "
			"until then",
			s->chosen.label);
		return err_hint(e, "set queue to fallback, or leave out --at");
	}
	if (store->cannot.kind != ERR_NONE)
		*e = store->cannot;
	return store->cannot.kind == ERR_NONE;
}

static bool open_store(struct send *s, struct err *e)
{
	s->store.config = &s->config;
	s->store.account = &s->chosen;
	s->store.tag = s->ui.program;
	s->store.insists = true;
	if (!s->dry_run)
		store_open(&s->store, &s->message);
	return check_at(s, e);
}

static bool print_message(const struct send *s, struct err *e)
{
	const struct envelope *env = &s->message.envelope;
	CLEAN(str) struct str place = STR_INIT;
	uint64_t offset = 0;
	char buf[4096];
	size_t got;

	settings_add_place(&s->chosen, &place);
	printf("account %s, %s\nsender <%s>\n", s->chosen.label, place.s,
	       env->sender);
	for (size_t i = 0; i < env->recipients.n; i++)
		printf("recipient <%s>\n", env->recipients.v[i]);
	putchar('\n');
	do {
		if (!draft_read(&s->message.draft, offset, buf, sizeof(buf),
				&got, e))
			return false;
		fwrite(buf, 1, got, stdout);
		offset += got;
	} while (got > 0);
	return true;
}

static int dry_run(const struct send *s)
{
	struct err e = ERR_INIT;

	if (!print_message(s, &e))
		return fail(&s->ui, &e);
	if (s->message.left_out.n == 0)
		return 0;
	ui_left_out(&s->ui, &s->message.left_out, &s->message.why_left_out);
	return fail(&s->ui, &s->message.why_left_out);
}

static bool read_at(struct send *s, struct err *e)
{
	int64_t now = (int64_t)time(NULL);

	if (!s->at)
		return true;
	if (!when_parse(view_of(s->at), now, &s->store.due))
		return err_set(e, ERR_USAGE, "--at: '%s' is not " WHEN_FORMS,
			       s->at);
	return s->store.due > now ||
	       err_set(e, ERR_USAGE, "--at: '%s' has passed already", s->at);
}

static bool check_usage(struct send *s, struct err *e)
{
	if (s->print_id && s->json)
		return err_set(e, ERR_USAGE,
			       "--print-id and --json exclude each other");
	return read_at(s, e) && (!s->file || check_restrictions(e));
}

static int nothing_sent(const struct send *s, const struct err *e)
{
	ui_error(&s->ui, e);
	ui_note(&s->ui, "nothing was sent");
	return err_exit_status(e);
}

static int refuse(struct send *s, const struct handover *h, const struct err *e)
{
	const struct prepare p = wishes(s);
	struct err more = ERR_INIT;

	return refuse_message(h, e,
			      s->store.mode != STORE_OFF &&
				      remains_composed(&p, &s->message,
						       &s->body, &s->body_facts,
						       e, &more));
}

static int submit(struct send *s)
{
	const struct handover h = {
		.ui = &s->ui,
		.fallbacks = &s->fallbacks,
		.message = &s->message,
		.store = &s->store,
		.notes = !s->ui.quiet,
		.report = s->json       ? HANDOVER_JSON
			  : s->print_id ? HANDOVER_ID
					: HANDOVER_SILENT,
	};
	struct err e = ERR_INIT;

	if (prepare(s, &e))
		return s->dry_run ? dry_run(s) : hand_over(&h);
	err_context(&e, "account '%s'", s->chosen.label);
	return s->dry_run ? nothing_sent(s, &e) : refuse(s, &h, &e);
}

int cmd_send(int argc, char **argv)
{
	CLEAN(send)
	struct send s = {
		.ui = { .program = "postrider", .dialogue = stderr },
		.compose = COMPOSE_INIT,
		.message = MESSAGE_INIT,
		.body = DRAFT_INIT,
		.store = STORE_INIT,
	};
	struct err e = ERR_INIT;

	if (!parse(&s, argc, argv, &e) || !check_usage(&s, &e))
		return fail(&s.ui, &e);
	if (!load_config(&s.ui, s.file, false, false, &s.config, &e))
		return err_exit_status(&e);
	if (!choose(&s, &e) || !open_store(&s, &e) || !compose(&s, &e))
		return nothing_sent(&s, &e);
	return submit(&s);
}
