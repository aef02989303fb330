#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#include "auth/mech.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/settings.h"
#include "msg/envelope.h"

/* An account with one keyword set; value NULL: without it. */
static void make(struct account *a, const char *name, const char *value)
{
	const struct origin o = { .kind = ORIGIN_FILE };
	struct err e = ERR_INIT;

	account_init(a, "x");
	if (value)
		assert_true(account_set(a, key_find(view_of(name)),
					view_of(value), o, &e));
}

static void auth_is_off_on_or_a_mechanism(void **state)
{
	static const struct {
		const char *value;
		bool on;
		const char *mech;
	} cases[] = {
		{ NULL, false, NULL },
		{ "off", false, NULL },
		{ "on", true, NULL },
		{ "", true, NULL },
		{ "plain", true, "plain" },
		{ "SCRAM-SHA-256-PLUS", true, "scram-sha-256-plus" },
		{ "xoauth2", true, "xoauth2" },
		{ "gs2-krb5", true, "gs2-krb5" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;
		const struct mech *m;

		make(&a, "auth", cases[i].value);
		m = settings_mech(&a);
		assert_int_equal(settings_auth(&a), cases[i].on);
		if (cases[i].mech)
			assert_string_equal(m->keyword, cases[i].mech);
		else
			assert_null(m);
	}
}

/* What a file may call a mechanism is one. */
static void every_choice_of_auth_is_a_mechanism(void **state)
{
	const struct key *k = key_at(KEY_ID_auth);

	(void)state;
	for (int i = 2; key_choice(k, i).n > 0; i++) {
		CLEAN(account) struct account a;

		make(&a, "auth", NULL);
		a.auth = i;
		assert_non_null(settings_mech(&a));
	}
	for (size_t i = 0; mech_at(i); i++)
		assert_true(key_choice_index(k, view_of(mech_at(i)->keyword)) >
			    1);
}

static void a_timeout_is_by_step_none_or_seconds(void **state)
{
	static const struct {
		const char *value;
		int want;
	} cases[] = {
		{ NULL, 0 },
		{ "off", -1 },
		{ "90", 90 },
		{ "2m", 120 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;

		make(&a, "timeout", cases[i].value);
		assert_int_equal(settings_timeout_s(&a), cases[i].want);
	}
}

static void notify_is_a_set(void **state)
{
	static const struct {
		const char *value;
		unsigned want;
	} cases[] = {
		{ NULL, 0 },
		{ "off", 0 },
		{ "never", NOTIFY_NEVER },
		{ "failure", NOTIFY_FAILURE },
		{ "delay", NOTIFY_DELAY },
		{ "success", NOTIFY_SUCCESS },
		{ "success,failure", NOTIFY_SUCCESS | NOTIFY_FAILURE },
		{ "FAILURE delay, success",
		  NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;

		make(&a, "dsn_notify", cases[i].value);
		assert_true(settings_wishes(&a, 0, &env, &e));
		assert_int_equal(env.notify, cases[i].want);
		assert_int_equal(env.ret, RETURN_UNSET);
	}
}

static void a_report_holds_what_was_asked_for(void **state)
{
	static const struct {
		const char *value;
		enum envelope_return want;
	} cases[] = {
		{ NULL, RETURN_UNSET },        { "off", RETURN_UNSET },
		{ "headers", RETURN_HEADERS }, { "hdrs", RETURN_HEADERS },
		{ "full", RETURN_FULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;

		make(&a, "dsn_return", cases[i].value);
		assert_true(settings_wishes(&a, 0, &env, &e));
		assert_int_equal(env.ret, cases[i].want);
	}
}

/* What goes to the journal is not said twice. */
static void the_journal_takes_the_place_of_syslog(void **state)
{
	static const struct {
		const char *syslog;
		int want;
	} cases[] = { { NULL, -1 }, { "on", LOG_USER }, { "off", -1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;

		make(&a, "syslog", cases[i].syslog);
		a.journal = true;
		assert_int_equal(settings_syslog(&a), cases[i].want);
	}
}

static void a_place_is_a_host_and_a_port_or_a_folder(void **state)
{
	CLEAN(account) struct account a;
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str caught = STR_INIT;

	(void)state;
	make(&a, "host", "mx.example");
	settings_add_place(&a, &out);
	assert_string_equal(str_chars(&out), "mx.example:25");
	a.capture = mem_copy("/caught");
	settings_add_place(&a, &caught);
	assert_non_null(strstr(str_chars(&caught), "/caught"));
	assert_null(strstr(str_chars(&caught), "mx.example"));
}

static void syslog_has_a_facility(void **state)
{
	static const struct {
		const char *value;
		int want;
	} cases[] = {
		{ NULL, LOG_MAIL },           { "off", -1 },
		{ "on", LOG_USER },           { "", LOG_USER },
		{ "LOG_USER", LOG_USER },     { "log_mail", LOG_MAIL },
		{ "LOG_LOCAL0", LOG_LOCAL0 }, { "LOG_LOCAL1", LOG_LOCAL1 },
		{ "LOG_LOCAL2", LOG_LOCAL2 }, { "LOG_LOCAL3", LOG_LOCAL3 },
		{ "LOG_LOCAL4", LOG_LOCAL4 }, { "LOG_LOCAL5", LOG_LOCAL5 },
		{ "LOG_LOCAL6", LOG_LOCAL6 }, { "LOG_LOCAL7", LOG_LOCAL7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;

		make(&a, "syslog", cases[i].value);
		assert_int_equal(settings_syslog(&a), cases[i].want);
	}
}

/* The names that other rooms have for choices are those of the table. */
static void indices_are_those_of_the_table(void **state)
{
	static const struct {
		enum key_id id;
		int index;
		const char *word;
	} cases[] = {
		{ KEY_ID_chunking, SETTINGS_AUTO, "auto" },
		{ KEY_ID_pipelining, SETTINGS_AUTO, "auto" },
		{ KEY_ID_log_format, SETTINGS_JSON, "json" },
		{ KEY_ID_long_lines, SETTINGS_REENCODE, "reencode" },
		{ KEY_ID_set_sender, SETTINGS_SENDER_AUTO, "auto" },
		{ KEY_ID_dsn_return, 1, "headers" },
		{ KEY_ID_dsn_return, 2, "full" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(
			view_is(key_choice(key_at(cases[i].id), cases[i].index),
				cases[i].word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth_is_off_on_or_a_mechanism),
		cmocka_unit_test(every_choice_of_auth_is_a_mechanism),
		cmocka_unit_test(a_timeout_is_by_step_none_or_seconds),
		cmocka_unit_test(notify_is_a_set),
		cmocka_unit_test(syslog_has_a_facility),
		cmocka_unit_test(a_report_holds_what_was_asked_for),
		cmocka_unit_test(the_journal_takes_the_place_of_syslog),
		cmocka_unit_test(a_place_is_a_host_and_a_port_or_a_folder),
		cmocka_unit_test(indices_are_those_of_the_table),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
