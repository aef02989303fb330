/*
 * opt: the command line as options and operands, by a table.
 *
 * As getopt_long: letters may be bundled, values attached or next, long names
 * abbreviated, options and operands mixed, "--" ends the options.  Unlike it,
 * an abbreviation that is unique among `old` names keeps its meaning whatever
 * is added beside them.
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct err;
struct list;

enum opt_arity {
	OPT_ALONE,
	OPT_NEEDS, /* a value, attached or the next argument */
	OPT_MAY,   /* a value where one is attached */
};

struct opt {
	const char *name; /* without dashes, or NULL */
	char letter;      /* or NUL */
	enum opt_arity arity;
	int id;
};

struct opt_set {
	const struct opt *v;
	size_t n;
	const char *const *old; /* names whose abbreviations are kept */
	size_t n_old;
	bool whole; /* names are not abbreviated: more of them will come */
};

struct opt_scan {
	const struct opt_set *set;
	int argc;
	char **argv;
	int at;             /* the next argument to look at */
	const char *bundle; /* the rest of a word of letters, or NULL */
	bool ended;         /* "--" was seen */
};

enum opt_found {
	OPT_END,
	OPT_OPTION,
	OPT_OPERAND,
	OPT_WRONG
};

/*
 * The next option (*opt, and *value or NULL) or operand (*value).  OPT_WRONG
 * with ERR_USAGE: unknown, ambiguous, a value missing or too many.
 */
enum opt_found opt_next(struct opt_scan *s, const struct opt **opt,
			const char **value, struct err *e);

/* A verb's command line: argv[0] is its name. */
struct opt_verb {
	const struct opt *v; /* its options, whose names are not abbreviated */
	size_t n;
	void (*take)(void *who, int id, const char *value);
	void *who;
	struct list *operands; /* or NULL: it takes none */
};

/* Take all of it.  ERR_USAGE, with a hint. */
bool opt_take_verb(const struct opt_verb *verb, int argc, char **argv,
		   struct err *e) ATTR_MUST_USE;

#endif
