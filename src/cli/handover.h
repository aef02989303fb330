/*
 * handover: a message that is ready goes to where its account says, now or by
 * the queue, and people are told what became of it.
 */
#ifndef CLI_HANDOVER_H
#define CLI_HANDOVER_H

#include "cli/ui.h"
#include "deliver/store.h"

enum handover_report { /* on standard output */
	HANDOVER_SILENT,
	HANDOVER_ID,   /* "sent REPLY", "queued ID" */
	HANDOVER_JSON, /* one object */
};

struct handover {
	/* Borrowed. */
	const struct ui *ui;
	const struct accounts *fallbacks;
	struct message *message;
	struct store *store; /* after store_open */
	bool notes; /* say that mail was queued, though nothing is wrong */
	enum handover_report report;
};

/* All else that `notes` depends on: -v, a terminal, --quiet. */
bool handover_notes(const struct ui *ui);

/* Gives the exit status; the message's draft is gone then. */
int hand_over(const struct handover *h);

/* The same for a message that cannot be sent, as e says; kept: its draft is
 * what can be kept of it (deliver/remains.h). */
int refuse_message(const struct handover *h, const struct err *e, bool kept);

/* What is said about it all, of handover_words.c.  e is NULL where nothing
 * went wrong, out where nothing was tried. */
void handover_say(const struct handover *h, const struct stored *st,
		  const struct outcome *out, const struct err *e);
void handover_report(const struct handover *h, const struct stored *st,
		     const struct outcome *out, const struct err *e);

#endif
