#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "smtp/command.h"

static bool mail(struct str *out, const char *sender, const struct caps *caps,
		 struct err *e)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	struct facts f = FACTS_INIT;

	env.sender = mem_copy(sender);
	return command_mail(out, &env, &f, caps, false, e);
}

static bool rcpt(struct str *out, const char *path, bool utf8,
		 const struct caps *caps, struct err *e)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;

	list_add(&env.recipients, path);
	env.smtputf8 = utf8;
	return command_rcpt(out, &env, 0, caps, e);
}

/* CR, LF, NUL and other control characters cannot get into one. */
static void no_address_smuggles_a_line_or_an_argument(void **state)
{
	static const char *const bad[] = {
		"a@b\r\nRCPT TO:<c@d>",
		"a@b\n",
		"a@b\r",
		"a\t@b",
		"a\x7f@b",
		"\x01@b",
		"a b@c",
		"a@b> SIZE=1",
		"a@b>",
		"<a@b",
		"\"a\r\nb\"@c",
		"\"a@b",
		"\"a\\",
		"\"a\\\"@b c",
		"a\"b@c",
		"\xc3\xa4@b",
	};
	const struct caps caps = CAPS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		assert_false(mail(&out, bad[i], &caps, &e));
		assert_int_equal(e.kind, ERR_MESSAGE);
		e = ERR_INIT;
		assert_false(rcpt(&out, bad[i], false, &caps, &e));
		assert_int_equal(e.kind, ERR_MESSAGE);
		assert_int_equal(out.len, 0);
	}
}

static void what_quotes_protect_goes_as_it_is(void **state)
{
	static const char *const good[] = {
		"a@b",
		"\"a b\"@c",
		"\"a>b<\"@c",
		"\"a\\\"b c\"@d",
		"\"a\\\\\"@b",
		"a@[192.0.2.1]",
		"a@[IPv6:2001:db8::1]",
	};
	const struct caps caps = CAPS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;
		struct err e = ERR_INIT;

		str_addf(&want, "RCPT TO:<%s>\r\n", good[i]);
		assert_true(rcpt(&out, good[i], false, &caps, &e));
		assert_string_equal(out.s, want.s);
	}
}

static void only_a_sender_may_be_empty(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	const struct caps caps = CAPS_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(mail(&out, "", &caps, &e));
	assert_string_equal(out.s, "MAIL FROM:<>\r\n");
	assert_false(rcpt(&out, "", false, &caps, &e));
	assert_int_equal(e.kind, ERR_MESSAGE);
}

static void utf8_needs_smtputf8_and_must_be_utf8(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	const struct caps caps = CAPS_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(rcpt(&out, "\xc3\xa4@b", true, &caps, &e));
	assert_string_equal(out.s, "RCPT TO:<\xc3\xa4@b>\r\n");
	assert_false(rcpt(&out, "\xc3@b", true, &caps, &e));
	assert_false(rcpt(&out, "\xc3\xa4 @b", true, &caps, &e));
}

static void a_line_is_bounded(void **state)
{
	char path[COMMAND_LINE_MAX + 1];
	const struct caps caps = CAPS_INIT;
	/* "RCPT TO:<" and ">" and CRLF are 12 octets. */
	const size_t fits = COMMAND_LINE_MAX - 12;

	(void)state;
	memset(path, 'x', sizeof(path));
	for (size_t n = fits; n <= fits + 1; n++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		path[fits] = 'x';
		path[n] = '\0';
		assert_int_equal(rcpt(&out, path, false, &caps, &e), n == fits);
		assert_int_equal(out.len, n == fits ? COMMAND_LINE_MAX : 0);
	}
}

