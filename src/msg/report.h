/*
 * report: a message about one that could not be delivered (RFC 3464, in the
 * form of RFC 6522; RFC 6533 where addresses need RFC 6531).
 *
 * A pure function of its arguments.  What servers said and what stands in the
 * message is hostile: it is made printable, cut to size, and can neither end
 * a field nor a part, whose boundary nobody knew before.
 */
#ifndef MSG_REPORT_H
#define MSG_REPORT_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Of more recipients only the first are named, to people and to programs. */
#define REPORT_NAMED_MAX 50
#define REPORT_LISTED_MAX 1000
/* A longer header block is cut, of a longer message only that is sent back. */
#define REPORT_BLOCK_MAX 65536
#define REPORT_WHOLE_MAX 1048576
/* The display name of who writes it. */
#define REPORT_AUTHOR "Mail Delivery System"

/* Somebody who did not get it; all borrowed. */
struct report_recipient {
	const char *address; /* a path */
	enum err_kind kind;  /* of what went wrong */
	int code;            /* of the server's reply; 0: there was none */
	int status[3];       /* RFC 3463; zeros where none was given */
	const char *said;    /* that reply, or our words; or NULL */
	int64_t when;        /* of the last try, time(2); 0: there was none */
};

struct report {
	/* All borrowed.  Of the report: */
	const char *from, *to; /* paths */
	const char *host;      /* this machine's name */
	const char *account;   /* by whose label it went */
	const char *boundary;  /* of msg/mime */
	const char *message_id;
	int64_t now; /* time(2), as all times */
	/* Of the message: */
	const char *id;    /* in the queue */
	const char *about; /* its Message-ID, or NULL */
	const char *envid; /* or NULL */
	int64_t arrived;
	int64_t keep_s;       /* so long it is kept; -1: for ever */
	bool smtputf8;        /* its envelope needs RFC 6531 */
	bool whole;           /* all of it shall come back */
	struct view original; /* all of it, or as much as there is up to
				 REPORT_WHOLE_MAX + 1; LF line ends */
	/* Whom it is about, and how many of the others got it or are still
	 * being tried. */
	const struct report_recipient *v;
	size_t n, taken, pending;
};

/* Append the report, header block and body, LF line ends. */
void report_write(const struct report *r, struct str *out);

/* Append its Subject decoded, printable and cut; nothing where it has none. */
void report_add_subject(const struct report *r, struct str *out);

/* Append the part for people: what failed, in whose words, what became of the
 * message, and what to do. */
void report_add_words(const struct report *r, struct str *out);

#endif
