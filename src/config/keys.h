/*
 * keys: THE table of keywords.
 *
 * keys.def has one row for each; from it come the fields of struct account,
 * the parser, the long options, `postrider config`, "did you mean", the
 * completions and a test of the manual page.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct account;
struct err;

enum key_type {
	KEY_STR,
	KEY_FILE,
	KEY_COMMAND,
	KEY_SECRET,
	KEY_BOOL,
	KEY_INT,
	KEY_DURATION,
	KEY_SIZE,
	KEY_CHOICE,
	KEY_LIST,
	KEY_LINES,
	KEY_TYPE_COUNT
};

/* Flags.  An empty argument means the default unless one says otherwise. */
enum {
	KEY_NEEDED = 1,           /* an empty argument is an error */
	KEY_NO_OPTION = 2,        /* there is no long option */
	KEY_ON_IF_EMPTY = 4,      /* an empty argument means on */
	KEY_IS_SECRET = 8,        /* the value is never shown */
	KEY_HOLDS_COMMAND = 16,   /* makes its file one that holds a command */
	KEY_FIRST_IF_EMPTY = 32,  /* an empty argument means the 1st choice */
	KEY_EMPTY_COUNTS = 64,    /* "" is a value, other than unset (NULL) */
	KEY_EMPTY_UNSETS = 128,   /* NULL, though there is a default */
	KEY_HIDES_PASSWORD = 256, /* an URL whose password is not shown */
};

enum key_id {
#define K(type, name, ...) KEY_ID_##name,
#include "config/keys.def"
#undef K
	KEY_COUNT
};

struct key {
	const char *name;
	const char *fallback; /* the default as text, or NULL */
	const char *argument;
	const char *choices;
	const char *help;
	enum key_type type;
	unsigned flags;
	size_t offset; /* in struct account */
};

const struct key *key_at(enum key_id id);
enum key_id key_id(const struct key *k);

/* By name as in a file (case folded); NULL where there is none. */
const struct key *key_find(struct view name);

/* The word of a CHOICE (or LIST) at index; empty past the last.  Static. */
struct view key_choice(const struct key *k, int index);

/* The index of a word or of another spelling, case folded; -1: none. */
int key_choice_index(const struct key *k, struct view word);

/*
 * Old and other names: connect_timeout, keepbcc, tls_nocertcheck, ...: the
 * keyword that is meant and the value to give it for `value`.  *out is a
 * static string or value itself.  NULL, with e left alone, where the name is
 * no old one; NULL with ERR_CONFIG where the old name does not take value.
 */
const struct key *key_find_old(struct view name, struct view value,
			       struct view *out, struct err *e);

/*
 * Why a keyword that others know means nothing here ("... was taken out of
 * TLS"); NULL where the name is no such one.  Whatever its value is, it is
 * accepted and has no effect.
 */
const char *key_find_ignored(struct view name);

/* Words that shape a file rather than set a value. */
enum key_structure {
	KEY_STRUCTURE_NONE,
	KEY_STRUCTURE_ACCOUNT,
	KEY_STRUCTURE_DEFAULTS,
	KEY_STRUCTURE_EVAL,
	KEY_STRUCTURE_INCLUDE,
	KEY_STRUCTURE_COUNT
};

enum key_structure key_find_structure(struct view name);

/* The keyword nearest to a misspelt one, or NULL where none is near. */
const char *key_nearest(struct view name);

#endif
