/*
 * info: what a server offers, and what would be made of it.
 *
 * The server is greeted, under TLS where the account wants that, and asked by
 * EHLO; then QUIT.  No secret is fetched and nobody logs in.  A certificate
 * that is not believed is shown like any other; nothing that is worth keeping
 * from others is said to such a server.
 */
#ifndef CLI_INFO_H
#define CLI_INFO_H

#include "cli/ui.h"
#include "config/account.h"
#include "deliver/visit.h"

/* What was learnt; the room that asks is cmd_info.c. */
struct info {
	const struct account *account; /* borrowed */
	struct visit visit;
	bool reached;    /* up to where one would log in */
	struct str name; /* of the peer's address; empty where it has none */
	struct err
		err; /* why a message could not be sent; ERR_NONE: it could */
};

/*
 * Ask the server of a, print what it says on stdout and, on stderr, why a
 * message could not be sent to it.  Gives the exit status that sending would
 * have had so far: 0 where nothing stands in its way.
 */
int info_run(const struct ui *ui, const struct account *a, bool json);

/* Ask it to send what it keeps for node; see smtp/etrn.h. */
int rmqs_run(const struct ui *ui, const struct account *a, const char *node);

/* Append what is known, as text for people or as one JSON object. */
void info_add_text(const struct info *info, struct str *out);
void info_add_json(const struct info *info, struct str *out);

/* One line of what a message would meet with, from a list that both forms
 * share; false past the end. */
enum info_use {
	INFO_AUTH,
	INFO_FLIGHTS,
	INFO_UTF8,
	INFO_WISHES,
	INFO_USE_COUNT
};
void info_add_use(const struct info *info, enum info_use which,
		  struct str *out);

/* The mechanism of AUTH that would be chosen, or NULL, and why in e. */
const char *info_mechanism(const struct info *info, struct err *e);

/* Append each line of lines, begun by indent and ended by '\n'. */
void info_add_lines(struct str *out, const char *indent, struct view lines);

/* Append lines of words about one capability, each begun by indent. */
void info_add_capability(const struct caps *caps, const struct caps_line *line,
			 const char *indent, struct str *out);

#endif