static void a_host_name_is_one_word(void **state)
{
	static const char *const bad[] = { "",    "a b", "a\r\nb",   "a\tb",
					   "<a>", "a\n", "\xc3\xa4", "a\x7f" };
	CLEAN(str) struct str out = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(command_hello(&out, "EHLO", bad[i], &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
	assert_int_equal(out.len, 0);
	assert_true(command_hello(&out, "EHLO", "[192.0.2.1]", &e));
	assert_string_equal(out.s, "EHLO [192.0.2.1]\r\n");
}

static void mail_has_what_is_offered_and_wanted(void **state)
{
	static const struct {
		const char *caps;
		const char *envid;
		const char *parameters;
		uint64_t longest;
		enum envelope_return ret;
		bool eight, nul, binary, utf8;
	} cases[] = {
		{ "", "id", "", 2000, RETURN_FULL, true, true, true, true },
		{ "\nSIZE", NULL, " SIZE=12", 10, 0, 0, 0, 0, 0 },
		{ "\n8BITMIME", NULL, "", 10, 0, false, 0, 0, 0 },
		{ "\n8BITMIME", NULL, " BODY=8BITMIME", 10, 0, true, 0, 0, 0 },
		{ "\n8BITMIME\nBINARYMIME", NULL, " BODY=8BITMIME", 998, 0,
		  true, 0, true, 0 },
		{ "\n8BITMIME\nBINARYMIME", NULL, " BODY=BINARYMIME", 999, 0,
		  true, 0, true, 0 },
		{ "\n8BITMIME\nBINARYMIME", NULL, " BODY=8BITMIME", 999, 0,
		  true, 0, false, 0 },
		{ "\nBINARYMIME", NULL, " BODY=BINARYMIME", 10, 0, false, true,
		  true, 0 },
		{ "\nSMTPUTF8", NULL, " SMTPUTF8", 10, 0, 0, 0, 0, true },
		{ "\nSMTPUTF8", NULL, "", 10, 0, true, 0, 0, false },
		{ "\nDSN", NULL, " RET=HDRS", 10, RETURN_HEADERS, 0, 0, 0, 0 },
		{ "\nDSN", "a+b=c d", " RET=FULL ENVID=a+2Bb+3Dc+20d", 10,
		  RETURN_FULL, 0, 0, 0, 0 },
		{ "\nDSN", NULL, "", 10, 0, 0, 0, 0, 0 },
		{ "\nSIZE\nDSN\n8BITMIME\nSMTPUTF8", "x",
		  " SIZE=12 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x", 10,
		  RETURN_FULL, true, 0, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps caps = CAPS_INIT;
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;
		const struct facts f = { .octets = 11,
					 .lines = 1,
					 .longest = cases[i].longest,
					 .has_8bit = cases[i].eight,
					 .has_nul = cases[i].nul };

		str_addf(&text, "mx%s", cases[i].caps);
		caps_read(&caps, text.s);
		env.sender = mem_copy("a@b");
		env.smtputf8 = cases[i].utf8;
		env.ret = cases[i].ret;
		env.envid = mem_copy(cases[i].envid);
		assert_true(command_mail(&out, &env, &f, &caps, cases[i].binary,
					 &e));
		str_addf(&want, "MAIL FROM:<a@b>%s\r\n", cases[i].parameters);
		assert_string_equal(out.s, want.s);
	}
}

static void an_envelope_identifier_is_printable(void **state)
{
	static const char *const bad[] = { "a\r\nb", "a\tb", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(caps) struct caps caps = CAPS_INIT;
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		const struct facts f = FACTS_INIT;
		struct err e = ERR_INIT;

		caps_read(&caps, "mx\nDSN");
		env.envid = mem_copy(bad[i]);
		assert_false(command_mail(&out, &env, &f, &caps, false, &e));
		assert_int_equal(e.kind, ERR_MESSAGE);
	}
}

static void rcpt_has_the_notices_that_were_asked_for(void **state)
{
	static const struct {
		const char *caps;
		const char *path;
		bool utf8;
		unsigned notify;
		const char *parameters;
	} cases[] = {
		{ "mx", "a@b", false, NOTIFY_NEVER, "" },
		{ "mx\nDSN", "a@b", false, 0, "" },
		{ "mx\nDSN", "a@b", false, NOTIFY_NEVER,
		  " NOTIFY=NEVER ORCPT=rfc822;a@b" },
		{ "mx\nDSN", "a+x@b", false,
		  NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY,
		  " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bx@b" },
		{ "mx\nDSN", "a@b", false, NOTIFY_NEVER | NOTIFY_DELAY,
		  " NOTIFY=NEVER ORCPT=rfc822;a@b" },
		{ "mx\nDSN", "a@b", false, NOTIFY_DELAY,
		  " NOTIFY=DELAY ORCPT=rfc822;a@b" },
		{ "mx\nDSN", "\xc3\xa4+=\\@b", true, NOTIFY_DELAY,
		  " NOTIFY=DELAY ORCPT=utf-8;\xc3\xa4\\x{2B}\\x{3D}\\x{5C}@b" },
		{ "mx\nDSN", "a@b", true, NOTIFY_DELAY,
		  " NOTIFY=DELAY ORCPT=rfc822;a@b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps caps = CAPS_INIT;
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;

		caps_read(&caps, cases[i].caps);
		list_add(&env.recipients, cases[i].path);
		env.notify = cases[i].notify;
		env.smtputf8 = cases[i].utf8;
		assert_true(command_rcpt(&out, &env, 0, &caps, &e));
		str_addf(&want, "RCPT TO:<%s>%s\r\n", cases[i].path,
			 cases[i].parameters);
		assert_string_equal(out.s, want.s);
	}
}

static void wishes_are_parameters_of_mail(void **state)
{
	static const struct {
		const char *caps;
		const char *parameters;
		struct envelope_wishes w;
	} cases[] = {
		{ "mx\nDELIVERBY",
		  " BY=120;R",
		  { .by = BY_RETURN, .by_s = 120 } },
		{ "mx\nDELIVERBY",
		  " BY=999999999;NT",
		  { .by = BY_NOTIFY, .by_s = 999999999, .by_trace = true } },
		{ "mx", "", { .by = BY_NOTIFY, .by_s = 5 } },
		{ "mx\nFUTURERELEASE", " HOLDFOR=60", { .hold_for_s = 60 } },
		{ "mx\nFUTURERELEASE",
		  " HOLDUNTIL=2026-11-22T10:00:00Z",
		  { .hold_until = INT64_C(1795341600) } },
		/* RFC 4865, 5: never both. */
		{ "mx\nFUTURERELEASE",
		  " HOLDFOR=60",
		  { .hold_for_s = 60, .hold_until = 5 } },
		{ "mx", "", { .hold_for_s = 60 } },
		{ "mx\nMT-PRIORITY",
		  " MT-PRIORITY=-9",
		  { .has_priority = true, .priority = -9 } },
		{ "mx\nMT-PRIORITY",
		  " MT-PRIORITY=0",
		  { .has_priority = true } },
		{ "mx\nMT-PRIORITY", "", { .priority = 3 } },
		{ "mx", "", { .has_priority = true } },
		{ "mx\nREQUIRETLS", " REQUIRETLS", { .require_tls = true } },
		{ "mx\nREQUIRETLS", "", { .require_tls = false } },
		{ "mx", "", { .require_tls = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(caps) struct caps caps = CAPS_INIT;
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;
		const struct envelope env = { .wishes = cases[i].w };
		const struct facts f = FACTS_INIT;
		struct err e = ERR_INIT;

		caps_read(&caps, cases[i].caps);
		assert_true(command_mail(&out, &env, &f, &caps, false, &e));
		str_addf(&want, "MAIL FROM:<>%s\r\n", cases[i].parameters);
		assert_string_equal(out.s, want.s);
	}
}

/* RFC 3461, 4.2: one that would be longer than 500 octets is not said. */
static void an_original_recipient_is_bounded(void **state)
{
	(void)state;
	for (size_t n = 493; n <= 494; n++) {
		CLEAN(caps) struct caps caps = CAPS_INIT;
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		struct err e = ERR_INIT;
		char path[500];

		memset(path, 'x', sizeof(path));
		path[n] = '\0';
		caps_read(&caps, "mx\nDSN");
		list_add(&env.recipients, path);
		env.notify = NOTIFY_DELAY;
		assert_true(command_rcpt(&out, &env, 0, &caps, &e));
		assert_int_equal(strstr(out.s, " ORCPT=") != NULL, n == 493);
	}
}

static void etrn_names_one_node(void **state)
{
	static const char *const good[] = { "mx.example", "@example", "#q" };
	static const char *const bad[] = { "",    "a b",  "a\r\nQUIT",
					   "a\t", "\x7f", "<a>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;
		struct err e = ERR_INIT;

		str_addf(&want, "ETRN %s\r\n", good[i]);
		assert_true(command_etrn(&out, good[i], &e));
		assert_string_equal(out.s, want.s);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		assert_false(command_etrn(&out, bad[i], &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_int_equal(out.len, 0);
	}
}

static void any_wish_is_a_wish(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;

	(void)state;
	assert_false(command_wants_dsn(&env));
	env.notify = NOTIFY_NEVER;
	assert_true(command_wants_dsn(&env));
	env.notify = 0;
	env.ret = RETURN_HEADERS;
	assert_true(command_wants_dsn(&env));
	env.ret = RETURN_UNSET;
	env.envid = mem_copy("x");
	assert_true(command_wants_dsn(&env));
}

static void bdat_says_how_much_and_whether_it_is_all(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	command_bdat(&out, 1048576, false);
	command_bdat(&out, 0, true);
	assert_string_equal(out.s, "BDAT 1048576\r\nBDAT 0 LAST\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_address_smuggles_a_line_or_an_argument),
		cmocka_unit_test(what_quotes_protect_goes_as_it_is),
		cmocka_unit_test(only_a_sender_may_be_empty),
		cmocka_unit_test(utf8_needs_smtputf8_and_must_be_utf8),
		cmocka_unit_test(a_line_is_bounded),
		cmocka_unit_test(a_host_name_is_one_word),
		cmocka_unit_test(mail_has_what_is_offered_and_wanted),
		cmocka_unit_test(an_envelope_identifier_is_printable),
		cmocka_unit_test(rcpt_has_the_notices_that_were_asked_for),
		cmocka_unit_test(wishes_are_parameters_of_mail),
		cmocka_unit_test(an_original_recipient_is_bounded),
		cmocka_unit_test(etrn_names_one_node),
		cmocka_unit_test(any_wish_is_a_wish),
		cmocka_unit_test(bdat_says_how_much_and_whether_it_is_all),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
