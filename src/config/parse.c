#include "config.h"

#include "config/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/scan.h"
#include "config/fallback.h"
#include "config/files.h"
#include "config/section.h"

/* A mistake or note is one line of at most so many bytes. */
#define LINE_OF_WORDS_MAX 1500
#define PREFIX "POSTRIDER_"

void config_free(struct config *c)
{
	for (size_t i = 0; i < c->n; i++)
		account_free(&c->v[i]);
	free(c->v);
	list_free(&c->files);
	list_free(&c->notes);
	list_free(&c->mistakes);
	list_free(&c->passed);
	*c = CONFIG_INIT;
}

struct account *config_add(struct config *c)
{
	if (c->n == c->cap) {
		c->cap = c->cap > 0 ? 2 * c->cap : 8;
		c->v = mem_resize(c->v, c->cap, sizeof(*c->v));
	}
	return &c->v[c->n++];
}

static void add_words(struct list *l, const char *where, const char *words)
{
	CLEAN(str) struct str text = STR_INIT;

	if (l->n > CONFIG_WORDS_MAX)
		return;
	str_add_printable(&text, view_of(where));
	str_add_printable(&text, view_of(l->n < CONFIG_WORDS_MAX
						 ? words
						 : "and more of this kind"));
	list_add(l, str_chars(&text));
}

void config_mistake(struct config *c, struct origin where, const char *fmt, ...)
{
	CLEAN(str) struct str place = STR_INIT;
	char words[LINE_OF_WORDS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (where.file)
		str_addf(&place, "%s:%d: ", where.file, where.line);
	add_words(&c->mistakes, str_chars(&place), words);
}

void config_note(struct config *c, const char *fmt, ...)
{
	char words[LINE_OF_WORDS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	add_words(&c->notes, "", words);
}

static void mistake_with_hint(struct config *c, struct origin where,
			      const struct err *e)
{
	if (e->hint[0] != '\0')
		config_mistake(c, where, "%s (%s)", e->text, e->hint);
	else
		config_mistake(c, where, "%s", e->text);
}

/* What msmtp calls it, whose words scripts may read. */
static const char *sections_kind(const struct sections *s)
{
	return s->system ? "system configuration file"
			 : "user configuration file";
}

/* --- one file, and what it includes --------------------------------------- */

/* The files that are being read, innermost first. */
struct opened {
	const struct opened *outer;
	dev_t device;
	ino_t inode;
	int depth;
};

static bool is_open(const struct opened *o, const struct stat *st)
{
	for (; o; o = o->outer)
		if (o->device == st->st_dev && o->inode == st->st_ino)
			return true;
	return false;
}

/*
 * Read, judge, and only then take the lines of one file.  False where it was
 * not read; what is wrong with its lines are mistakes.
 */
static bool take_file(struct sections *s, const char *path, struct err *e)
{
	const struct opened *outer = s->door_state;
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct config *c = s->config;
	struct opened self = { .outer = outer };
	enum file_holds holds;
	struct stat st;

	if (c->loaded >= CONFIG_FILES_MAX)
		return err_set(e, ERR_CONFIG, "more than %d files",
			       CONFIG_FILES_MAX);
	if (!file_read(path, CONFIG_FILE_MAX, &text, &st, e))
		return false;
	if (is_open(outer, &st))
		return err_set(e, ERR_CONFIG, "'%s' includes itself", path);
	holds = sections_holds(secret_view(&text));
	if (s->system && holds == FILE_HOLDS_SECRET)
		holds = FILE_HOLDS_SHARED;
	if (!file_check(path, &st, holds, e))
		return false;
	list_add(&c->files, path);
	c->loaded++;
	config_note(c, "loaded %s %s", sections_kind(s), path);
	self.device = st.st_dev;
	self.inode = st.st_ino;
	self.depth = outer ? outer->depth + 1 : 0;
	s->door_state = &self;
	sections_take(s, c->files.v[c->files.n - 1], secret_view(&text));
	s->door_state = outer;
	return true;
}

/* A file of the system's that is there, but not for us. */
static bool pass_over(struct sections *s, const char *path)
{
	if (!s->system || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ||
	    errno != EACCES)
		return false;
	list_add(&s->config->passed, path);
	config_note(s->config, "ignoring %s %s: %s", sections_kind(s), path,
		    strerror(EACCES));
	return true;
}

/* Relative to the folder of the file that says so; ~ is expanded. */
static char *include_path(const char *file, const char *pattern)
{
	char *expanded = file_expand(pattern);
	const char *slash = strrchr(file, '/');
	struct str path = STR_INIT;

	if (expanded[0] == '/' || !slash)
		return expanded;
	str_add(&path, (struct view){ file, (size_t)(slash - file) + 1 });
	str_adds(&path, expanded);
	free(expanded);
	return str_detach(&path);
}

static void include(struct sections *s, struct origin where,
		    const char *pattern)
{
	const struct opened *self = s->door_state;
	CLEAN(mem_string) char *path = include_path(where.file, pattern);
	glob_t found = { 0 };

	if (self->depth >= CONFIG_INCLUDE_DEPTH) {
		config_mistake(s->config, where,
			       "files are included more than %d deep",
			       CONFIG_INCLUDE_DEPTH);
		return;
	}
	if (glob(path, GLOB_NOMAGIC, NULL, &found) != 0)
		return; /* a pattern may fit nothing */
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct err e = ERR_INIT;

		if (!take_file(s, found.gl_pathv[i], &e) &&
		    !pass_over(s, found.gl_pathv[i]))
			mistake_with_hint(s->config, where, &e);
	}
	globfree(&found);
}

static bool run(const char *command, struct secret *out, struct err *e)
{
	return proc_first_line("eval", command,
			       clock_after_s(CONFIG_EVAL_LIMIT_S), out, e);
}

static const struct section_doors doors = { include, run };

/* --- the user's file and the system's --------------------------------------
 */

/* Folders that we may not even look into are somebody else's. */
static bool is_hidden(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == EACCES;
}

/* True where the search ends here. */
static bool try_place(struct sections *s, const char *path)
{
	const struct origin nowhere = { 0 };
	struct err e = ERR_INIT;

	if (take_file(s, path, &e))
		return true;
	if (e.kind == ERR_NOINPUT) {
		config_note(s->config, "ignoring %s %s: %s", sections_kind(s),
			    path, strerror(ENOENT));
		return false;
	}
	if (pass_over(s, path))
		return false;
	if (is_hidden(path)) {
		config_note(s->config,
			    "ignoring %s %s: it is in a folder that is closed "
			    "to this user",
			    sections_kind(s), path);
		return false;
	}
	mistake_with_hint(s->config, nowhere, &e);
	return true;
}

static void try_places(struct sections *s, const struct list *places)
{
	bool found = false;

	for (size_t i = 0; i < places->n; i++)
		if (found)
			config_note(s->config,
				    "ignoring %s %s: another file comes first",
				    sections_kind(s), places->v[i]);
		else
			found = try_place(s, places->v[i]);
}

static bool load_named(struct sections *s, const char *path, struct err *e)
{
	const struct origin nowhere = { 0 };

	if (take_file(s, path, e))
		return true;
	if (e->kind == ERR_NOINPUT)
		return false;
	mistake_with_hint(s->config, nowhere, e);
	return true;
}

static bool load_user(struct config *c, const struct config_wishes *w,
		      struct err *e)
{
	CLEAN(sections) struct sections s;
	CLEAN(list) struct list places = LIST_INIT;
	const char *named = files_named(w);

	sections_init(&s, c, &doors, false);
	if (named)
		return load_named(&s, named, e);
	files_user(c, w, &places);
	try_places(&s, &places);
	return true;
}

static bool has_label(const struct config *c, size_t n, const char *label)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(c->v[i].label, label) == 0)
			return true;
	return false;
}

