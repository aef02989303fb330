#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/mode.h"
#include "cli/opt.h"
#include "config/check.h"

enum {
	ID_ACCOUNT,
	ID_FILE,
	ID_JSON,
	ID_VERBOSE,
	ID_QUIET
};

static const struct opt options[] = {
	{ "account", 'a', OPT_NEEDS, ID_ACCOUNT },
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ "json", 0, OPT_ALONE, ID_JSON },
	{ "verbose", 'v', OPT_ALONE, ID_VERBOSE },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
};

struct wanted {
	const char *account;
	const char *file;
	bool json;
	struct ui ui;
};

static void take(void *who, int id, const char *value)
{
	struct wanted *w = who;

	switch (id) {
	case ID_ACCOUNT:
		w->account = value;
		break;
	case ID_FILE:
		w->file = value;
		break;
	case ID_JSON:
		w->json = true;
		break;
	case ID_VERBOSE:
		w->ui.verbose = true;
		break;
	case ID_QUIET:
	default:
		w->ui.quiet = true;
		break;
	}
}

static bool parse(struct wanted *w, int argc, char **argv, struct err *e)
{
	const struct opt_verb verb = {
		.v = options, .n = ARRAY_LEN(options), .take = take, .who = w
	};

	return opt_take_verb(&verb, argc, argv, e);
}

static const char *origin_name(enum origin_kind kind)
{
	static const char *const names[] = {
		[ORIGIN_DEFAULT] = "default",
		[ORIGIN_FILE] = "file",
		[ORIGIN_OPTION] = "option",
		[ORIGIN_ENVIRONMENT] = "environment",
		[ORIGIN_PROVIDER] = "provider",
	};

	return names[kind];
}

static void show_origin(const struct origin *o)
{
	if (o->kind == ORIGIN_FILE)
		printf("%s:%d%s", o->file, o->line,
		       o->inherited ? " (defaults)" : "");
	else
		printf("%s", origin_name(o->kind));
}

static void show_line(const struct account *a, const struct key *k,
		      const char *value)
{
	printf("%-22s %-30s # ", k->name, value);
	show_origin(&a->origin[key_id(k)]);
	putchar('\n');
}

/* A keyword that may be repeated has a line for each. */
static void show_setting(const struct account *a, const struct key *k)
{
	const struct list *lines = account_lines(a, k);
	CLEAN(str) struct str value = STR_INIT;

	for (size_t i = 0; lines && i < lines->n; i++)
		show_line(a, k, lines->v[i]);
	if (lines && lines->n > 0)
		return;
	account_show(a, k, &value);
	show_line(a, k, str_chars(&value));
}

static void show_text(const struct config *c, const struct account *a)
{
	CLEAN(list) struct list advice = LIST_INIT;

	for (size_t i = 0; i < c->notes.n; i++)
		printf("# %s\n", c->notes.v[i]);
	printf("account %s\n", a->label);
	for (size_t i = 0; i < KEY_COUNT; i++)
		show_setting(a, key_at((enum key_id)i));
	check_advice(a, &advice);
	for (size_t i = 0; i < advice.n; i++)
		printf("# advice: %s\n", advice.v[i]);
}

static void add_strings(struct str *out, const char *name, const struct list *l)
{
	str_addf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			str_addc(out, ',');
		json_add_string(out, view_of(l->v[i]));
	}
	str_addc(out, ']');
}

/* Lines are a list, all else is text as in a file. */
static void add_value(struct str *out, const struct account *a,
		      const struct key *k)
{
	const struct list *lines = account_lines(a, k);
	CLEAN(str) struct str value = STR_INIT;

	if (lines) {
		add_strings(out, "value", lines);
		return;
	}
	account_show(a, k, &value);
	json_add_member(out, "value", str_view(&value));
}

static void add_setting(struct str *out, const struct account *a,
			const struct key *k, const struct origin *o)
{
	CLEAN(str) struct str line = STR_INIT;

	str_adds(out, out->s[out->len - 1] == '[' ? "{" : ",{");
	json_add_member(out, "name", view_of(k->name));
	add_value(out, a, k);
	json_add_member(out, "origin", view_of(origin_name(o->kind)));
	if (o->kind == ORIGIN_FILE) {
		str_addf(&line, "%d", o->line);
		json_add_member(out, "file", view_of(o->file));
		json_add_raw_member(out, "line", line.s);
	}
	str_addc(out, '}');
}

static void show_json(const struct config *c, const struct account *a)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(list) struct list advice = LIST_INIT;

	str_addc(&out, '{');
	json_add_member(&out, "account", view_of(a->label));
	add_strings(&out, "files", &c->files);
	str_adds(&out, ",\"settings\":[");
	for (size_t i = 0; i < KEY_COUNT; i++)
		add_setting(&out, a, key_at((enum key_id)i), &a->origin[i]);
	str_addc(&out, ']');
	check_advice(a, &advice);
	add_strings(&out, "advice", &advice);
	str_addc(&out, '}');
	puts(out.s);
}

int cmd_config(int argc, char **argv)
{
	struct wanted w = { .ui = { .program = "postrider" } };
	CLEAN(config) struct config c = CONFIG_INIT;
	struct accounts fallbacks = ACCOUNTS_INIT;
	struct account a;
	struct err e = ERR_INIT;

	if (!parse(&w, argc, argv, &e) || (w.file && !check_restrictions(&e)))
		return fail(&w.ui, &e);
	if (!load_config(&w.ui, w.file, false, false, &c, &e))
		return err_exit_status(&e);
	if (!config_choose(&c, w.account, NULL, &a, &e)) {
		ui_notes(&w.ui, &c.notes);
		return fail(&w.ui, &e);
	}
	if (!fallback_chain(&c, &a, &fallbacks, &e)) {
		account_free(&a);
		return fail(&w.ui, &e);
	}
	accounts_free(&fallbacks);
	if (w.json)
		show_json(&c, &a);
	else
		show_text(&c, &a);
	account_free(&a);
	return 0;
}
