#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "msg/facts.h"
#include "msg/report.h"

#define NOON 1790856000 /* Thu, 01 Oct 2026 12:00:00 +0000 */
#define BLOCK                                                                  \
	"From: me@example.org\n"                                               \
	"Subject: Lunch\n"                                                     \
	"Message-ID: <1@example.org>\n"
#define ORIGINAL BLOCK "\nHello.\n"

static const struct report_recipient bob = {
	.address = "bob@example.com",
	.kind = ERR_RECIPIENT,
	.code = 550,
	.status = { 5, 1, 1 },
	.said = "550 5.1.1 no such user",
	.when = NOON,
};

static struct report example(void)
{
	return (struct report){
		.from = "work@example.org",
		.to = "me@example.org",
		.host = "laptop.example.org",
		.account = "work",
		.boundary = "=_b",
		.message_id = "<2@example.org>",
		.now = NOON + 60,
		.id = "2K7QX1",
		.about = "<1@example.org>",
		.arrived = NOON - 60,
		.keep_s = 1209600,
		.original = { ORIGINAL, strlen(ORIGINAL) },
		.v = &bob,
		.n = 1,
	};
}

static const char whole[] =
	"From: Mail Delivery System <work@example.org>\n"
	"To: me@example.org\n"
	"Subject: Not delivered: Lunch\n"
	"Date: Thu, 01 Oct 2026 12:01:00 +0000\n"
	"Message-ID: <2@example.org>\n"
	"In-Reply-To: <1@example.org>\n"
	"References: <1@example.org>\n"
	"Auto-Submitted: auto-replied\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=delivery-status;\n"
	" boundary=\"=_b\"\n"
	"Content-Transfer-Encoding: 7bit\n"
	"\n"
	"--=_b\n"
	"Content-Type: text/plain; charset=utf-8\n"
	"Content-Transfer-Encoding: 7bit\n"
	"\n"
	"Your message of Thu, 01 Oct 2026 11:59:00 +0000\n"
	"\n"
	"    Lunch\n"
	"\n"
	"could not be delivered to this recipient:\n"
	"\n"
	"    bob@example.com\n"
	"\n"
	"The answer of the mail server was:\n"
	"\n"
	"    550 5.1.1 no such user\n"
	"\n"
	"Nothing more is sent by itself.  The message is kept for 14 days;\n"
	"'postrider queue show 2K7QX1' says more about it.  Once the cause is "
	"gone,\n"
	"this sends it to whom it did not reach:\n"
	"\n"
	"    postrider queue release 2K7QX1\n"
	"\n"
	"-- \n"
	"postrider on laptop.example.org, account 'work'\n"
	"\n"
	"--=_b\n"
	"Content-Type: message/delivery-status\n"
	"Content-Transfer-Encoding: 7bit\n"
	"\n"
	"Reporting-MTA: dns; laptop.example.org\n"
	"Arrival-Date: Thu, 01 Oct 2026 11:59:00 +0000\n"
	"\n"
	"Final-Recipient: rfc822; bob@example.com\n"
	"Action: failed\n"
	"Status: 5.1.1\n"
	"Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
	"Last-Attempt-Date: Thu, 01 Oct 2026 12:00:00 +0000\n"
	"\n"
	"--=_b\n"
	"Content-Type: text/rfc822-headers\n"
	"Content-Transfer-Encoding: 7bit\n"
	"\n" BLOCK "\n"
	"--=_b--\n";

static void a_report_is_this_to_the_byte(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	const struct report r = example();

	(void)state;
	report_write(&r, &out);
	assert_string_equal(out.s, whole);
}

/* --- what is different, case by case ----------------------------------------
 */

static void has(const struct str *text, const char *part)
{
	if (!strstr(str_chars(text), part))
		fail_msg("'%s' is not in:\n%s", part, str_chars(text));
}

static void lacks(const struct str *text, const char *part)
{
	if (strstr(str_chars(text), part))
		fail_msg("'%s' is in:\n%s", part, str_chars(text));
}

