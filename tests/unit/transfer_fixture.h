/* What the tests of smtp/transfer share: a session after EHLO, and a message.
 */
#ifndef TESTS_UNIT_TRANSFER_FIXTURE_H
#define TESTS_UNIT_TRANSFER_FIXTURE_H

#include "scripted.h"
#include "smtp/transfer.h"

#define END                                                                    \
	{                                                                      \
		NULL, NULL                                                     \
	}
#define ALL "mx\nPIPELINING\nCHUNKING\nSIZE 100000000\n8BITMIME"
#define NO_CHUNKS "mx\nPIPELINING\nSIZE 100000000"

struct fixture {
	struct scripted server;
	struct session session;
	struct session_config config;
	struct envelope envelope;
	struct draft draft;
	struct facts facts;
	struct transfer transfer;
	struct outcome outcome;
	struct err e;
};

/*
 * offer is the text of EHLO; the dialogue goes on with script.  Flights are
 * counted from the one after EHLO.
 */
void fixture_open(struct fixture *f, const char *offer,
		  const struct scripted_step *script);
void fixture_free(struct fixture *f);
void add_text(struct fixture *f, struct view v);
/* A message of `lines` lines of 64 octets on the wire; the first has a dot. */
void add_lines(struct fixture *f, size_t lines);
void add_recipients(struct fixture *f, int n);
bool transfer(struct fixture *f);
/* Nothing that a verdict says is left open, whatever happened. */
void assert_kinds(const struct fixture *f, enum err_kind kind);

#endif