/* The user's account of a name replaces the system's whole. */
static void drop_replaced(struct config *c, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < c->n; i++)
		if (has_label(c, first, c->v[i].label))
			account_free(&c->v[i]);
		else
			c->v[kept++] = c->v[i];
	c->n = kept;
}

static void load_system(struct config *c, const struct config_wishes *w)
{
	CLEAN(sections) struct sections s;
	CLEAN(list) struct list places = LIST_INIT;

	sections_init(&s, c, &doors, true);
	files_system(w, &places);
	try_places(&s, &places);
	drop_replaced(c, s.first);
}

/* --- the environment -------------------------------------------------------
 */

static const char *variable_of_key(const struct key *k, struct str *name)
{
	str_adds(name, PREFIX);
	for (const char *p = k->name; *p; p++)
		str_addc(name, ascii_upper(*p));
	return getenv(name->s);
}

/* What may be repeated in a file has a line for each in its variable. */
static bool set_lines(struct account *a, const struct key *k, struct view value,
		      struct err *e)
{
	const struct origin from = { .kind = ORIGIN_ENVIRONMENT };
	struct scan lines = scan_of(value);

	if (k->type != KEY_LINES)
		return account_set(a, k, value, from, e);
	while (!scan_done(&lines)) {
		struct view line = view_trim(scan_until(&lines, '\n'));

		if (line.n > 0 && !account_set(a, k, line, from, e))
			return false;
	}
	return true;
}

static void set_from_variable(struct config *c, struct account *a,
			      const struct key *k)
{
	const struct origin from = { .kind = ORIGIN_ENVIRONMENT };
	const struct origin nowhere = { 0 };
	CLEAN(str) struct str name = STR_INIT;
	const char *value = variable_of_key(k, &name);
	struct err e = ERR_INIT;

	if (!value || *value == '\0')
		return;
	if (set_lines(a, k, view_of(value), &e))
		a->place = from;
	else
		config_mistake(c, nowhere, "$%s: %s", name.s, e.text);
}

/* Containers have no file but an environment: it makes `default`. */
static void load_environment(struct config *c)
{
	struct account a;

	account_init(&a, "default");
	if (c->msmtp_name)
		account_as_msmtp(&a);
	for (int i = 0; i < KEY_COUNT; i++)
		if (i != KEY_ID_restrict_options)
			set_from_variable(c, &a, key_at((enum key_id)i));
	if (a.place.kind != ORIGIN_ENVIRONMENT) {
		account_free(&a);
		return;
	}
	*config_add(c) = a;
	config_note(c, "account 'default' was made of " PREFIX
		       "* in the environment");
}

bool config_load(struct config *c, const struct config_wishes *w, struct err *e)
{
	c->msmtp_name = w->msmtp_name;
	c->later = w->later;
	if (!w->system_only && !load_user(c, w, e))
		return false;
	c->notes_of_user = c->notes.n;
	c->files_of_user = c->files.n;
	load_system(c, w);
	if (c->loaded == 0 && !w->system_only && !w->ignore_environment)
		load_environment(c);
	fallback_check(c);
	if (c->mistakes.n == 0)
		return true;
	return err_set(e, ERR_CONFIG, "%zu %s in the configuration",
		       c->mistakes.n,
		       c->mistakes.n == 1 ? "mistake" : "mistakes");
}
