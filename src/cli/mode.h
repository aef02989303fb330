/*
 * mode: what the program can be: a table of verbs and what each shares.
 */
#ifndef CLI_MODE_H
#define CLI_MODE_H

#include "base/list.h"
#include "cli/ui.h"
#include "config/fallback.h"
#include "config/parse.h"
#include "deliver/prepare.h"

/* A verb gets argv from its own name on and gives the exit status. */
typedef int verb_fn(int argc, char **argv);

struct verb {
	const char *name;
	verb_fn *run;
	const char *arguments; /* for the help */
	const char *help;
};

/* NULL where there is none. */
const struct verb *verb_find(const char *name);
const struct verb *verb_at(size_t i); /* NULL past the end */
const char *verb_nearest(const char *name);

/* Names under which we do as another program does. */
enum classic_name {
	NAME_OWN,
	NAME_SENDMAIL,
	NAME_MAILQ,
	NAME_NEWALIASES,
	NAME_MSMTP,
};

/* Also with a prefix such as x-, as --program-prefix makes it. */
enum classic_name classic_name(const char *program);

struct args;

int cmd_classic(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_flush(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* --configure, of the classic dialect. */
int cmd_configure(const struct ui *ui, const struct args *a);

/* -bp and mailq, -q. */
int classic_queue(const struct ui *ui, const struct args *a);

/* The help that fits on a screen. */
void help_short(FILE *out);

/* What was built, of what, and where its files are. */
void show_version(bool msmtp_name);

/* The options of `send`, `queue`, `flush`. */
void help_send(FILE *out);
void help_queue(FILE *out);
void help_flush(FILE *out);

/* argv[0] without folders. */
const char *program_name(const char *argv0);

/* Print e and give its exit status. */
int fail(const struct ui *ui, const struct err *e);

/* For -C and options that a file could have as keywords: ERR_USAGE where the
 * system's file keeps everybody to what sendmail takes (restrict_options). */
bool check_restrictions(struct err *e) ATTR_MUST_USE;

/* May $POSTRIDER_CONFIG name a file?  Not there: the environment is as little
 * the caller's as the options are. */
bool may_name_file(void);

/* Files to accounts, with all their mistakes and e shown. */
bool load_config(const struct ui *ui, const char *file, bool msmtp_name,
		 bool locked_down, struct config *c, struct err *e);

/* newaliases: the mistakes in the aliases of p->account on stderr; the exit
 * status. */
int check_aliases(const struct ui *ui, const struct prepare *p);

/* What -P shows. */
struct pretended {
	const struct account *account;
	const struct prepare *prepare;
	const char *sender; /* NULL where it cannot be said now */
	const char *named;  /* the account of -a, or NULL */
	bool asks;          /* -S or --rmqs: nothing would be sent */
	const char *rmqs;   /* whom --rmqs is about, or NULL */
};

/* -P: the sender that the message gave, if it was asked; which files were
 * read, and why others were not. */
void pretend_files(const struct config *c, const char *sender);

/* The account, why it was chosen, and every setting that counts, in msmtp's
 * words and order. */
void pretend(const struct pretended *w);

#endif
