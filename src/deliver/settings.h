/*
 * settings: what an account's keywords mean to the floors below, which know
 * nothing of keywords.
 */
#ifndef DELIVER_SETTINGS_H
#define DELIVER_SETTINGS_H

#include "config/account.h"
#include "msg/envelope.h"

struct mech;

/* Indices of choices, as in config/keys.def. */
enum {
	SETTINGS_AUTO = 0
}; /* chunking, pipelining */
enum {
	SETTINGS_JSON = 1
}; /* log_format */
enum {
	SETTINGS_REENCODE = 0
}; /* long_lines */
enum {
	SETTINGS_SENDER_AUTO = 1
}; /* set_sender */
enum {
	SETTINGS_QUEUE_OFF,
	SETTINGS_QUEUE_FALLBACK,
	SETTINGS_QUEUE_ALWAYS
}; /* queue */
enum {
	SETTINGS_RUNNER_NONE = 1
}; /* queue_runner */

bool settings_auth(const struct account *a);

/* The mechanism that the account names; NULL: choose one. */
const struct mech *settings_mech(const struct account *a);

/* Seconds for each step: 0 by step, -1 none (as smtp/session wants it). */
int settings_timeout_s(const struct account *a);

/* What the account asks of the server, into env: DSN, and wishes as of now
 * (time(2)).  ERR_CONFIG where that can no longer be had. */
bool settings_wishes(const struct account *a, int64_t now, struct envelope *env,
		     struct err *e) ATTR_MUST_USE;

/* Append where messages go, for people: "smtp.example.org:587". */
void settings_add_place(const struct account *a, struct str *out);

/*
 * A facility of syslog(3), or -1 where syslog is off: what goes to the journal
 * is not said twice unless the account asks for that.
 */
int settings_syslog(const struct account *a);

#endif
