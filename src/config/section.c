#include "config.h"

#include "config/section.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/lex.h"
#include "config/value.h"

#define DEFAULT_NAME "default"

/* --- what is wrong ------------------------------------------------------- */

static void mistake_of(struct config *c, struct origin where,
		       const struct err *e)
{
	config_mistake(c, where, "%s", e->text);
}

static void note_ignored(struct config *c, struct origin where,
			 struct view word, const char *why)
{
	CLEAN(mem_string) char *name = mem_copy_n(word.p, word.n);

	config_note(c, "%s:%d: %s has no effect: %s", where.file, where.line,
		    name, why);
}

static bool is_name_byte(char c)
{
	return ascii_is_alnum(c) || c == '_' || c == '-';
}

/* The part of a word that may be shown: what follows a = or : in it may be
 * meant as a secret. */
static struct view name_part(struct view word)
{
	size_t n = 0;

	while (n < word.n && is_name_byte(word.p[n]))
		n++;
	return view_part(word, 0, n);
}

static void mistake_unknown(const struct sections *s, struct origin where,
			    struct view word)
{
	CLEAN(str) struct str text = STR_INIT;
	struct view name = name_part(word);
	const char *near = key_nearest(name);

	if (name.n == 0 || s->evaluating) {
		config_mistake(s->config, where,
			       "this does not begin with a keyword");
		return;
	}
	str_adds(&text, "unknown keyword ");
	value_quote(&text, name);
	if (name.n < word.n && near)
		str_addf(&text, "; write '%s', a blank, and the value", near);
	else if (near)
		str_addf(&text, "; did you mean '%s'?", near);
	config_mistake(s->config, where, "%s", text.s);
}

/* --- sections and accounts ----------------------------------------------- */

void sections_init(struct sections *s, struct config *c,
		   const struct section_doors *doors, bool system)
{
	*s = (struct sections){
		.config = c, .doors = doors, .first = c->n, .system = system
	};
	account_init(&s->defaults, "");
	account_init(&s->dropped, "");
	if (c->msmtp_name)
		account_as_msmtp(&s->defaults);
}

void sections_free(struct sections *s)
{
	account_free(&s->defaults);
	account_free(&s->dropped);
}

static struct account *find(const struct sections *s, struct view name)
{
	for (size_t i = s->first; i < s->config->n; i++)
		if (view_is(name, s->config->v[i].label))
			return &s->config->v[i];
	return NULL;
}

static void open_account(struct sections *s, struct origin where,
			 struct view name)
{
	struct account *a = config_add(s->config);

	account_copy(a, &s->defaults);
	mem_string_free(&a->label);
	a->label = mem_copy_n(name.p, name.n);
	a->place = where;
	s->open = (struct section){ SECTION_ACCOUNT, s->config->n - 1 };
}

static bool name_is_fit(const struct sections *s, struct origin where,
			struct view name)
{
	const struct account *before;

	if (name.n == 0 || view_has_control(name) ||
	    memchr(name.p, ',', name.n)) {
		config_mistake(s->config, where,
			       "an account needs a name, without ':' and ','");
		return false;
	}
	before = find(s, name);
	if (before) {
		config_mistake(s->config, where,
			       "account '%s' is there already, since %s:%d",
			       before->label, before->place.file,
			       before->place.line);
		return false;
	}
	if (s->config->n - s->first >= SECTION_ACCOUNTS_MAX) {
		config_mistake(s->config, where, "more than %d accounts",
			       SECTION_ACCOUNTS_MAX);
		return false;
	}
	return true;
}

static void inherit_one(struct sections *s, struct origin where,
			struct view name)
{
	struct account *child = &s->config->v[s->open.index];
	CLEAN(str) struct str quoted = STR_INIT;
	const struct account *parent = find(s, name);

	if (parent && parent != child) {
		account_inherit(child, parent);
		return;
	}
	value_quote(&quoted, name);
	config_mistake(s->config, where,
		       "there is no account %s above to take settings from",
		       quoted.s);
}

static void inherit(struct sections *s, struct origin where,
		    struct view parents)
{
	while (parents.n > 0) {
		const char *comma = memchr(parents.p, ',', parents.n);
		size_t n = comma ? (size_t)(comma - parents.p) : parents.n;

		inherit_one(s, where, view_trim(view_part(parents, 0, n)));
		parents = view_part(parents, n + 1, parents.n);
	}
}