static void written(const struct report *r, struct str *out)
{
	struct facts f = FACTS_INIT;

	str_truncate(out, 0);
	report_write(r, out);
	facts_note(&f, str_view(out));
	assert_true(f.longest <= FACTS_LINE_MAX);
	assert_false(f.has_nul);
	assert_int_equal(f.current, 0);
}

static const struct {
	enum err_kind kind;
	int code, status[3];
	const char *said, *want;
} status_cases[] = {
	{ ERR_REFUSED, 554, { 5, 7, 1 }, "554 5.7.1 no", "Status: 5.7.1\n" },
	{ ERR_DEFERRED, 450, { 4, 2, 0 }, "450 4.2.0 full", "Status: 4.2.0\n" },
	{ ERR_REFUSED, 554, { 0 }, "554 no", "Status: 5.0.0\n" },
	{ ERR_DEFERRED, 451, { 0 }, "451 no", "Status: 4.0.0\n" },
	{ ERR_NETWORK, 0, { 0 }, "timed out", "Status: 4.4.7\n" },
	{ ERR_AUTH, 0, { 0 }, "no password", "Status: 4.4.7\n" },
	{ ERR_MESSAGE, 0, { 0 }, "too long", "Status: 5.0.0\n" },
	{ ERR_REFUSED, 550, { 0 }, NULL, "Status: 5.0.0\n\n--" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 a",
	  "\nDiagnostic-Code: smtp; 554 a\n" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 a\n554 b",
	  "\nDiagnostic-Code: smtp; 554 a 554 b\n" },
	{ ERR_NETWORK,
	  0,
	  { 0 },
	  "timed out",
	  "\nDiagnostic-Code: x-postrider; timed out\n" },
	{ ERR_NETWORK,
	  0,
	  { 0 },
	  "timed out",
	  "\n\nThe reason is:\n\n    timed out\n\n" },
	{ ERR_REFUSED, 554, { 0 }, "554 a\n554 b", "\n    554 a\n    554 b\n" },
	{ ERR_REFUSED, 554, { 0 }, NULL, "was:\n\n    unknown\n" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 Empf\xc3\xa4nger \xe2\x82\xac",
	  "smtp; 554 Empf\\x{E4}nger \\x{20AC}\n" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 Empf\xc3\xa4nger",
	  "\n    554 Empf=C3=A4nger\n" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 a\r\nBcc: x@y\n\n--=_b--\x1b[31m\xff\xe2\x80\xae\xe2\x80\xac",
	  "smtp; 554 a? Bcc: x@y  --=_b--?[31m???\n" },
	{ ERR_REFUSED,
	  554,
	  { 0 },
	  "554 a\r\nBcc: x@y\n\n--=_b--\x1b",
	  "\n    554 a?\n    Bcc: x@y\n    \n    --=_b--?\n" },
};

static void each_recipient_has_a_status_and_words(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(status_cases); i++) {
		struct report_recipient who = bob;
		struct report r = example();

		who.kind = status_cases[i].kind;
		who.code = status_cases[i].code;
		memcpy(who.status, status_cases[i].status, sizeof(who.status));
		who.said = status_cases[i].said;
		who.when = 0;
		r.v = &who;
		written(&r, &out);
		has(&out, status_cases[i].want);
		lacks(&out, "Last-Attempt-Date");
		lacks(&out, "\nBcc:");
	}
}

static void what_others_got_is_said(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct report r = example();

	(void)state;
	r.taken = 1;
	written(&r, &out);
	has(&out, "took it for 1 other.\nNothing more is sent by itself.");
	r.taken = 2;
	r.pending = 3;
	written(&r, &out);
	has(&out, "took it for 2 others.\n"
		  "It is still being tried for 3 others, which needs nothing "
		  "of you.\n");
	has(&out, "    postrider queue show 2K7QX1\n");
	lacks(&out, "release");
}

static const struct {
	int64_t keep_s;
	const char *want;
} keep_cases[] = {
	{ -1, "kept until you remove it;\n" },
	{ 172800, "kept for 2 days;\n" },
	{ 172799, "kept for 47 hours;\n" },
};

