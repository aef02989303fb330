/*
 * account: the settings of one way to send mail, and where each came from.
 */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include <stdint.h>

#include "base/list.h"
#include "base/secret.h"
#include "config/keys.h"

#define DURATION_OFF (-1)
#define DURATION_UNSET (-2)
#define SIZE_OFF 0

/* C types of the fields, by key type. */
#define KEY_FIELD_STR(name) char *name;     /* owned, or NULL */
#define KEY_FIELD_FILE(name) char *name;    /* ~ expanded */
#define KEY_FIELD_COMMAND(name) char *name; /* for /bin/sh -c */
#define KEY_FIELD_SECRET(name) struct secret name;
#define KEY_FIELD_BOOL(name) bool name;
#define KEY_FIELD_INT(name) int name;      /* 0: unset */
#define KEY_FIELD_DURATION(name) int name; /* seconds; DURATION_* */
#define KEY_FIELD_SIZE(name) int64_t name; /* bytes; SIZE_OFF */
#define KEY_FIELD_CHOICE(name) int name;   /* index of the choice */
#define KEY_FIELD_LIST(name) struct list name;
#define KEY_FIELD_LINES(name) struct list name; /* a line each */

enum origin_kind {
	ORIGIN_DEFAULT, /* the built-in default */
	ORIGIN_FILE,
	ORIGIN_OPTION, /* the command line */
	ORIGIN_ENVIRONMENT,
	ORIGIN_PROVIDER, /* the preset of `provider` */
};

struct origin {
	enum origin_kind kind;
	const char *file; /* borrowed from struct config */
	int line;
	bool inherited; /* from `defaults`, not set in an account block */
	bool variable;  /* the file says env:NAME */
};

/*
 * Some fields say more than their type does: tls_trust_file is "system", a
 * path, or NULL: no authority is trusted; from is NULL where it is not set
 * and "" for the null sender; dsn_notify without words is off.
 */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): order of keys */
struct account {
	char *label;         /* its name; owned */
	struct origin place; /* of its `account` line */
#define K(type, name, ...) KEY_FIELD_##type(name)
#include "config/keys.def"
#undef K
	struct origin origin[KEY_COUNT];
};

/* All fields at their defaults. */
void account_init(struct account *a, const char *label);

/* The defaults that differ under the name msmtp; right after account_init. */
void account_as_msmtp(struct account *a);

/* to is overwritten, not freed. */
void account_copy(struct account *to, const struct account *from);

/* a may be all zero. */
void account_free(struct account *a);

/* Take over what parent set explicitly in account blocks. */
void account_inherit(struct account *a, const struct account *parent);

/*
 * Set one keyword from its text, as written in a file (quotes removed).  One
 * of type LINES is added to those that are there.
 * ERR_CONFIG: not of the key's type; control characters.  The text of an
 * error never holds a secret, and a is then as it was.
 */
bool account_set(struct account *a, const struct key *k, struct view value,
		 struct origin origin, struct err *e) ATTR_MUST_USE;

/*
 * Append the value of k as it could be written in a file (~ expanded, numbers
 * in seconds); secrets as "*", unset as nothing, a string that is set and
 * empty as two quotes, LINES with LF between them.  Not made printable: 8-bit
 * text stays as it is.
 */
void account_show(const struct account *a, const struct key *k,
		  struct str *out);
/* What one of type LINES holds; NULL for other types.  Borrowed. */
const struct list *account_lines(const struct account *a, const struct key *k);
bool account_is_set(const struct account *a, enum key_id id);

/* The port that counts; 0 for LMTP without one. */
int account_port(const struct account *a);
bool account_is_lmtp(const struct account *a);

/* False where a socket or a tunnel leads to the server by itself. */
bool account_needs_host(const struct account *a);

/*
 * True where `from` has wildcards (an address literal such as me@[192.0.2.1]
 * is none): it is then never a sender.
 */
bool account_has_pattern(const struct account *a);

#endif
