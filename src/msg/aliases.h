/*
 * aliases: who gets the mail for names of this machine, as aliases(5) has it:
 *
 *   name: target, target        names in quotes where they need them
 *       target                  a line that begins with a blank goes on, unless
 *                               it has a name and a colon of its own
 *   list: :include:/path        a file of targets
 *   default: target             for names that are not found (msmtp's)
 *
 * A comment begins with # at the start of a word, or behind the @ of an
 * address.  Case counts only where two names differ by nothing else.  Names
 * lead to names; in the end there are addresses, and names that lead nowhere.
 *
 * What delivers on this machine, |command, /file, \name and :words: other than
 * include, is passed over; a note says where.
 *
 * Pure: files come in as text, what they include through a function.  Time is
 * linear in the text, but for looking names up; nothing recurses.
 */
#ifndef MSG_ALIASES_H
#define MSG_ALIASES_H

#include "base/list.h"

struct err;

#define ALIASES_FILE_MAX 33554432 /* bytes of one file */
#define ALIASES_DEPTH_MAX 64      /* names that lead to names */
#define ALIASES_INCLUDES_MAX 1000 /* files by :include: */
#define ALIASES_MISTAKES_MAX 1000

enum alias_kind {
	ALIAS_ADDRESS,
	ALIAS_INCLUDE,
	ALIAS_PASSED_OVER,
};

struct alias_target {
	enum alias_kind kind;
	char *local;  /* owned: local part, quoting undone; or as written */
	char *domain; /* owned; NULL: a name of this machine */
	size_t entry; /* ALIAS_INCLUDE: its file */
	int line;
};

/* What a name, or a file that is included, leads to. */
struct alias {
	char *name; /* owned; of a file: its path */
	int line;
	bool is_file;
	bool loaded;     /* targets are known */
	size_t first, n; /* of the targets */
	/* Of the search that is going on. */
	bool open;     /* on the way here */
	unsigned done; /* the search in which it was walked through */
	bool useful;   /* it led to somebody */
};

struct aliases {
	struct alias *v; /* owned */
	size_t n, cap;
	struct alias_target *targets; /* owned */
	size_t n_targets, cap_targets;
	size_t *by_name; /* owned: places in v, sorted; no files */
	size_t names;
	size_t includes;
	unsigned search;
	char *file;           /* owned: where it was read from */
	struct list mistakes; /* "file:line: ..." each */
};

#define ALIASES_INIT ((struct aliases){ 0 })

void aliases_free(struct aliases *a);

/* Read text, which came from file; a is empty.  Mistakes go into a. */
void aliases_read(struct aliases *a, const char *file, struct view text);

/* What the rooms above know. */
struct aliases_doors {
	void *who;
	/* Append the text of the file at path. */
	bool (*read)(void *who, const char *path, struct str *out,
		     struct err *e);
	/* True where addresses at domain are names of this machine. */
	bool (*is_local)(void *who, const char *domain);
};

enum alias_found {
	ALIAS_UNKNOWN, /* no such name, and no default */
	ALIAS_FOUND,   /* recipients, as far as they are new in this search */
	ALIAS_NOBODY,  /* known, but all that it leads to is passed over */
};

struct alias_answer {
	enum alias_found found;
	/* Paths in the order of the file; what has no @ leads nowhere. */
	struct list recipients;
	struct list notes; /* "file:line: ..." about what is passed over */
};

#define ALIAS_ANSWER_INIT ((struct alias_answer){ 0 })

void alias_answer_free(struct alias_answer *r);

/* Names that were walked through before count as new again. */
void aliases_begin(struct aliases *a);

/*
 * Who gets the mail for local, a local part without quoting: an alias of that
 * name, or of what stands before its +, else default.  What it leads to is
 * added to r.  ERR_CONFIG where names go in circles or lead through too many,
 * where a file cannot be included or has mistakes.
 */
bool aliases_find(struct aliases *a, const struct aliases_doors *d,
		  const char *local, struct alias_answer *r,
		  struct err *e) ATTR_MUST_USE;

/* Walk through all names; what aliases_find would say goes into mistakes, what
 * is passed over into notes. */
void aliases_check(struct aliases *a, const struct aliases_doors *d,
		   struct list *notes);

/* For aliases_read.c: the targets of a file that entry i includes. */
void aliases_read_included(struct aliases *a, size_t i, struct view text);

#endif