static void how_long_it_is_kept(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keep_cases); i++) {
		struct report r = example();

		r.keep_s = keep_cases[i].keep_s;
		written(&r, &out);
		has(&out, keep_cases[i].want);
	}
}

static void those_of_one_answer_share_it(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct report_recipient v[] = { bob, bob, bob };
	struct report r = example();

	(void)state;
	v[1].address = "carol@example.com";
	v[2].address = "dave@example.com";
	v[2].said = "550 5.7.1 not you";
	r.v = v;
	r.n = ARRAY_LEN(v);
	written(&r, &out);
	has(&out, "delivered to these recipients:\n\n"
		  "    bob@example.com\n"
		  "    carol@example.com\n\n"
		  "The answer of the mail server was:\n\n"
		  "    550 5.1.1 no such user\n\n"
		  "    dave@example.com\n\n"
		  "The answer of the mail server was:\n\n"
		  "    550 5.7.1 not you\n\n");
	has(&out, "\n\nFinal-Recipient: rfc822; carol@example.com\n");
	v[1].kind = ERR_DEFERRED;
	written(&r, &out);
	has(&out, "    carol@example.com\n\nIt was tried for 2 minutes, and ");
	has(&out, "\n\nFinal-Recipient: rfc822; dave@example.com\n");
}

static const struct {
	enum err_kind kind;
	int code;
	int64_t when, waited_s;
	const char *want;
} vain_cases[] = {
	{ ERR_DEFERRED, 450, NOON, 432000,
	  "\nIt was tried for 5 days, and then given up.\nThe last answer of "
	  "the mail server was:\n\n    no\n" },
	{ ERR_NETWORK, 0, NOON, 7200,
	  "\nIt was tried for 2 hours, and then given up.\nThe last reason "
	  "was:\n\n    no\n" },
	{ ERR_AUTH, 535, NOON, 7199, "tried for 119 minutes, and" },
	{ ERR_UNCERTAIN, 0, NOON, 60, "tried for 1 minute, and" },
	{ ERR_UNCERTAIN, 0, NOON, 59, "tried for less than a minute, and" },
	{ ERR_NONE, 0, 0, 60, "\nThe reason is:\n\n    no\n" },
	{ ERR_NETWORK, 0, 0, 60, "\nThe reason is:\n\n    no\n" },
	{ ERR_REFUSED, 554, NOON, 60,
	  "\nThe answer of the mail server was:\n" },
};

static void what_was_tried_in_vain_says_how_long(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vain_cases); i++) {
		struct report_recipient who = bob;
		struct report r = example();

		who.kind = vain_cases[i].kind;
		who.code = vain_cases[i].code;
		who.when = vain_cases[i].when;
		who.said = "no";
		r.v = &who;
		r.arrived = r.now - vain_cases[i].waited_s;
		str_truncate(&out, 0);
		report_add_words(&r, &out);
		has(&out, vain_cases[i].want);
	}
}

/* --- the header block -------------------------------------------------------
 */

static const struct {
	const char *about, *want;
} about_cases[] = {
	{ "<a.b$c@[::1]>", "\nIn-Reply-To: <a.b$c@[::1]>\n" },
	{ NULL, NULL },
	{ "", NULL },
	{ "a@b", NULL },
	{ "<>", NULL },
	{ "<a@b", NULL },
	{ "<a@b> <c@d>", NULL },
	{ "<a@b>\nBcc: x@y", NULL },
	{ "<a\tb>", NULL },
	{ "<\xc3\xa4@b>", NULL },
};

static void a_message_id_is_repeated_if_it_is_one(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str longest = STR_INIT;
	struct report r = example();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(about_cases); i++) {
		r.about = about_cases[i].about;
		written(&r, &out);
		if (about_cases[i].want)
			has(&out, about_cases[i].want);
		else
			lacks(&out, "In-Reply-To");
		assert_int_equal(!!strstr(out.s, "\nReferences: <"),
				 !!about_cases[i].want);
	}
	str_addf(&longest, "<%0300d>", 0);
	r.about = longest.s;
	written(&r, &out);
	lacks(&out, "In-Reply-To");
}

