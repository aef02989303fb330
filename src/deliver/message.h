/*
 * message: one message on its way out, envelope and all.
 */
#ifndef DELIVER_MESSAGE_H
#define DELIVER_MESSAGE_H

#include "base/draft.h"
#include "base/err.h"
#include "base/list.h"
#include "deliver/local.h"
#include "msg/envelope.h"
#include "msg/facts.h"
#include "msg/header.h"

struct spool;

struct message {
	const struct spool *spool; /* borrowed; where the draft is made, so that
				      it can be entered; or NULL */
	struct err no_spool;       /* why spool was given up */
	struct envelope envelope;
	struct headers headers;
	struct draft draft;
	struct facts facts; /* of all of the draft */
	char *message_id;   /* owned; with < and >, printable; or NULL */
	/*
	 * Recipients that cannot be had, left out of the envelope by `partial`
	 * while there are others: a line for each, and the gravest as an error.
	 */
	struct list left_out;
	struct err why_left_out;
	/* Of a From that takes the place of the message's own; owned. */
	char *from_address, *from_name;
	struct list notes; /* for the log: aliases passed over */
	struct local local;
};

#define MESSAGE_INIT ((struct message){ .draft = DRAFT_INIT })

void message_free(struct message *m);

/*
 * Begin m's draft anew: its headers and the blank line behind them.  The facts
 * become those of that, and the Message-ID is noted.
 */
bool message_write_headers(struct message *m, struct err *e) ATTR_MUST_USE;

/* What follows them, and facts about it, which is then all. */
bool message_add_body(struct message *m, const struct draft *body,
		      const struct facts *facts, struct err *e) ATTR_MUST_USE;

#endif
