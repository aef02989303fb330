/*
 * options: the tables of the classic dialect: sendmail's letters, our own
 * options, a long option for each keyword, msmtp's old names.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/list.h"
#include "cli/opt.h"

/* What an option does; keywords are ID_KEYWORD + their key_id. */
enum {
	ID_ACCOUNT,
	ID_BODY_TYPE,
	ID_CONFIGURE,
	ID_FILE,
	ID_FROM,
	ID_FULL_NAME,
	ID_HELP,
	ID_ID,
	ID_DOTS,
	ID_IGNORED,
	ID_JSON,
	ID_LOGFILE,
	ID_MODE,
	ID_NOTIFY,
	ID_OLD_KEYWORD,
	ID_OPTION_O,
	ID_OPTION_SMALL_O,
	ID_PRETEND,
	ID_QUEUE,
	ID_QUIET,
	ID_READ_FROM,
	ID_READ_RECIPIENTS,
	ID_REFUSED,
	ID_RETURN,
	ID_RMQS,
	ID_SERVERINFO,
	ID_TAG,
	ID_VERBOSE,
	ID_VERSION,
	ID_DEBUG,
	ID_KEYWORD = 1000,
};

struct options {
	struct opt_set set;
	struct opt *v;     /* owned; what set points to */
	struct list names; /* of keywords, spelt as options */
};

#define OPTIONS_INIT ((struct options){ .v = NULL })

/* All options, or only those that are safe in the hands of strangers. */
void options_fill(struct options *o, bool locked_down);
/* Those of a verb, and one for each keyword, which needs a value then. */
void options_fill_verb(struct options *o, const struct opt *own, size_t n);
void options_free(struct options *o);

/* True where opt is one that the name sendmail takes too. */
bool options_is_sendmails(const struct options *o, const struct opt *opt);

/* Options are spelt with dashes, keywords with underscores.  Owned. */
char *options_respell(const char *name, char from, char to);

#endif
