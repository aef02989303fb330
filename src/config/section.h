/*
 * section: the lines of configuration files into accounts.
 *
 * Knows the words that shape a file (account, defaults, include, eval) and
 * inheritance; every other word is a row of the table of keywords.  Touches
 * neither files nor processes: it is handed functions for both.
 */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include "base/file.h"
#include "base/secret.h"
#include "config/parse.h"

/* More accounts than anybody has; what a hostile file can cost is bounded. */
#define SECTION_ACCOUNTS_MAX 4096

struct sections;

/* Either may be NULL: such lines are then mistakes. */
struct section_doors {
	/*
	 * Take what pattern, written in file at line, names.  Reports what is
	 * wrong as mistakes.
	 */
	void (*include)(struct sections *s, struct origin where,
			const char *pattern);
	/* The first line that command prints. */
	bool (*run)(const char *command, struct secret *out, struct err *e);
};

enum section_kind {
	SECTION_NONE,     /* before the first: opens the account `default` */
	SECTION_DEFAULTS, /* settings for all accounts that follow */
	SECTION_ACCOUNT,
	SECTION_DROPPED, /* after an `account` line that is wrong */
};

struct section {
	enum section_kind kind;
	size_t index; /* of an account, in config->v */
};

/* The files of one place, with all that they include: they share defaults
 * and the names of accounts. */
struct sections {
	struct config *config; /* borrowed; accounts are added to it */
	const struct section_doors *doors;
	const void *door_state; /* for the owner of doors */
	size_t first;    /* index in config->v of the first account of these */
	bool system;     /* these are the system's files */
	bool evaluating; /* within the line that an eval printed */
	struct section open;
	struct section unnamed; /* what settings before any account opened */
	struct account defaults;
	struct account dropped;
};

void sections_init(struct sections *s, struct config *c,
		   const struct section_doors *doors, bool system);
void sections_free(struct sections *s);

/*
 * Take the lines of one file (name is borrowed until the config is freed).
 * An included file begins in the section that includes it, and whatever it
 * opens is closed at its end.  Mistakes go into the config.
 */
void sections_take(struct sections *s, const char *name, struct view text);

/* What the lines of a file hold that decides about who may write it. */
enum file_holds sections_holds(struct view text);

#endif
