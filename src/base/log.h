/*
 * log: one line per event, in a file and in syslog.
 *
 * An event is fields in order.  Whoever composes it knows what they mean;
 * this room knows how they are written, and that no value can forge another
 * field or another line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/str.h"

struct err;

#define LOG_FIELDS_MAX 24

enum log_style {
	LOG_PLAIN,  /* name=value */
	LOG_QUOTED, /* name='value' */
	LOG_NUMBER, /* name=value; a number in JSON */
};

struct log_field {
	const char *name; /* borrowed, static */
	enum log_style style;
	char *value; /* owned */
};

struct log_event {
	struct log_field v[LOG_FIELDS_MAX];
	size_t n;
};

#define LOG_EVENT_INIT ((struct log_event){ .n = 0 })

/* A NUL in value becomes '?'; more than LOG_FIELDS_MAX are left out. */
void log_add(struct log_event *ev, const char *name, enum log_style style,
	     struct view value);
void log_event_free(struct log_event *ev);

/*
 * name=value separated by blanks.  A newline becomes "\n", a backslash "\\",
 * and each byte of what else does not print "\xNN"; so does a blank in values
 * that are not quoted.  In quoted values ' is ?.
 */
void log_add_classic(struct str *out, const struct log_event *ev);

/* One JSON object without a line end; what is no number becomes a string. */
void log_add_json(struct str *out, const struct log_event *ev);

/*
 * Append one line to path, locked; "-" is standard output.  The file is made
 * 0600, a final symbolic link is not followed.
 */
bool log_to_file(const char *path, struct view line,
		 struct err *e) ATTR_MUST_USE;

/* To syslog(3) as tag: facility is LOG_MAIL and so on, failed is LOG_ERR. */
void log_to_syslog(const char *tag, int facility, bool failed,
		   const char *line);

#endif
