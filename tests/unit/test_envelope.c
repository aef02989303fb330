#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/envelope.h"

#define MANY 100000

/* Stands for net/idn: knows one domain, and others that cannot be. */
static bool to_ascii(struct view domain, struct str *out, struct err *e)
{
	if (view_is(domain, "m\xc3\xbcller.example")) {
		str_adds(out, "xn--mller-kva.example");
		return true;
	}
	if (view_is(domain, "evil\xc3\xbc")) {
		str_adds(out, "evil> SIZE=1");
		return true;
	}
	if (view_is(domain, "still\xc3\xbc")) {
		str_add(out, domain);
		return true;
	}
	return err_set(e, ERR_USAGE, "no such label");
}

static void assert_recipients(const struct envelope *env, const char *want)
{
	CLEAN(str) struct str s = STR_INIT;

	for (size_t i = 0; i < env->recipients.n; i++)
		str_addf(&s, "%s%s", i > 0 ? " " : "", env->recipients.v[i]);
	assert_string_equal(str_chars(&s), want);
}

static void merges_equal_recipients_in_order(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;

	(void)state;
	envelope_add_recipient(&env, "b@x.org");
	envelope_add_recipient(&env, "a@x.org");
	envelope_add_recipient(&env, "b@X.ORG");
	envelope_add_recipient(&env, "B@x.org");
	envelope_add_recipient(&env, "root");
	envelope_add_recipient(&env, "root");
	envelope_add_recipient(&env, "\"b@x.org\"");
	assert_recipients(&env, "b@x.org a@x.org B@x.org root \"b@x.org\"");
	assert_true(envelope_has_recipient(&env, "a@X.org"));
	assert_false(envelope_has_recipient(&env, "c@x.org"));
}

static void notices_recipients_put_there_by_others(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;

	(void)state;
	envelope_add_recipient(&env, "a@x");
	list_add(&env.recipients, "b@x");
	envelope_add_recipient(&env, "b@x");
	assert_recipients(&env, "a@x b@x");
	list_clear(&env.recipients);
	assert_false(envelope_has_recipient(&env, "a@x"));
	envelope_add_recipient(&env, "b@x");
	envelope_add_recipient(&env, "a@x");
	assert_recipients(&env, "b@x a@x");
}

/* Comparing each with each would take minutes. */
static void many_recipients_take_linear_time(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	time_t start = time(NULL);

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			CLEAN(str) struct str s = STR_INIT;

			str_addf(&s, "user%d@x.org", i);
			envelope_add_recipient(&env, s.s);
		}
	assert_int_equal(env.recipients.n, MANY);
	assert_string_equal(env.recipients.v[MANY - 1], "user99999@x.org");
	assert_true(time(NULL) - start < 60);
}

static void finishing_makes_a_labels_and_merges(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	struct err e = ERR_INIT;

	(void)state;
	env.sender = mem_copy("a@m\xc3\xbcller.example");
	envelope_add_recipient(&env, "b@xn--mller-kva.example");
	envelope_add_recipient(&env, "c@Plain_Host.example");
	envelope_add_recipient(&env, "b@m\xc3\xbcller.example");
	envelope_add_recipient(&env, "d@[192.0.2.1]");
	envelope_add_recipient(&env, "local");
	assert_true(envelope_finish(&env, to_ascii, &e));
	assert_string_equal(env.sender, "a@xn--mller-kva.example");
	assert_recipients(&env, "b@xn--mller-kva.example c@Plain_Host.example "
				"d@[192.0.2.1] local");
	assert_false(env.smtputf8);
}

static void smtputf8_is_for_local_parts(void **state)
{
	static const struct {
		const char *sender, *recipient;
		bool want;
	} rows[] = {
		{ "a@x", "b@x", false },
		{ "", "b@m\xc3\xbcller.example", false },
		{ "j\xc3\xb6@x", "b@x", true },
		{ "", "\"j \xc3\xb6\"@x", true },
		{ NULL, "j\xc3\xb6", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;

		env.sender = mem_copy(rows[i].sender);
		envelope_add_recipient(&env, rows[i].recipient);
		assert_true(envelope_finish(&env, to_ascii, &e));
		assert_int_equal(env.smtputf8, rows[i].want);
	}
}

static void finishing_refuses_what_cannot_be_sent(void **state)
{
	static const char *const bad[] = {
		"a@unknown\xc3\xbc", "a@evil\xc3\xbc",
		"a@still\xc3\xbc",   "a b@x",
		"a@x\r\nDATA",       "a@x> SIZE=1",
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(bad); i++) {
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;

		if (i % 2)
			env.sender = mem_copy(bad[i / 2]);
		else
			envelope_add_recipient(&env, bad[i / 2]);
		assert_false(envelope_finish(&env, to_ascii, &e));
		assert_int_equal(e.kind, ERR_MESSAGE);
		assert_non_null(strstr(e.text, "'a"));
	}
}

static void xtext_encodes_all_but_visible_ascii(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	envelope_add_xtext(&s, (struct view){ "a!~+= \r\n\x7f\0\xc3", 11 });
	assert_string_equal(s.s, "a!~+2B+3D+20+0D+0A+7F+00+C3");
}

static void a_copy_is_for_some_and_asks_for_the_same(void **state)
{
	static const size_t index[] = { 0, 2 };
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	CLEAN(envelope) struct envelope some = ENVELOPE_INIT;

	(void)state;
	env.sender = mem_copy("me@x");
	env.envid = mem_copy("id");
	env.notify = NOTIFY_DELAY;
	env.ret = RETURN_FULL;
	env.smtputf8 = true;
	env.wishes.by_s = 7;
	envelope_add_recipient(&env, "a@x");
	envelope_add_recipient(&env, "b@x");
	envelope_add_recipient(&env, "c@x");
	envelope_copy_some(&some, &env, index, 2);
	assert_string_equal(some.sender, "me@x");
	assert_string_equal(some.envid, "id");
	assert_int_equal(some.notify, NOTIFY_DELAY);
	assert_int_equal(some.ret, RETURN_FULL);
	assert_true(some.smtputf8);
	assert_int_equal(some.wishes.by_s, 7);
	assert_int_equal(some.recipients.n, 2);
	assert_string_equal(some.recipients.v[0], "a@x");
	assert_string_equal(some.recipients.v[1], "c@x");
	assert_int_equal(env.recipients.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_equal_recipients_in_order),
		cmocka_unit_test(notices_recipients_put_there_by_others),
		cmocka_unit_test(many_recipients_take_linear_time),
		cmocka_unit_test(finishing_makes_a_labels_and_merges),
		cmocka_unit_test(smtputf8_is_for_local_parts),
		cmocka_unit_test(finishing_refuses_what_cannot_be_sent),
		cmocka_unit_test(xtext_encodes_all_but_visible_ascii),
		cmocka_unit_test(a_copy_is_for_some_and_asks_for_the_same),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
