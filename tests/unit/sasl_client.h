/*
 * A client for the tests of auth/sasl: one that knows its password, and one
 * that has begun.
 */
#ifndef TESTS_UNIT_SASL_CLIENT_H
#define TESTS_UNIT_SASL_CLIENT_H

#include "auth/sasl.h"
#include "base/err.h"

/* How often the password was asked for. */
static int sasl_client_fetches;

static inline bool fetch(void *who, struct secret *out, struct err *e)
{
	const char *password = who;

	(void)e;
	sasl_client_fetches++;
	secret_set(out, view_of(password));
	return true;
}

static inline struct sasl *client(const struct sasl_config *c,
				  const char *offered, struct err *e)
{
	struct sasl *s = sasl_new(c);
	const char *name;

	if (!sasl_choose(s, view_of(offered), true, &name, e))
		sasl_free(&s);
	return s;
}

static inline struct sasl_config config_for(const char *user, char *password)
{
	return (struct sasl_config){ .user = user,
				     .host = "smtp.example.org",
				     .secret = fetch,
				     .who = password };
}

/* A client that named method and began; NULL with e where it could not. */
static inline struct sasl *begun(const char *method, const char *offered,
				 struct secret *initial, struct err *e)
{
	static char password[] = "pencil";
	struct sasl_config c = config_for("user", password);
	struct sasl *s;
	bool first;

	c.method = method;
	s = client(&c, offered, e);
	if (s && !sasl_begin(s, initial, &first, e))
		sasl_free(&s);
	return s;
}

static inline bool step(struct sasl *s, const char *challenge,
			struct secret *response, struct err *e)
{
	return sasl_step(s, view_of(challenge), response, e);
}

#endif
