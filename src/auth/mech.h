/*
 * mech: THE table of SASL mechanisms, in order of preference.
 *
 * Those that prove more come first: SCRAM bound to the TLS connection, SCRAM
 * (RFC 5802, 7677), and then what is as good as its TLS connection.  What is
 * not automatic depends on something that only a person knows: tickets,
 * client certificates, tokens, domains.
 */
#ifndef AUTH_MECH_H
#define AUTH_MECH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum mech_family {
	MECH_PLAIN, /* anything that libgsasl does without more ado */
	MECH_SCRAM, /* RFC 5802: libgsasl, and some checks of ours */
	MECH_EXTERNAL,
	MECH_OAUTHBEARER, /* ours: auth/bearer */
	MECH_XOAUTH2,     /* ours: auth/bearer */
};

struct mech {
	const char *name;    /* as in EHLO: "SCRAM-SHA-256-PLUS" */
	const char *keyword; /* as in the configuration: "scram-sha-256-plus" */
	enum mech_family family;
	bool automatic; /* tried without being named */
	bool in_clear;  /* may be chosen by itself without TLS */
	bool binds;     /* needs channel binding data */
	bool needs_user, needs_secret;
	bool client_first; /* has an initial response */
};

/* By keyword, case folded; NULL where unknown. */
const struct mech *mech_find(const char *keyword);

/*
 * The first automatic mechanism of the table that is in offered (names
 * separated by blanks), allowed without encryption if need be, and, where it
 * binds, can_bind.  NULL where there is none.
 */
const struct mech *mech_choose(struct view offered, bool encrypted,
			       bool can_bind);

/* True where name is one of the words of offered, case folded. */
bool mech_offered(struct view offered, const char *name);

const struct mech *mech_at(size_t i); /* NULL past the end */

#endif
