/* What the tests of smtp/session share: a server and a mechanism by script. */
#ifndef TESTS_UNIT_SESSION_FIXTURE_H
#define TESTS_UNIT_SESSION_FIXTURE_H

#include "scripted.h"
#include "smtp/session.h"

#define GREETING                                                               \
	{                                                                      \
		"", "220 mx.example ESMTP\r\n"                                 \
	}
#define END                                                                    \
	{                                                                      \
		NULL, NULL                                                     \
	}

/* A mechanism of the test's making: what it says, and when it is content. */
struct sasl_stub {
	const char *mechanism; /* NULL: none will do */
	const char *initial;   /* NULL: the server speaks first */
	const char *responses[4];
	int steps;
	bool step_fails;
	bool discontent;
	struct str offered;
	struct str challenges; /* each followed by '|' */
	bool encrypted;
	int finished;
};

struct fixture {
	struct scripted server, safe;
	struct session session;
	struct sasl_stub sasl;
	struct authenticator auth;
	struct session_config config;
	struct err e;
};

void fixture_open(struct fixture *f, const struct scripted_step *script);
void fixture_free(struct fixture *f);
bool open_session(struct fixture *f);

#endif