static const struct {
	const char *block, *want;
} subject_cases[] = {
	{ "Subject: a\n b\nX: c\n", "Subject: Not delivered: a b\nDate" },
	{ "X: c\nsubject : a\n", "Subject: Not delivered: a\nDate" },
	{ "Subject: \n", "Subject: Not delivered\nDate" },
	{ "X: c\n", "Subject: Not delivered\nDate" },
	{ "", "Subject: Not delivered\nDate" },
	{ "X: c\n\nSubject: a\n", "Subject: Not delivered\nDate" },
	{ "Subject: a\nSubject: b\n", "Subject: Not delivered: a\nDate" },
	{ "Subject: a", "Subject: Not delivered: a\nDate" },
	{ " Subject: a\n", "Subject: Not delivered\nDate" },
	{ "Subject: =?utf-8?Q?gr=C3=BC=0A=1B?=\n",
	  "Subject: =?UTF-8?Q?Not_delivered=3A_gr=C3=BC=3F=3F?=\nDate" },
	{ "Subject: \xff\n", "Subject: Not delivered: ?\nDate" },
};

static void the_subject_is_that_of_the_message(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(subject_cases); i++) {
		struct report r = example();

		r.original = view_of(subject_cases[i].block);
		written(&r, &out);
		has(&out, subject_cases[i].want);
	}
}

static void a_long_subject_is_cut_between_characters(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str block = STR_INIT;
	struct report r = example();

	(void)state;
	str_adds(&block, "Subject: x");
	for (int i = 0; i < 1000; i++)
		str_adds(&block, "\xe2\x82\xac");
	r.original = str_view(&block);
	str_truncate(&out, 0);
	report_add_subject(&r, &out);
	assert_int_equal(out.len, 1 + 39 * 3 + 3);
	assert_string_equal(out.s + out.len - 6, "\xe2\x82\xac...");
	assert_true(view_is_utf8(str_view(&out)));
}

static const struct {
	const char *name, *want;
} host_cases[] = {
	{ "a.example.org", "\nReporting-MTA: dns; a.example.org\n" },
	{ "laptop", "\nReporting-MTA: x-local-hostname; laptop\n" },
	{ "a\nb", "\nReporting-MTA: x-local-hostname; a?b\n" },
	{ "a\nb", "\npostrider on a?b, account 'work'\n" },
};

static void this_machine_is_named(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(host_cases); i++) {
		struct report r = example();

		r.host = host_cases[i].name;
		written(&r, &out);
		has(&out, host_cases[i].want);
	}
}

static void an_envelope_id_comes_back(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct report r = example();

	(void)state;
	r.envid = "a+b c\r\nd";
	written(&r, &out);
	has(&out, "\nOriginal-Envelope-Id: a+b c??d\nArrival-Date: ");
}

static void a_hostile_sender_makes_no_field(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct report r = example();

	(void)state;
	r.to = "\"a\nBcc: x@y\r\n\r\n\"@example.org";
	r.account = "a\nb";
	written(&r, &out);
	has(&out, "\nTo: \"a?Bcc: x@y????\"@example.org\nSubject: ");
	has(&out, ", account 'a?b'\n");
}

/* --- what comes back --------------------------------------------------------
 */

#define LONG_LINE "%01000d"

