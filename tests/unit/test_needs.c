#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "smtp/needs.h"

/* 2026-11-22 10:00:00 UTC */
#define THEN INT64_C(1795341600)
#define HOLDS "mx\nFUTURERELEASE 600 2026-11-22T10:00:00Z"

static bool check(const char *offer, const struct envelope *env, bool encrypted,
		  struct err *e)
{
	CLEAN(caps) struct caps caps = CAPS_INIT;
	const struct facts f = { .octets = 11, .lines = 1 };
	const struct needs n = { .envelope = env,
				 .facts = &f,
				 .dsn_require = true,
				 .size_check = true,
				 .encrypted = encrypted };

	caps_read(&caps, offer);
	return needs_check(&n, &caps, e);
}

static void what_is_wished_must_be_offered(void **state)
{
	static const struct {
		const char *offer;
		const char *missing; /* NULL: nothing */
		struct envelope env;
	} cases[] = {
		{ "mx", NULL, { .smtputf8 = false } },
		{ "mx", "SMTPUTF8", { .smtputf8 = true } },
		{ "mx\nSMTPUTF8", NULL, { .smtputf8 = true } },
		{ "mx", "DSN", { .notify = NOTIFY_NEVER } },
		{ "mx\nDSN", NULL, { .notify = NOTIFY_NEVER } },
		{ "mx", "DELIVERBY", { .wishes.by = BY_NOTIFY } },
		{ "mx\nDELIVERBY", NULL, { .wishes.by = BY_NOTIFY } },
		{ "mx", "FUTURERELEASE", { .wishes.hold_for_s = 1 } },
		{ "mx", "FUTURERELEASE", { .wishes.hold_until = 1 } },
		{ "mx\nFUTURERELEASE", NULL, { .wishes.hold_until = 1 } },
		{ "mx\nFUTURERELEASE", NULL, { .wishes.hold_for_s = 1 } },
		{ "mx", "MT-PRIORITY", { .wishes.has_priority = true } },
		{ "mx\nMT-PRIORITY", NULL, { .wishes.has_priority = true } },
		{ "mx", "REQUIRETLS", { .wishes.require_tls = true } },
		{ "mx\nREQUIRETLS", NULL, { .wishes.require_tls = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;
		bool ok = check(cases[i].offer, &cases[i].env, true, &e);

		assert_int_equal(ok, !cases[i].missing);
		if (!cases[i].missing)
			continue;
		assert_int_equal(e.kind, ERR_REFUSED);
		assert_non_null(strstr(e.text, cases[i].missing));
	}
}

static void requiretls_counts_under_tls_alone(void **state)
{
	const struct envelope env = { .wishes.require_tls = true };
	struct err e = ERR_INIT;

	(void)state;
	assert_false(check("mx\nREQUIRETLS", &env, false, &e));
	assert_int_equal(e.kind, ERR_REFUSED);
}

static void what_the_server_announces_is_the_limit(void **state)
{
	static const struct {
		const char *offer;
		bool ok;
		struct envelope_wishes w;
	} cases[] = {
		{ "mx\nDELIVERBY 60", true, { .by = BY_RETURN, .by_s = 60 } },
		{ "mx\nDELIVERBY 60", false, { .by = BY_RETURN, .by_s = 59 } },
		{ "mx\nDELIVERBY 60", true, { .by = BY_NOTIFY, .by_s = 59 } },
		{ "mx\nDELIVERBY", true, { .by = BY_RETURN, .by_s = 1 } },
		{ HOLDS, true, { .hold_for_s = 600 } },
		{ HOLDS, false, { .hold_for_s = 601 } },
		{ HOLDS, true, { .hold_until = THEN } },
		{ HOLDS, false, { .hold_until = THEN + 1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct envelope env = { .wishes = cases[i].w };
		struct err e = ERR_INIT;

		assert_int_equal(check(cases[i].offer, &env, false, &e),
				 cases[i].ok);
		assert_int_equal(e.kind, cases[i].ok ? ERR_NONE : ERR_REFUSED);
	}
}

static void size_is_the_size_on_the_wire(void **state)
{
	const struct envelope env = ENVELOPE_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(check("mx\nSIZE 12", &env, false, &e));
	assert_true(check("mx\nSIZE 0", &env, false, &e));
	assert_false(check("mx\nSIZE 11", &env, false, &e));
	assert_int_equal(e.kind, ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wished_must_be_offered),
		cmocka_unit_test(requiretls_counts_under_tls_alone),
		cmocka_unit_test(what_the_server_announces_is_the_limit),
		cmocka_unit_test(size_is_the_size_on_the_wire),
	};

	return cmocka_run_group_tests_name("needs", tests, NULL, NULL);
}
