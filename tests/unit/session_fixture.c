#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "session_fixture.h"

static void sasl_stub_free(struct sasl_stub *a)
{
	str_free(&a->offered);
	str_free(&a->challenges);
}

static bool stub_choose(void *self, struct view offered, bool encrypted,
			const char **name, struct err *e)
{
	struct sasl_stub *a = self;

	str_add(&a->offered, offered);
	a->encrypted = encrypted;
	if (!a->mechanism)
		return err_set(e, ERR_PROTOCOL, "no mechanism will do");
	*name = a->mechanism;
	return true;
}

static bool stub_begin(void *self, struct secret *initial, bool *has_initial,
		       struct err *e)
{
	const struct sasl_stub *a = self;

	(void)e;
	*has_initial = a->initial != NULL;
	if (a->initial)
		secret_add(initial, view_of(a->initial));
	return true;
}

static bool stub_step(void *self, struct view challenge,
		      struct secret *response, struct err *e)
{
	struct sasl_stub *a = self;

	str_add(&a->challenges, challenge);
	str_addc(&a->challenges, '|');
	if (a->step_fails)
		return err_set(e, ERR_AUTH,
			       "the server could not prove "
			       "itself");
	secret_add(response, view_of(a->responses[a->steps++ % 4]));
	return true;
}

static bool stub_finish(void *self, struct err *e)
{
	struct sasl_stub *a = self;

	a->finished++;
	return !a->discontent ||
	       err_set(e, ERR_AUTH, "the server did not prove itself");
}

void fixture_open(struct fixture *f, const struct scripted_step *script)
{
	memset(f, 0, sizeof(*f));
	scripted_now = 1000000;
	f->server.script = script;
	f->safe.upgradable = true;
	f->auth = (struct authenticator){ &f->sasl, stub_choose, stub_begin,
					  stub_step, stub_finish };
	f->sasl.mechanism = "PLAIN";
	f->sasl.initial = "s3cret";
	f->config = (struct session_config){ .hello = "me.example",
					     .encrypted = true,
					     .pipelining = true,
					     .chunking = true,
					     .now_ms = scripted_clock };
}

bool open_session(struct fixture *f)
{
	return session_open(&f->session, scripted_stream(&f->server),
			    &f->config, &f->e);
}

void fixture_free(struct fixture *f)
{
	session_close(&f->session);
	scripted_free(&f->server);
	scripted_free(&f->safe);
	sasl_stub_free(&f->sasl);
}
