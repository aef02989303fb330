/*
 * lex: the lines of a configuration file as keyword and argument.
 *
 * Blanks around both are dropped, one pair of double quotes around the
 * argument too.  Lines whose first non-blank is # and empty lines are skipped;
 * a # elsewhere is part of the argument.  LF or CRLF.  Keywords may be
 * followed by blanks only, never by = or :.  A byte order mark before the
 * first line is no part of it.
 */
#ifndef CONFIG_LEX_H
#define CONFIG_LEX_H

#include "base/str.h"

struct err;

struct lex {
	struct view rest;
	int line; /* of the last one handed out, from 1 */
};

struct lex_line {
	struct view keyword;
	struct view argument; /* empty where there is none */
	int line;
	size_t length; /* of the whole line, without its end */
};

void lex_init(struct lex *l, struct view text);

/* False at the end. */
bool lex_next(struct lex *l, struct lex_line *out);

/* Split one line; false where it is empty or a comment. */
bool lex_split(struct view line, struct lex_line *out);

#endif