static const struct {
	bool smtputf8, whole;
	const char *original, *want;
} original_cases[] = {
	{ false, true, ORIGINAL,
	  "Content-Type: message/rfc822\n"
	  "Content-Transfer-Encoding: 7bit\n\n" ORIGINAL "\n--=_b--\n" },
	{ false, true, "A: b\n\ngr\xc3\xbc\xff\n",
	  "Content-Type: message/rfc822\n"
	  "Content-Transfer-Encoding: 8bit\n\n"
	  "A: b\n\ngr\xc3\xbc\xff\n\n--=_b--\n" },
	{ false, false, "A: \xc3\xbc\n\nbody\n",
	  "Content-Type: text/rfc822-headers\n"
	  "Content-Transfer-Encoding: quoted-printable\n\n"
	  "A: =C3=BC\n\n--=_b--\n" },
	{ true, false, "A: \xc3\xbc\n\nbody\n",
	  "Content-Type: message/global-headers\n"
	  "Content-Transfer-Encoding: 8bit\n\n"
	  "A: \xc3\xbc\n\n--=_b--\n" },
	{ true, true, "A: \xc3\xbc\n\nbody\n",
	  "Content-Type: message/global\n"
	  "Content-Transfer-Encoding: 8bit\n\n"
	  "A: \xc3\xbc\n\nbody\n\n--=_b--\n" },
	{ true, false, "A: \xff\n\nbody\n",
	  "Content-Type: text/rfc822-headers\n"
	  "Content-Transfer-Encoding: quoted-printable\n\n"
	  "A: =FF\n\n--=_b--\n" },
	{ true, true, "A: \xff\n\nbody\n",
	  "Content-Type: message/rfc822\n"
	  "Content-Transfer-Encoding: 8bit\n\n"
	  "A: \xff\n\nbody\n\n--=_b--\n" },
	{ false, false, "A: b",
	  "Content-Type: text/rfc822-headers\n"
	  "Content-Transfer-Encoding: 7bit\n\nA: b\n\n--=_b--\n" },
	{ false, true, "A: b\n\nno end",
	  "Content-Transfer-Encoding: 7bit\n\nA: b\n\nno end\n\n--=_b--\n" },
	{ false, false, "",
	  "Content-Type: text/rfc822-headers\n"
	  "Content-Transfer-Encoding: 7bit\n\n\n--=_b--\n" },
	{ false, false, "\nonly a body\n",
	  "Content-Type: text/rfc822-headers\n"
	  "Content-Transfer-Encoding: 7bit\n\n\n--=_b--\n" },
};

static void the_message_comes_back_as_was_asked(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(original_cases); i++) {
		struct report r = example();
		bool eight;

		r.smtputf8 = original_cases[i].smtputf8;
		r.whole = original_cases[i].whole;
		r.original = view_of(original_cases[i].original);
		written(&r, &out);
		has(&out, original_cases[i].want);
		eight = view_has_8bit(str_view(&out));
		has(&out, eight ? "\"=_b\"\nContent-Transfer-Encoding: 8bit\n"
				: "\"=_b\"\nContent-Transfer-Encoding: 7bit\n");
	}
}

/* Lines that no part may have, bytes that none can, and too many of them. */
static void what_cannot_come_back_whole_does_not(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct report r = example();

	(void)state;
	r.whole = true;
	str_addf(&text, "A: b\n\n" LONG_LINE "\n", 0);
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\n"
		  "A: b\n\n--");
	r.original = (struct view){ "A: b\n\n\0\n", 8 };
	written(&r, &out);
	has(&out, "text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\n"
		  "A: b\n\n--");
	str_truncate(&text, 0);
	str_adds(&text, "A: b\n\n");
	while (text.len + 2 <= REPORT_WHOLE_MAX)
		str_adds(&text, "x\n");
	assert_int_equal(text.len, REPORT_WHOLE_MAX);
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "message/rfc822\n");
	str_addc(&text, '\n');
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\n"
		  "A: b\n\n--");
}

static void a_header_with_what_no_line_may_have_is_encoded(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct report r = example();

	(void)state;
	str_addf(&text, "A: " LONG_LINE "\n\nbody\n", 0);
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "text/rfc822-headers\n"
		  "Content-Transfer-Encoding: quoted-printable\n\nA: 000");
	r.original = (struct view){ "A: \0\n\nb\n", 8 };
	written(&r, &out);
	has(&out, "\nA: =00\n\n--=_b--\n");
}

