/*
 * args: what the command line of the classic dialect asks for.
 *
 * Two tables, sendmail's letters and long names, read into one struct.  Under
 * the name sendmail only what is safe in the hands of strangers is taken.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "base/list.h"
#include "config/account.h"

struct err;

enum dialect {
	DIALECT_POSTRIDER, /* classic options under our own name */
	DIALECT_SENDMAIL,  /* sendmail, mailq, newaliases: locked down */
	DIALECT_MSMTP,
};

enum action {
	ACTION_SUBMIT,
	ACTION_INFO,      /* -S: what the server offers */
	ACTION_RMQS,      /* ask it to send what it keeps */
	ACTION_PRETEND,   /* -P: settings, nothing is sent */
	ACTION_VERIFY,    /* -bv: where mail would go */
	ACTION_LIST,      /* -bp */
	ACTION_RUN,       /* -q */
	ACTION_ALIASES,   /* -bi */
	ACTION_CONFIGURE, /* an account for an address */
	ACTION_VERSION,
	ACTION_HELP,
};

struct args {
	enum dialect dialect;
	enum action action;
	const char *program; /* for messages */
	/* Borrowed from argv; NULL where not given. */
	const char *file;      /* -C */
	const char *account;   /* -a */
	const char *from;      /* -f, -r */
	const char *full_name; /* -F */
	const char *envid;     /* -V */
	const char *tag;       /* -L */
	const char *rmqs;      /* --rmqs */
	const char *configure; /* --configure */
	bool host_given;       /* --host: no file is read */
	bool trusted_only;     /* an option was used that sendmail lacks */
	bool read_recipients, read_envelope_from;
	bool ignore_dots; /* -i */
	bool strict_dots; /* -O ignoredots=no */
	bool enter_only;  /* -odq: into the queue, and no run is started */
	bool verbose, quiet;
	bool serverinfo;    /* -S */
	struct list keys;   /* keywords given as options, ... */
	struct list values; /* ... and their values */
	struct list recipients;
	/* -q: parts of the ID, of a recipient, of the sender */
	struct list like_id, like_recipient, like_sender;
};

#define ARGS_INIT ((struct args){ .program = "postrider" })

bool args_parse(struct args *a, int argc, char **argv,
		struct err *e) ATTR_MUST_USE;
void args_free(struct args *a);

/* Lay the options over the account.  ERR_USAGE where a value is wrong. */
bool args_apply(const struct args *a, struct account *account,
		struct err *e) ATTR_MUST_USE;

#endif
