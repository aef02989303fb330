#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/caps.h"

static void each_keyword_is_a_word_of_its_own(void **state)
{
	static const struct {
		const char *text;
		enum cap cap;
		bool offered;
	} cases[] = {
		{ "mx\nPIPELINING", CAP_PIPELINING, true },
		{ "mx\npipelining", CAP_PIPELINING, true },
		{ "mx\nX\nCHUNKING\nY", CAP_CHUNKING, true },
		{ "mx\nXPIPELINING", CAP_PIPELINING, false },
		{ "mx\nPIPELININGX", CAP_PIPELINING, false },
		{ "mx\nX PIPELINING", CAP_PIPELINING, false },
		{ "mx\nSTARTTLS ", CAP_STARTTLS, true },
		{ "STARTTLS\nX", CAP_STARTTLS, false },
		{ "mx STARTTLS", CAP_STARTTLS, false },
		{ "mx\nSTARTTLS?", CAP_STARTTLS, false },
		{ "mx\nAUTHX=PLAIN", CAP_AUTH, false },
		{ "", CAP_STARTTLS, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps c = CAPS_INIT;

		caps_read(&c, cases[i].text);
		assert_int_equal(caps_has(&c, cases[i].cap), cases[i].offered);
	}
}

static void every_keyword_is_known_by_its_name(void **state)
{
	static const struct {
		const char *name;
		enum cap cap;
	} cases[] = {
		{ "8BITMIME", CAP_8BITMIME },
		{ "AUTH", CAP_AUTH },
		{ "BINARYMIME", CAP_BINARYMIME },
		{ "CHUNKING", CAP_CHUNKING },
		{ "DELIVERBY", CAP_DELIVERBY },
		{ "DSN", CAP_DSN },
		{ "ENHANCEDSTATUSCODES", CAP_ENHANCEDSTATUSCODES },
		{ "ETRN", CAP_ETRN },
		{ "FUTURERELEASE", CAP_FUTURERELEASE },
		{ "LIMITS", CAP_LIMITS },
		{ "MT-PRIORITY", CAP_MT_PRIORITY },
		{ "PIPELINING", CAP_PIPELINING },
		{ "REQUIRETLS", CAP_REQUIRETLS },
		{ "SIZE", CAP_SIZE },
		{ "SMTPUTF8", CAP_SMTPUTF8 },
		{ "STARTTLS", CAP_STARTTLS },
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(cases), CAP_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps c = CAPS_INIT;
		CLEAN(str) struct str text = STR_INIT;

		str_addf(&text, "mx\n%s", cases[i].name);
		caps_read(&c, text.s);
		assert_int_equal(c.offered, 1U << cases[i].cap);
	}
}

static void a_flood_of_mechanisms_is_cut_short(void **state)
{
	CLEAN(caps) struct caps c = CAPS_INIT;
	CLEAN(str) struct str text = STR_INIT;
	size_t names = 0;

	(void)state;
	str_adds(&text, "mx\nAUTH PLAIN");
	for (int i = 0; i < 100000; i++)
		str_addf(&text, "%sX%d", i % 300 == 0 ? "\nAUTH " : " ", i);
	caps_read(&c, text.s);
	for (size_t i = 0; i < c.auth.len; i++)
		names += c.auth.s[i] == ' ';
	assert_int_equal(names + 1, 1000);
	assert_true(view_starts(str_view(&c.auth), "PLAIN X0 X1 "));
}

static void size_is_a_bounded_number(void **state)
{
	static const struct {
		const char *text;
		int64_t size;
	} cases[] = {
		{ "mx\nSIZE 35882577", 35882577 },
		{ "mx\nsize 1 ", 1 },
		{ "mx\nSIZE", 0 },
		{ "mx\nSIZE 0", 0 },
		{ "mx\nSIZE -1", 0 },
		{ "mx\nSIZE 10M", 0 },
		{ "mx\nSIZE 99999999999999999999", 0 },
		{ "mx\nSIZE 999999999999999999", INT64_C(999999999999999999) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps c = CAPS_INIT;

		caps_read(&c, cases[i].text);
		assert_true(caps_has(&c, CAP_SIZE));
		assert_true(c.size == cases[i].size);
	}
}

static void parameters_are_bounded_numbers(void **state)
{
	static const struct {
		const char *text;
		int by_min, hold_max;
		int64_t hold_until;
		struct caps_limits limits;
	} cases[] = {
		{ "mx\nDELIVERBY 600", 600, 0, 0, { 0 } },
		{ "mx\nDELIVERBY 600,X=1", 600, 0, 0, { 0 } },
		{ "mx\nDELIVERBY ,X", 0, 0, 0, { 0 } },
		{ "mx\nDELIVERBY", 0, 0, 0, { 0 } },
		{ "mx\nDELIVERBY -5", 0, 0, 0, { 0 } },
		{ "mx\nDELIVERBY 1000000000", 0, 0, 0, { 0 } },
		{ "mx\nFUTURERELEASE 60 1970-01-01T01:00:00Z",
		  0,
		  60,
		  3600,
		  { 0 } },
		{ "mx\nFUTURERELEASE 60", 0, 60, 0, { 0 } },
		{ "mx\nFUTURERELEASE 60 soon", 0, 60, 0, { 0 } },
		{ "mx\nFUTURERELEASE", 0, 0, 0, { 0 } },
		{ "mx\nFUTURERELEASE 9999999999 x", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS RCPTMAX=2 MAILMAX=3 RCPTDOMAINMAX=4",
		  0,
		  0,
		  0,
		  { 2, 3, 4 } },
		{ "mx\nlimits mailmax=999999", 0, 0, 0, { 0, 999999, 0 } },
		{ "mx\nLIMITS RCPTMAX=1000000", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS RCPTMAX=0", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS RCPTMAX=-1", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS RCPTMAX=5x", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS RCPTMAX", 0, 0, 0, { 0 } },
		{ "mx\nLIMITS XRCPTMAX=2 =3  RCPTMAX=7", 0, 0, 0, { 7, 0, 0 } },
		{ "mx\nRCPTMAX=2", 0, 0, 0, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps c = CAPS_INIT;

		caps_read(&c, cases[i].text);
		assert_int_equal(c.by_min_s, cases[i].by_min);
		assert_int_equal(c.hold_max_s, cases[i].hold_max);
		assert_true(c.hold_max_until == cases[i].hold_until);
		assert_memory_equal(&c.limits, &cases[i].limits,
				    sizeof(c.limits));
	}
}

static void every_line_can_be_walked(void **state)
{
	CLEAN(caps) struct caps c = CAPS_INIT;
	struct caps_line line;
	struct view rest;

	(void)state;
	caps_read(&c, "mx\nSIZE  5 \nX-Odd a=b c\nAUTH=LOGIN\n\nDSN");
	rest = str_view(&c.all);
	assert_true(caps_next(&rest, &line));
	assert_int_equal(line.cap, CAP_SIZE);
	assert_true(view_is(line.parameters, "5"));
	assert_true(caps_next(&rest, &line));
	assert_int_equal(line.cap, CAP_COUNT);
	assert_true(view_is(line.keyword, "X-Odd"));
	assert_true(view_is(line.parameters, "a=b c"));
	assert_true(caps_next(&rest, &line));
	assert_int_equal(line.cap, CAP_AUTH);
	assert_true(view_is(line.keyword, "AUTH"));
	assert_true(view_is(line.parameters, "LOGIN"));
	assert_true(caps_next(&rest, &line));
	assert_int_equal(line.keyword.n, 0);
	assert_int_equal(line.cap, CAP_COUNT);
	assert_true(caps_next(&rest, &line));
	assert_string_equal(caps_name(line.cap), "DSN");
	assert_false(caps_next(&rest, &line));
}

static void mechanisms_are_listed_once_in_upper_case(void **state)
{
	static const struct {
		const char *text;
		const char *auth;
	} cases[] = {
		{ "mx\nAUTH PLAIN login", "PLAIN LOGIN" },
		{ "mx\nAUTH=LOGIN PLAIN", "LOGIN PLAIN" },
		{ "mx\nAUTH PLAIN\nAUTH=PLAIN LOGIN", "PLAIN LOGIN" },
		{ "mx\nAUTH  PLAIN  X", "PLAIN X" },
		{ "mx\nAUTH scram-sha-256-plus", "SCRAM-SHA-256-PLUS" },
		{ "mx\nAUTH PL?IN A123456789012345678901 X_Y", "X_Y" },
		{ "mx\nAUTH", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps c = CAPS_INIT;

		caps_read(&c, cases[i].text);
		assert_true(caps_has(&c, CAP_AUTH));
		assert_string_equal(str_chars(&c.auth), cases[i].auth);
	}
}

static void what_was_learnt_before_is_forgotten(void **state)
{
	CLEAN(caps) struct caps c = CAPS_INIT;

	(void)state;
	caps_read(&c, "mx\nSIZE 5\nAUTH PLAIN\nSTARTTLS\nLIMITS RCPTMAX=1\n"
		      "DELIVERBY 5\nFUTURERELEASE 5 1970-01-01T01:00:00Z");
	caps_read(&c, "mx\nX-OTHER a\nDSN");
	assert_int_equal(c.offered, 1U << CAP_DSN);
	assert_int_equal(c.size, 0);
	assert_int_equal(c.limits.recipients, 0);
	assert_int_equal(c.by_min_s + c.hold_max_s, 0);
	assert_true(c.hold_max_until == 0);
	assert_string_equal(str_chars(&c.auth), "");
	assert_string_equal(str_chars(&c.all), "X-OTHER a\nDSN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_keyword_is_a_word_of_its_own),
		cmocka_unit_test(every_keyword_is_known_by_its_name),
		cmocka_unit_test(a_flood_of_mechanisms_is_cut_short),
		cmocka_unit_test(size_is_a_bounded_number),
		cmocka_unit_test(parameters_are_bounded_numbers),
		cmocka_unit_test(every_line_can_be_walked),
		cmocka_unit_test(mechanisms_are_listed_once_in_upper_case),
		cmocka_unit_test(what_was_learnt_before_is_forgotten),
	};

	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}
