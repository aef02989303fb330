/*
 * transcript: the dialogue as lines for a person, "<-- " what the server said
 * and "--> " what we said.
 *
 * The wire calls it where lines are made, so that a secret is masked where it
 * is put and not looked for afterwards.  Text of the server is made printable.
 */
#ifndef NET_TRANSCRIPT_H
#define NET_TRANSCRIPT_H

#include "base/str.h"

/* Takes one finished line, terminated, without a line end. */
typedef void transcript_fn(void *who, const char *line);

struct transcript {
	transcript_fn *show;
	void *who;       /* borrowed */
	struct str line; /* what we said since the last line end */
};

#define TRANSCRIPT_INIT(fn, to)                                                \
	((struct transcript){ .show = (fn), .who = (to) })

void transcript_free(struct transcript *t);

/* Bytes that we send: shown line by line as their line ends pass. */
void transcript_sent(struct transcript *t, struct view bytes);
void transcript_sent_secret(struct transcript *t);
void transcript_received(struct transcript *t, struct view line);

/* A remark of our own, such as what the TLS handshake agreed upon. */
void transcript_note(struct transcript *t, const char *text);

#endif
