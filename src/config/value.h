/*
 * value: one setting, from text into a field of struct account and back.
 *
 * What a field is in C is decided by the key's type (account.h); here is a
 * table with a row for each type.  field points to the field of one account.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/keys.h"

struct err;

/* A list holds at most so many words, or lines. */
#define VALUE_WORDS_MAX 1000

/*
 * Replace what field holds (LINES: add to it).  text is not empty and has been
 * through value_check.  ERR_CONFIG, and field as it was, where text is not of
 * the key's type.
 */
bool value_set(void *field, const struct key *k, struct view text,
	       struct err *e) ATTR_MUST_USE;

/* Unset: NULL, no words, off, 0, DURATION_UNSET. */
void value_clear(void *field, const struct key *k);

/* As the table of keywords has it. */
void value_default(void *field, const struct key *k);

/* to holds a value already (value_clear at least); it is replaced. */
void value_copy(void *to, const void *from, const struct key *k);

/* Append the value as it could be written in a file; see account_show. */
void value_show(const void *field, const struct key *k, struct str *out);

/*
 * What must hold of any text before it may become a value of k: no control
 * characters (tabs may be part of commands, secrets and lists), and what only
 * this key asks for.  ERR_CONFIG.
 */
bool value_check(const struct key *k, struct view text,
		 struct err *e) ATTR_MUST_USE;

/* Append text in single quotes: printable, and cut where it is long. */
void value_quote(struct str *out, struct view text);

/* The password in scheme://user:password@host; empty where there is none. */
struct view value_url_password(struct view url);

/* Take the next word off *rest; words are divided by commas and blanks. */
bool value_word(struct view *rest, struct view *word);

#endif
