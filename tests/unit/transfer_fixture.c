#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "transfer_fixture.h"

void fixture_open(struct fixture *f, const char *offer,
		  const struct scripted_step *script)
{
	memset(f, 0, sizeof(*f));
	scripted_now = 1000000;
	f->config = (struct session_config){ .hello = "me.example",
					     .encrypted = true,
					     .pipelining = true,
					     .chunking = true,
					     .now_ms = scripted_clock };
	f->server.script = script;
	f->session.config = f->config;
	wire_init(&f->session.wire, scripted_stream(&f->server), NULL);
	f->session.pipe = (struct pipeline){ .wire = &f->session.wire,
					     .now_ms = scripted_clock };
	caps_read(&f->session.caps, offer);
	f->session.pipe.allowed = caps_has(&f->session.caps, CAP_PIPELINING);
	f->envelope.sender = mem_copy("me@x");
	assert_true(draft_open(&f->draft, &f->e));
	f->transfer = (struct transfer){ .envelope = &f->envelope,
					 .message = &f->draft,
					 .facts = &f->facts,
					 .size_check = true,
					 .last = true };
}

void add_text(struct fixture *f, struct view v)
{
	assert_true(draft_add(&f->draft, v, &f->e));
	facts_note(&f->facts, v);
}

void add_lines(struct fixture *f, size_t lines)
{
	char line[63];

	memset(line, 'x', sizeof(line));
	line[62] = '\n';
	for (size_t i = 0; i < lines; i++) {
		line[0] = i == 0 ? '.' : 'x';
		add_text(f, (struct view){ line, sizeof(line) });
	}
}

void add_recipients(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++) {
		CLEAN(str) struct str path = STR_INIT;

		str_addf(&path, "r%d@x", i);
		list_add(&f->envelope.recipients, path.s);
	}
}

bool transfer(struct fixture *f)
{
	assert_true(draft_flush(&f->draft, &f->e));
	return transfer_send(&f->session, &f->transfer, &f->outcome, &f->e);
}

void fixture_free(struct fixture *f)
{
	session_close(&f->session);
	scripted_free(&f->server);
	envelope_free(&f->envelope);
	draft_free(&f->draft);
	outcome_free(&f->outcome);
}

void assert_kinds(const struct fixture *f, enum err_kind kind)
{
	for (size_t i = 0; i < f->outcome.n; i++) {
		assert_true(f->outcome.v[i].settled);
		assert_int_equal(f->outcome.v[i].kind, kind);
	}
}
