/*
 * ui: words for people, on standard error.
 *
 * An error is up to four things, each on its own line: what failed, in whose
 * words; what became of the mail; one thing to do.
 */
#ifndef CLI_UI_H
#define CLI_UI_H

#include <stdio.h>

#include "base/err.h"
#include "base/list.h"
#include "msg/envelope.h"
#include "smtp/outcome.h"

/* What became of a message that did not go. */
#define NOT_SENT "the message was not sent and not kept"

struct ui {
	const char *program; /* in front of each line */
	bool verbose;        /* -v: show the dialogue */
	bool quiet;          /* no hints and notes */
	FILE *dialogue;      /* where -v goes */
};

/* "program: text", the server's words indented below, and the hint. */
void ui_error(const struct ui *ui, const struct err *e);

/* Its hint alone. */
void ui_hint(const struct ui *ui, const struct err *e);

/* "kept: text", between what failed and what to do about it. */
void ui_kept(const struct ui *ui, const char *text);

/* A line for a recipient who did not get the message; why may be NULL. */
void ui_recipient(const struct ui *ui, const char *recipient, const char *why);

/* A line "program: text" that is neither failure nor hint. */
void ui_note(const struct ui *ui, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Those lines that e does not say itself. */
void ui_left_out(const struct ui *ui, const struct list *lines,
		 const struct err *e);

/* A line for each recipient that did not get the message, and a last one that
 * says what became of it; left_out more were not even tried. */
void ui_outcome(const struct ui *ui, const struct envelope *env,
		const struct outcome *out, size_t left_out);

/* Which files were read, and why others were not. */
void ui_notes(const struct ui *ui, const struct list *notes);

/* Every mistake of the configuration, then e. */
void ui_mistakes(const struct ui *ui, const struct list *mistakes,
		 const struct err *e);

/* transcript_fn: shows a line of the dialogue; who is a struct ui. */
void ui_dialogue(void *who, const char *line);

#endif