/* Settings before the first account, in whichever file, are of `default`. */
static void open_default(struct sections *s, struct origin where)
{
	struct view name = view_of(DEFAULT_NAME);

	if (s->unnamed.kind == SECTION_NONE) {
		s->unnamed.kind = SECTION_DROPPED;
		if (name_is_fit(s, where, name)) {
			open_account(s, where, name);
			s->unnamed = s->open;
		}
	}
	s->open = s->unnamed;
}

/* Where the next setting goes to. */
static struct account *target(struct sections *s, struct origin where)
{
	if (s->open.kind == SECTION_NONE)
		open_default(s, where);
	switch (s->open.kind) {
	case SECTION_DEFAULTS:
		return &s->defaults;
	case SECTION_ACCOUNT:
		return &s->config->v[s->open.index];
	case SECTION_NONE:
	case SECTION_DROPPED:
	default:
		return &s->dropped;
	}
}

/* --- one line ------------------------------------------------------------ */

static void take_line(struct sections *s, const struct lex_line *line,
		      struct origin where);

static void take_account(struct sections *s, const struct lex_line *line,
			 struct origin where)
{
	struct view arg = line->argument;
	const char *colon = arg.n > 0 ? memchr(arg.p, ':', arg.n) : NULL;
	size_t n = colon ? (size_t)(colon - arg.p) : arg.n;
	struct view name = view_trim(view_part(arg, 0, n));
	struct view parents = view_trim(view_part(arg, n + 1, arg.n));

	if (!name_is_fit(s, where, name)) {
		s->open.kind = SECTION_DROPPED;
		return;
	}
	open_account(s, where, name);
	if (colon && parents.n == 0)
		config_mistake(s->config, where, "no account follows the ':'");
	inherit(s, where, parents);
}

static void take_defaults(struct sections *s, const struct lex_line *line,
			  struct origin where)
{
	s->open.kind = SECTION_DEFAULTS;
	if (line->argument.n > 0)
		config_mistake(s->config, where, "defaults takes no argument");
}

/* The argument as a C string, or NULL and a mistake. */
static char *argument_of(struct sections *s, const struct lex_line *line,
			 struct origin where, bool possible)
{
	struct view arg = line->argument;
	CLEAN(mem_string)
	char *word = mem_copy_n(line->keyword.p, line->keyword.n);

	if (arg.n == 0) {
		config_mistake(s->config, where, "%s needs an argument", word);
		return NULL;
	}
	for (size_t i = 0; i < arg.n; i++)
		if (ascii_is_control(arg.p[i]) && arg.p[i] != '\t') {
			config_mistake(s->config, where,
				       "%s: a control character", word);
			return NULL;
		}
	if (!possible) {
		config_mistake(s->config, where, "%s is not possible here",
			       word);
		return NULL;
	}
	return mem_copy_n(arg.p, arg.n);
}

static void take_include(struct sections *s, const struct lex_line *line,
			 struct origin where)
{
	CLEAN(mem_string)
	char *pattern = argument_of(s, line, where,
				    s->doors && s->doors->include);

	if (pattern)
		s->doors->include(s, where, pattern);
}

static void take_printed(struct sections *s, struct view text,
			 struct origin where)
{
	struct lex_line line;

	if (!lex_split(text, &line))
		return;
	s->evaluating = true;
	take_line(s, &line, where);
	s->evaluating = false;
}

static void take_eval(struct sections *s, const struct lex_line *line,
		      struct origin where)
{
	CLEAN(mem_string)
	char *command = argument_of(
		s, line, where, s->doors && s->doors->run && !s->evaluating);
	CLEAN(secret) struct secret printed = SECRET_INIT;
	struct err e = ERR_INIT;

	if (!command)
		return;
	if (s->doors->run(command, &printed, &e))
		take_printed(s, secret_view(&printed), where);
	else
		mistake_of(s->config, where, &e);
}

static void (*const structures[KEY_STRUCTURE_COUNT])(
	struct sections *s, const struct lex_line *line,
	struct origin where) = {
	[KEY_STRUCTURE_ACCOUNT] = take_account,
	[KEY_STRUCTURE_DEFAULTS] = take_defaults,
	[KEY_STRUCTURE_EVAL] = take_eval,
	[KEY_STRUCTURE_INCLUDE] = take_include,
};

