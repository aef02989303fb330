/*
 * item: one message in the queue: its envelope, where it shall go, and what
 * has become of it so far.
 *
 * An item is text, the file ID.env: one field a line, "NAME VALUE", in the
 * order of this struct, the first line naming the version.  Values are
 * printable UTF-8 without line ends (what is not is written as \xNN).  What
 * is read is hostile until item_read has found every line in order.
 * The message itself is another file, ID.msg, which this room knows nothing of.
 */
#ifndef QUEUE_ITEM_H
#define QUEUE_ITEM_H

#include "base/err.h"
#include "base/list.h"
#include "msg/envelope.h"
#include "msg/facts.h"

#define ITEM_VERSION 1
#define ITEM_TEXT_MAX 33554432 /* bytes of one ID.env */
#define ITEM_ID_SIZE 24        /* with its NUL */
#define ITEM_HISTORY_MAX 200   /* of the older lines the middle is dropped */
#define ITEM_SAID_MAX 1024     /* bytes of a reply that are kept */

enum item_state {
	ITEM_WAITING,
	ITEM_HELD,
	ITEM_FAILED, /* kept for people to look at */
};

enum item_hold { /* why it is held */
	HOLD_NONE,
	HOLD_USER,
	HOLD_CREDENTIALS,
	HOLD_CONFIGURATION,
	HOLD_UNCERTAIN, /* three times nobody knows whether it arrived */
};

enum item_progress {
	ITEM_PENDING,
	ITEM_SENT,
	ITEM_REFUSED, /* for good */
};

struct item_recipient { /* of the recipient at the same place of envelope */
	enum item_progress progress;
	bool uncertain;     /* it may have got the message */
	bool told;          /* the sender knows that it was refused */
	enum err_kind kind; /* of the last verdict; ERR_NONE: none, or sent */
	int code;           /* of the last reply; 0: there was none */
	int status[3];      /* RFC 3463; zeros where none was given */
	char *said;   /* owned; the reply, or our words; printable, or NULL */
	int64_t when; /* of the last verdict; time(2) */
};

/* By which names and files an account is found again. */
struct item_origin {
	char *label;  /* of the account; owned */
	char *config; /* path of the user's file, absolute; NULL: the system's
			 alone */
	bool built;   /* the account is made of options alone */
	bool msmtp_name;    /* msmtp's places and defaults */
	bool system_only;   /* under the name sendmail: no POSTRIDER_* */
	struct list keys;   /* keywords of options and of the environment, */
	struct list values; /* and their values, as many; never a secret */
};

struct item {
	char id[ITEM_ID_SIZE]; /* not in the text: the file's name */
	bool in_flight; /* the last flight went out, and no answer is known */
	struct item_origin origin;
	char *tag;          /* syslog identifier; owned */
	int64_t created;    /* all times: time(2) */
	int64_t due;        /* not before */
	int64_t held_s;     /* seconds that do not count towards its lifetime */
	int64_t held_since; /* 0: it is not held, nor its account */
	enum item_state state;
	enum item_hold hold;
	bool unready;   /* it could not be made fit to be sent: for people to
			   look at, whoever releases it */
	bool is_notice; /* of a failure: about it nobody is told */
	char *about;    /* the item that the notice is about; owned, or NULL */
	int attempts;
	int failures;     /* those that were its own trouble: the next delay */
	int uncertain;    /* outcomes that were */
	int64_t last_try; /* 0: never */
	char *answer; /* the last one, for people; owned, printable, or NULL */
	char *message_id; /* owned, or NULL */
	struct facts facts;
	struct envelope envelope; /* all recipients, whatever became of them */
	struct item_recipient *v; /* owned; envelope.recipients.n of them */
	struct list history; /* "2026-12-24T17:30:00Z words", oldest first */
};

#define ITEM_INIT ((struct item){ .id = "" })

void item_free(struct item *it);

/* v to one pending entry for each recipient of the envelope. */
void item_start(struct item *it);

/* Append the text of ID.env. */
void item_write(const struct item *it, struct str *out);

/* ERR_IO where text is no item of this version; it is then as ITEM_INIT. */
bool item_read(struct item *it, struct view text, struct err *e) ATTR_MUST_USE;

/*
 * Where in the text of any item the mark of the last flight stands, and the
 * bytes that set it, so that it can be set in place.
 */
struct view item_mark(size_t *offset);

/* Add a line to the history, of the time now. */
void item_note(struct item *it, int64_t now, const char *fmt, ...)
	ATTR_PRINTF(3, 4);

/* When it is to be tried, by the time now (queue/retry.h). */
int64_t item_due(const struct item *it, int64_t now);

/* `send --at`: it is not late, it shall not go yet. */
bool item_is_for_later(const struct item *it, int64_t now);

size_t item_count(const struct item *it, enum item_progress progress);

/*
 * Append the name under which the account's state is kept: the label made fit
 * for a file name, "-", and 16 hex digits of a hash over label, config and the
 * options that decide where mail goes (host, hosts, port, user, socket, tunnel,
 * proxy ...): items of one such name share one server and login.
 */
void item_account_name(const struct item_origin *o, struct str *out);

void item_origin_copy(struct item_origin *to, const struct item_origin *from);
void item_origin_free(struct item_origin *o);

/* Words for people and programs: "waiting", "held", "failed"; "user" ...;
 * "pending", "sent", "failed".  Static. */
const char *item_state_word(enum item_state state);
const char *item_hold_word(enum item_hold hold);
/* Why it is held, for people: "the server refused the login". */
const char *item_hold_reason(enum item_hold hold);
const char *item_progress_word(enum item_progress progress);

#endif