static void a_long_header_is_cut_where_a_field_ends(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct report r = example();
	size_t fields = 0;

	(void)state;
	while (text.len <= REPORT_BLOCK_MAX)
		str_addf(&text, "X-%06zu: a\n %020d\n", fields++, 0);
	str_adds(&text, "Last: b\n\nbody\n");
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\n"
		  "X-000000: a\n");
	lacks(&out, "Last: b");
	has(&out, " 00000000000000000000\n\n--=_b--\n");
	assert_true(out.len < REPORT_BLOCK_MAX + sizeof(whole));
	assert_true(out.len > REPORT_BLOCK_MAX);
	str_truncate(&text, 0);
	str_addf(&text, "A: b\nB: %070000d\n\nbody\n", 0);
	r.original = str_view(&text);
	written(&r, &out);
	has(&out, "\n\nA: b\n\n--=_b--\n");
}

/* --- RFC 6533 ---------------------------------------------------------------
 */

static void an_address_in_utf8_stays_one(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct report_recipient who = bob;
	struct report r = example();

	(void)state;
	who.address = "j\xc3\xbcrg@example.com";
	who.said = "550 Empf\xc3\xa4nger?\x1b";
	r.v = &who;
	r.to = "\xc3\xa4@example.org";
	r.smtputf8 = true;
	written(&r, &out);
	has(&out, "\nTo: \xc3\xa4@example.org\n");
	has(&out, "Content-Type: message/global-delivery-status\n"
		  "Content-Transfer-Encoding: 8bit\n\nReporting-MTA");
	has(&out, "\nFinal-Recipient: utf-8; j\xc3\xbcrg@example.com\n");
	has(&out, "smtp; 550 Empf\xc3\xa4nger??\n");
	has(&out, "\n    j=C3=BCrg@example.com\n");
}

/* --- bounds -----------------------------------------------------------------
 */

#define MANY 5000

static void many_recipients_are_bounded(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str said = STR_INIT;
	struct report_recipient *v = mem_zero(MANY, sizeof(*v));
	struct report r = example();

	(void)state;
	/* The most that is kept of a reply, of what grows most. */
	str_adds(&said, "550 ");
	while (said.len < 1020)
		str_adds(&said, "\xc2\xa2");
	for (size_t i = 0; i < MANY; i++) {
		v[i] = bob;
		v[i].said = i % 2 ? said.s : bob.said;
	}
	r.v = v;
	r.n = MANY;
	written(&r, &out);
	report_add_words(&r, &words);
	free(v);
	has(&words, "and to 4950 more, whom 'postrider queue show 2K7QX1' "
		    "lists.\n\n");
	assert_true(words.len < 100000);
	assert_true(out.len < 1200000);
	has(&out, "smtp; 550\n \\x{A2}\\x{A2}");
}

static void a_reply_of_many_lines_is_cut(void **state)
{
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str said = STR_INIT;
	struct report_recipient who = bob;
	struct report r = example();

	(void)state;
	for (int i = 0; i < 500; i++)
		str_addf(&said, "%d\n", i);
	who.said = said.s;
	r.v = &who;
	report_add_words(&r, &words);
	has(&words, "\n    19\n\n");
	lacks(&words, "\n    20\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_this_to_the_byte),
		cmocka_unit_test(each_recipient_has_a_status_and_words),
		cmocka_unit_test(what_others_got_is_said),
		cmocka_unit_test(how_long_it_is_kept),
		cmocka_unit_test(those_of_one_answer_share_it),
		cmocka_unit_test(what_was_tried_in_vain_says_how_long),
		cmocka_unit_test(a_message_id_is_repeated_if_it_is_one),
		cmocka_unit_test(the_subject_is_that_of_the_message),
		cmocka_unit_test(a_long_subject_is_cut_between_characters),
		cmocka_unit_test(this_machine_is_named),
		cmocka_unit_test(an_envelope_id_comes_back),
		cmocka_unit_test(a_hostile_sender_makes_no_field),
		cmocka_unit_test(the_message_comes_back_as_was_asked),
		cmocka_unit_test(what_cannot_come_back_whole_does_not),
		cmocka_unit_test(
			a_header_with_what_no_line_may_have_is_encoded),
		cmocka_unit_test(a_long_header_is_cut_where_a_field_ends),
		cmocka_unit_test(an_address_in_utf8_stays_one),
		cmocka_unit_test(many_recipients_are_bounded),
		cmocka_unit_test(a_reply_of_many_lines_is_cut),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
