/*
 * err: what went wrong, in words for a person and in a kind for the program.
 *
 * Functions that can fail return bool and take a struct err * last.  On true
 * they leave it alone; on false they have filled it.  Nothing in this type is
 * allocated, so it is never freed and can be copied by assignment.
 *
 * A kind is a row of one table: what to tell the caller of sendmail
 * (sysexits), and whether the same message may succeed later.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/attr.h"

enum err_kind {
	ERR_NONE,
	ERR_USAGE,     /* the command line is wrong */
	ERR_MESSAGE,   /* this message or address cannot be sent as it is */
	ERR_NOINPUT,   /* a file that the user named is missing */
	ERR_RECIPIENT, /* the server, or we, do not know the recipient */
	ERR_NOHOST,    /* the server's name does not exist */
	ERR_REFUSED,   /* the server said no (5xx), or lacks what is needed */
	ERR_SYSTEM,    /* this machine let us down */
	ERR_IO,        /* disk or standard input */
	ERR_NETWORK,   /* unreachable, timed out, hung up */
	ERR_DEFERRED,  /* the server said: not now (4xx) */
	ERR_UNCERTAIN, /* sent whole, but the answer was lost */
	ERR_PROTOCOL,  /* the server does not speak SMTP or broke its rules */
	ERR_TLS,       /* the connection cannot be made safe */
	ERR_AUTH,      /* the server refused the credentials */
	ERR_CONFIG,    /* the configuration is wrong */
	ERR_KIND_COUNT
};

/* What another try of the same message would bring. */
enum err_retry {
	ERR_RETRY_NEVER, /* the same again */
	ERR_RETRY_LATER, /* perhaps success */
	ERR_RETRY_HELD,  /* success once a person has changed something */
};

struct err {
	enum err_kind kind;
	int code;        /* the SMTP reply code behind it, 0 where none */
	char text[768];  /* what failed and where; printable, no newline */
	char said[1024]; /* the server's words, printable, lines by '\n' */
	char hint[512];  /* one thing to do; empty where there is none */
};

#define ERR_INIT ((struct err){ .kind = ERR_NONE })

/*
 * All return false, so that "return err_set(...)" reports and fails at once.
 * err_set starts anew.  err_errno does so with ERR_SYSTEM (ERR_IO for EIO,
 * ENOSPC, EDQUOT, EFBIG and EROFS) and adds ": strerror(errno)".  err_context
 * puts the place in front of what a lower floor said.  What would not print
 * (see str_add_printable) becomes '?'; arguments may lie within e.
 */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
bool err_errno(struct err *e, const char *fmt, ...) ATTR_PRINTF(2, 3);
bool err_context(struct err *e, const char *fmt, ...) ATTR_PRINTF(2, 3);
bool err_hint(struct err *e, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Note the server's words; text is printable already (smtp/reply). */
bool err_said(struct err *e, int code, const char *text);

enum err_retry err_retry(const struct err *e);

/* The sysexits(3) status that tells a sendmail caller about e. */
int err_exit_status(const struct err *e);

/* "EX_TEMPFAIL" for 75 and so on, for logs. */
const char *err_status_name(int status);

#endif