static bool is_variable_byte(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

/* The name in a value that is written env:NAME; empty where it is not. */
static struct view variable_of(struct view value)
{
	struct view name = view_part(value, strlen("env:"), value.n);

	if (!view_starts(value, "env:") || name.n == 0 ||
	    ascii_is_digit(name.p[0]))
		return VIEW_NONE;
	for (size_t i = 0; i < name.n; i++)
		if (!is_variable_byte(name.p[i]))
			return VIEW_NONE;
	return name;
}

static bool from_environment(struct view *value, bool *was, struct err *e)
{
	struct view variable = variable_of(*value);
	CLEAN(mem_string) char *name = NULL;
	const char *found;

	if (variable.n == 0)
		return true;
	name = mem_copy_n(variable.p, variable.n);
	found = getenv(name);
	if (!found)
		return err_set(e, ERR_CONFIG,
			       "the environment has no variable '%s'", name);
	*value = view_of(found);
	*was = true;
	return true;
}

/* Who may do what on this machine is for the administrator to say. */
static void restrict_options(struct sections *s, const struct account *a,
			     struct origin where)
{
	if (s->system)
		s->config->restrict_options = a->restrict_options;
	else
		note_ignored(s->config, where, view_of("restrict_options"),
			     "it counts in the system's file only");
}

static void take_setting(struct sections *s, const struct key *k,
			 struct view value, struct origin where)
{
	struct account *a = target(s, where);
	struct err e = ERR_INIT;

	where.inherited = s->open.kind == SECTION_DEFAULTS;
	if (!from_environment(&value, &where.variable, &e)) {
		if (!s->config->later)
			mistake_of(s->config, where, &e);
		return;
	}
	if (!account_set(a, k, value, where, &e)) {
		if (s->evaluating || where.variable)
			err_set(&e, ERR_CONFIG,
				"%s: the value that was found for it does "
				"not fit",
				k->name);
		mistake_of(s->config, where, &e);
		return;
	}
	if (key_id(k) == KEY_ID_restrict_options)
		restrict_options(s, a, where);
}

static void take_keyword(struct sections *s, const struct lex_line *line,
			 struct origin where)
{
	const struct key *k = key_find(line->keyword);
	struct view value = line->argument;
	struct err e = ERR_INIT;
	const char *ignored;

	if (!k)
		k = key_find_old(line->keyword, line->argument, &value, &e);
	if (k) {
		take_setting(s, k, value, where);
		return;
	}
	if (e.kind != ERR_NONE) {
		mistake_of(s->config, where, &e);
		return;
	}
	ignored = key_find_ignored(line->keyword);
	if (ignored)
		note_ignored(s->config, where, line->keyword, ignored);
	else
		mistake_unknown(s, where, line->keyword);
}

static void take_line(struct sections *s, const struct lex_line *line,
		      struct origin where)
{
	enum key_structure structure = key_find_structure(line->keyword);

	if (line->length > CONFIG_LINE_MAX)
		config_mistake(s->config, where,
			       "the line is longer than %d bytes",
			       CONFIG_LINE_MAX);
	else if (structure != KEY_STRUCTURE_NONE)
		structures[structure](s, line, where);
	else
		take_keyword(s, line, where);
}

void sections_take(struct sections *s, const char *name, struct view text)
{
	struct origin where = { .kind = ORIGIN_FILE, .file = name };
	struct section before = s->open;
	struct lex_line line;
	struct lex lex;

	lex_init(&lex, text);
	while (lex_next(&lex, &line)) {
		where.line = line.line;
		take_line(s, &line, where);
	}
	s->open = before;
}

static enum file_holds line_holds(const struct lex_line *line)
{
	const struct key *k = key_find(line->keyword);

	if (key_find_structure(line->keyword) == KEY_STRUCTURE_EVAL)
		return FILE_HOLDS_COMMAND;
	if (!k || line->argument.n == 0)
		return FILE_HOLDS_SETTINGS;
	if ((k->flags & KEY_IS_SECRET) != 0 &&
	    variable_of(line->argument).n == 0)
		return FILE_HOLDS_SECRET;
	if ((k->flags & KEY_HIDES_PASSWORD) != 0 &&
	    value_url_password(line->argument).n > 0)
		return FILE_HOLDS_SECRET;
	return (k->flags & KEY_HOLDS_COMMAND) != 0 ? FILE_HOLDS_COMMAND
						   : FILE_HOLDS_SETTINGS;
}

enum file_holds sections_holds(struct view text)
{
	enum file_holds most = FILE_HOLDS_SETTINGS;
	struct lex_line line;
	struct lex lex;

	lex_init(&lex, text);
	while (lex_next(&lex, &line)) {
		enum file_holds holds = line_holds(&line);

		if (holds > most)
			most = holds;
	}
	return most;
}
