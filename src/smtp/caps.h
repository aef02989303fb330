/*
 * caps: what EHLO promised, each keyword a word of its own (RFC 5321,
 * 4.1.1.1).  Keywords that are not in the table are kept as text alone.
 */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum cap {
	CAP_8BITMIME,
	CAP_AUTH,
	CAP_BINARYMIME,
	CAP_CHUNKING,
	CAP_DELIVERBY,
	CAP_DSN,
	CAP_ENHANCEDSTATUSCODES,
	CAP_ETRN,
	CAP_FUTURERELEASE,
	CAP_LIMITS,
	CAP_MT_PRIORITY,
	CAP_PIPELINING,
	CAP_REQUIRETLS,
	CAP_SIZE,
	CAP_SMTPUTF8,
	CAP_STARTTLS,
	CAP_COUNT
};

/* RFC 9422, 4: 0 where there is no such limit. */
struct caps_limits {
	int recipients;   /* RCPTMAX, of one transaction */
	int transactions; /* MAILMAX, of one session */
	int domains;      /* RCPTDOMAINMAX, of recipients of a transaction */
};

struct caps {
	unsigned offered; /* bits by enum cap */
	int64_t size;     /* from SIZE; 0: no fixed limit or not said */
	int by_min_s;     /* from DELIVERBY; 0: none was said (RFC 2852, 3) */
	int hold_max_s;   /* from FUTURERELEASE (RFC 4865, 4); 0: not said */
	int64_t hold_max_until; /* the same as a point in time; 0: not said */
	struct caps_limits limits;
	struct str auth; /* mechanisms, upper case, one blank between */
	int mechanisms;  /* how many these are */
	struct str all;  /* every line after the first, joined by '\n' */
};

#define CAPS_INIT ((struct caps){ 0 })

/* From the text of an EHLO reply (lines joined by '\n'); forgets the old. */
void caps_read(struct caps *c, const char *text);
bool caps_has(const struct caps *c, enum cap cap);

/* As it stands in an EHLO reply. */
const char *caps_name(enum cap cap);

/*
 * Take the next line off *rest, which began as all: keyword, and parameters
 * without blanks around them.  cap is CAP_COUNT where the table has no such.
 */
struct caps_line {
	struct view keyword, parameters;
	enum cap cap;
};
bool caps_next(struct view *rest, struct caps_line *line);

/* True where v can be the name of a SASL mechanism (RFC 4422, 3.1). */
bool caps_is_mechanism(struct view v);
void caps_free(struct caps *c);

#endif
