/*
 * parse: configuration files to accounts, and choosing one of them.
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "base/list.h"
#include "config/account.h"

struct err;

#define CONFIG_FILE_MAX 4194304
#define CONFIG_LINE_MAX 65536
#define CONFIG_INCLUDE_DEPTH 16
#define CONFIG_FILES_MAX 1000
#define CONFIG_WORDS_MAX 1000  /* mistakes; notes */
#define CONFIG_EVAL_LIMIT_S 60 /* of one command */

struct config_wishes {
	const char *file;        /* -C, or NULL */
	bool msmtp_name;         /* only msmtp's places for the user's file */
	bool ignore_environment; /* POSTRIDER_* are not looked at */
	bool system_only;        /* neither the user's file nor POSTRIDER_* */
	bool later; /* a variable that env:NAME means may be gone by now: what
		       it said is unset then */
	const char *system_dir; /* SYSCONFDIR */
};

struct config {
	struct account *v; /* the user's accounts, then the system's */
	size_t n, cap;
	struct list files;     /* that were read, in order */
	size_t files_of_user;  /* so many of them; the first is what includes
				  the others */
	struct list notes;     /* for people: what was read, why not others */
	size_t notes_of_user;  /* so many of them; the others: the system's */
	struct list mistakes;  /* "file:line: ..." each; all of all files */
	struct list passed;    /* the system's files that we may not read */
	size_t loaded;         /* how many files were read */
	bool restrict_options; /* the system's file says so */
	bool msmtp_name;       /* from the wishes: some defaults differ */
	bool later;            /* from the wishes */
};

#define CONFIG_INIT ((struct config){ 0 })

void config_free(struct config *c);

/*
 * Read the user's and the system's file with all they include.  ERR_CONFIG
 * where there are mistakes (in c->mistakes, e->text counts them), among them
 * files that cannot be read or trusted; ERR_NOINPUT where -C or
 * $POSTRIDER_CONFIG names no file.
 */
bool config_load(struct config *c, const struct config_wishes *w,
		 struct err *e) ATTR_MUST_USE;

/* True where sender chooses this account, by its address or a pattern. */
bool config_fits(const struct account *a, const char *sender);

/*
 * The account of that name; or, without a name, the first whose `from` or
 * `match` fits sender (interface and rules in postrider.conf(5)); or `default`;
 * or the one account that is made of SMTPSERVER.  A copy, for the caller to
 * free; it borrows file names from c.  ERR_CONFIG where there is none, naming
 * those there are.  name and sender may be NULL; "" is the null sender.
 */
bool config_choose(const struct config *c, const char *name, const char *sender,
		   struct account *out, struct err *e) ATTR_MUST_USE;

/* For the rooms that fill a config. */

/* One more account, not initialised. */
struct account *config_add(struct config *c);

/* A mistake: "file:line: ...", or, without a file, the words alone. */
void config_mistake(struct config *c, struct origin where, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
void config_note(struct config *c, const char *fmt, ...) ATTR_PRINTF(2, 3);

#endif
