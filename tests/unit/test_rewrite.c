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
#include "msg/rewrite.h"

#define NOTHING                                                                \
	.from = FROM_OFF, .date = ADD_OFF, .message_id = ADD_OFF, .to = TO_OFF

/* A header block as text, folded lines and all, into fields. */
static void read_block(const char *text, struct headers *h)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		struct view name;
		struct view rest;

		while (end[1] == ' ' || end[1] == '\t')
			end = strchr(end + 1, '\n');
		assert_true(header_split(
			(struct view){ text, (size_t)(end - text) }, &name,
			&rest));
		headers_add(h, name, rest);
		text = end + 1;
	}
}

struct row {
	struct rewrite rw;
	const char *recipients; /* of the envelope, blanks between */
	const char *before, *after;
};

static void check(const struct row *r)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str s = STR_INIT;
	CLEAN(mem_string) char *copy = mem_copy(r->recipients);
	char *save = NULL;

	for (char *p = copy ? strtok_r(copy, " ", &save) : NULL; p;
	     p = strtok_r(NULL, " ", &save))
		envelope_add_recipient(&env, p);
	read_block(r->before, &h);
	rewrite_apply(&r->rw, &env, &h);
	headers_write(&h, &s);
	assert_string_equal(str_chars(&s), r->after);
}

static void check_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&rows[i]);
}

static void adds_what_is_missing_in_order(void **state)
{
	static const struct rewrite all = {
		.from_address = "a@x",
		.date_text = "D",
		.message_id_text = "<i@x>",
		.remove_bcc = true,
	};
	static const struct rewrite none = { NOTHING, .from_address = "a@x",
					     .date_text = "D",
					     .message_id_text = "<i@x>" };
	static const struct rewrite unknown = { .from = FROM_ON };
	struct rewrite to = all;
	struct row rows[] = {
		{ all, NULL, "", "From: a@x\nDate: D\nMessage-ID: <i@x>\n" },
		{ all, NULL, "Subject: s\n",
		  "From: a@x\nDate: D\nMessage-ID: <i@x>\nSubject: s\n" },
		{ all, NULL, "date: d\nFROM: f\nmessage-Id : m\n",
		  "date: d\nFROM: f\nmessage-Id: m\n" },
		{ none, NULL, "Subject: s\n", "Subject: s\n" },
		{ unknown, NULL, "From: f\n", "From: f\n" },
		{ to, NULL, "X: y\n",
		  "From: a@x\nTo: undisclosed-recipients:;\nDate: D\n"
		  "Message-ID: <i@x>\nX: y\n" },
	};

	(void)state;
	rows[5].rw.to = TO_UNDISCLOSED;
	check_all(rows, ARRAY_LEN(rows));
}

static void from_is_set_as_told(void **state)
{
	static const struct {
		enum rewrite_from from;
		const char *address, *name, *domain, *before, *after;
	} rows[] = {
		{ FROM_AUTO, "a@x", NULL, NULL, "", "From: a@x\n" },
		{ FROM_AUTO, "a@x", NULL, NULL, "From: b\n", "From: b\n" },
		{ FROM_ON, "a@x", NULL, NULL, "From: b\nX: y\nfrom : c\n",
		  "From: a@x\nX: y\n" },
		{ FROM_OFF, "a@x", NULL, NULL, "X: y\n", "X: y\n" },
		{ FROM_AUTO, "a@x", "Ada L", NULL, "", "From: Ada L <a@x>\n" },
		{ FROM_AUTO, "a@x", "", NULL, "", "From: a@x\n" },
		{ FROM_AUTO, "a@x", "Doe, John (x)", NULL, "",
		  "From: \"Doe, John (x)\" <a@x>\n" },
		{ FROM_AUTO, "a@x", "\xc3\x84", NULL, "",
		  "From: =?UTF-8?Q?=C3=84?= <a@x>\n" },
		{ FROM_AUTO, "a@x", "a\nBcc: b", NULL, "",
		  "From: \"a Bcc: b\" <a@x>\n" },
		{ FROM_AUTO, "j\xc3\xb6@x", "J", NULL, "",
		  "From: J <j\xc3\xb6@x>\n" },
		{ FROM_AUTO, "\"a b\"@x", NULL, NULL, "", "From: \"a b\"@x\n" },
		{ FROM_AUTO, "a@x\nBcc: b", NULL, NULL, "",
		  "From: a@x?Bcc: b\n" },
		{ FROM_AUTO, "", NULL, NULL, "", "From: MAILER-DAEMON:;\n" },
		{ FROM_AUTO, "", "Mail", NULL, "", "From: MAILER-DAEMON:;\n" },
		{ FROM_AUTO, "", NULL, "x.org", "",
		  "From: MAILER-DAEMON@x.org\n" },
		{ FROM_AUTO, "", "Mail", "x.org", "",
		  "From: Mail <MAILER-DAEMON@x.org>\n" },
		{ FROM_AUTO, "", NULL, "x\n.org", "",
		  "From: MAILER-DAEMON:;\n" },
		{ FROM_AUTO, "someone.with.a.long.address@example.org",
		  "A Name That Goes On And On And On", NULL, "",
		  "From: A Name That Goes On And On And On\n"
		  " <someone.with.a.long.address@example.org>\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&(struct row){ .rw = { .from = rows[i].from,
					     .from_address = rows[i].address,
					     .from_name = rows[i].name,
					     .domain = rows[i].domain },
				     .before = rows[i].before,
				     .after = rows[i].after });
}

/* "\xc3\xa4.org", and nothing else, has a form in ASCII. */
static bool fake_to_ascii(struct view domain, struct str *out, struct err *e)
{
	if (!view_is(domain, "\xc3\xa4.org"))
		return err_set(e, ERR_NOHOST, "no such name");
	str_adds(out, "xn--4ca.org");
	return true;
}

static void sender_is_added_where_from_is_another(void **state)
{
	static const struct {
		const char *sender, *before, *added;
	} rows[] = {
		{ "a@x.org", "From: b@x.org\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: A <b@x.org>\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: a@x.org\n", "" },
		{ "a@x.org", "from : A <a@X.ORG> (me)\n", "" },
		{ "a@x.org", "From: A@x.org\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: a@x.org, b@x.org\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: a@x.org, A <a@x.org>\n", "" },
		{ "a@x.org", "From: a@x.org\nFrom: b@x.org\n",
		  "Sender: a@x.org\n" },
		{ "a@x.org", "From: not an address\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: G:;\n", "Sender: a@x.org\n" },
		{ "a@x.org", "From: b@x.org\nSENDER: c@x.org\n", "" },
		{ "a@x.org", "From: b@x.org\nSender :\n", "" },
		{ "a@x.org", "Resent-From: a@x.org\nFrom: b@x.org\n", "" },
		{ "a@x.org", "Subject: s\n", "" },
		{ "a@xn--4ca.org", "From: a@\xc3\xa4.org\n", "" },
		{ "b@xn--4ca.org", "From: a@\xc3\xa4.org\n",
		  "Sender: b@xn--4ca.org\n" },
		{ "a@x.org", "From: a@\xc3\xb6.org\n", "Sender: a@x.org\n" },
		{ "", "From: b@x.org\n", "" },
		{ NULL, "From: b@x.org\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
		CLEAN(headers) struct headers h = HEADERS_INIT;
		CLEAN(str) struct str before = STR_INIT, after = STR_INIT;
		const struct rewrite rw = { NOTHING, .sender = rows[i].sender,
					    .to_ascii = fake_to_ascii };

		str_adds(&before, rows[i].added);
		read_block(rows[i].before, &h);
		headers_write(&h, &before);
		rewrite_apply(&rw, &env, &h);
		headers_write(&h, &after);
		assert_string_equal(str_chars(&after), str_chars(&before));
	}
}

static void sender_stands_behind_what_else_is_added(void **state)
{
	static const struct row rows[] = {
		{ { .from_address = "b@x",
		    .from = FROM_ON,
		    .sender = "a@x",
		    .date_text = "D",
		    .message_id_text = "<i@x>" },
		  NULL,
		  "From: a@x\nSubject: s\n",
		  "From: b@x\nDate: D\nMessage-ID: <i@x>\nSender: a@x\n"
		  "Subject: s\n" },
	};

	(void)state;
	check_all(rows, ARRAY_LEN(rows));
}

static void bcc_goes_however_it_is_spelled(void **state)
{
	static const struct row rows[] = {
		{ { NOTHING, .remove_bcc = true },
		  NULL,
		  "Bcc: a\nTo: t\nBCC:\nbcc \t: b,\n c\nResent-Bcc: d\n"
		  "X-Bcc: e\nrESENT-bCC :f\nBcc:g\n",
		  "To: t\nX-Bcc: e\n" },
		{ { NOTHING, .remove_bcc = false },
		  NULL,
		  "Bcc: a\nResent-Bcc: b\n",
		  "Bcc: a\nResent-Bcc: b\n" },
	};

	(void)state;
	check_all(rows, ARRAY_LEN(rows));
}

#define SET_TO                                                                 \
	{                                                                      \
		.from = FROM_OFF, .date = ADD_OFF, .message_id = ADD_OFF,      \
		.to = TO_ON, .remove_bcc = true                                \
	}

static void a_set_to_names_nobody_of_bcc(void **state)
{
	static const struct row rows[] = {
		{ SET_TO, "a@x b@x c@x", "To: A <a@x>\nCc: b@x\nBcc: c@x\n",
		  "To: a@x, b@x\n" },
		{ SET_TO, "a@x", "Cc: g: a@x, b@x;\nX: y\nTo: a@X\n",
		  "To: a@x, b@x\nX: y\n" },
		{ SET_TO, "a@x", "To: a@x, b@x\nBcc: b@X\n", "To: a@x\n" },
		{ SET_TO, "a@x b@x", "Subject: s\n",
		  "To: a@x, b@x\nSubject: s\n" },
		{ SET_TO, "a@x b@x", "Bcc: b@X\n", "To: a@x\n" },
		{ SET_TO, "a@x b@x", "Resent-Bcc: b@x\n", "To: a@x\n" },
		{ SET_TO, "a@x", "Bcc: a@x\n",
		  "To: undisclosed-recipients:;\n" },
		{ SET_TO, "", "", "To: undisclosed-recipients:;\n" },
		{ SET_TO, "a@x", "To: friends:;\n",
		  "To: undisclosed-recipients:;\n" },
		/* an alias or a domain hides which recipient it is */
		{ SET_TO, "admin@x b@x", "Bcc: root\n",
		  "To: undisclosed-recipients:;\n" },
		{ SET_TO, "root bob@x", "Bcc: root\n",
		  "To: undisclosed-recipients:;\n" },
		{ SET_TO, "a@xn--mller-kva b@x", "Bcc: a@m\xc3\xbcller\n",
		  "To: undisclosed-recipients:;\n" },
		{ SET_TO, "a@x b@x", "Bcc: a@x, b@\n",
		  "To: undisclosed-recipients:;\n" },
		{ SET_TO, "a@x b@x", "To: a@x, (\nCc: b@x\n", "To: b@x\n" },
	};

	(void)state;
	check_all(rows, ARRAY_LEN(rows));
}

static void a_set_to_is_folded_between_mailboxes(void **state)
{
	static const struct row rows[] = {
		{ SET_TO,
		  "first.recipient@example.org second.recipient@example.org "
		  "third@example.com fourth.recipient@example.net",
		  "",
		  "To: first.recipient@example.org, "
		  "second.recipient@example.org,\n"
		  " third@example.com, fourth.recipient@example.net\n" },
		{ SET_TO,
		  "a@long.long.long.long.long.long.long.long.long.long.long."
		  "long.long.long.long.long b@x",
		  "",
		  "To: a@long.long.long.long.long.long.long.long.long.long."
		  "long.long.long.long.long.long,\n b@x\n" },
		/* 77 columns fit, 78 do not */
		{ SET_TO,
		  "a@x.1234567890.1234567890.1234567890.12345 "
		  "b@x.1234567890.12345678901 c@x",
		  "",
		  "To: a@x.1234567890.1234567890.1234567890.12345, "
		  "b@x.1234567890.12345678901,\n c@x\n" },
		{ SET_TO,
		  "a@x.1234567890.1234567890.1234567890.12345 "
		  "b@x.1234567890.1234567890123 c@x",
		  "",
		  "To: a@x.1234567890.1234567890.1234567890.12345, "
		  "b@x.1234567890.1234567890123,\n c@x\n" },
		{ SET_TO,
		  "a@x.1234567890.1234567890.1234567890.12345 "
		  "b@x.1234567890.12345678901234 c@x",
		  "",
		  "To: a@x.1234567890.1234567890.1234567890.12345,\n "
		  "b@x.1234567890.12345678901234, c@x\n" },
	};

	(void)state;
	check_all(rows, ARRAY_LEN(rows));
}

static void assert_recipients(const char *block, const char *want)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(list) struct list all = LIST_INIT;
	CLEAN(str) struct str s = STR_INIT;
	struct err e = ERR_INIT;

	read_block(block, &h);
	assert_true(rewrite_recipients(&h, &all, NULL, &e));
	for (size_t i = 0; i < all.n; i++)
		str_addf(&s, "%s%s", i > 0 ? " " : "", all.v[i]);
	assert_string_equal(str_chars(&s), want);
}

static void recipients_are_all_of_to_cc_and_bcc(void **state)
{
	(void)state;
	assert_recipients("Bcc : \"x, y\" <b@x>,\n c@x (d@x)\nTo: a@x\n"
			  "Subject: no@x\nCC: u:;, root\nto: a@x\nX-To: n\n",
			  "b@x c@x a@x root a@x");
	assert_recipients("Subject: s\n", "");
	assert_recipients("To: undisclosed-recipients:;\n", "");
}

static void the_first_resent_block_wins(void **state)
{
	(void)state;
	assert_recipients("To: no@x\nResent-To: a@x\nResent-Bcc: b@x\n"
			  "Resent-Cc: c@x\nX: y\nResent-To: no@x\nBcc: no@x\n",
			  "a@x b@x c@x");
	assert_recipients("Resent-From: f@x\nResent-To: a@x\n"
			  "Resent-From: g@x\nResent-To: no@x\n",
			  "a@x");
	assert_recipients("Resent-Date: d\nResent-To: a@x\nResent-To: b@x\n"
			  "resent-date: e\nResent-Cc: no@x\n",
			  "a@x b@x");
	/* it was sent before, to others: never again to all of them */
	assert_recipients("Resent-From: f@x\nTo: no@x\n", "");
}

static void a_malformed_recipient_names_its_field(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(list) struct list all = LIST_INIT;
	struct err e = ERR_INIT;

	(void)state;
	read_block("To: a@x\nCc: b@x c@x\n", &h);
	assert_false(rewrite_recipients(&h, &all, NULL, &e));
	assert_int_equal(e.kind, ERR_MESSAGE);
	assert_non_null(strstr(e.text, "Cc"));
}

static void the_sender_is_the_first_of_from(void **state)
{
	static const struct {
		const char *block, *sender;
	} rows[] = {
		{ "From: A <a@x>, b@x\nFrom: c@x\n", "a@x" },
		{ "To: t@x\nfrom : root (Cron)\n", "root" },
		{ "Resent-From: r@x\nFrom: a@x\n", "r@x" },
		{ "From: a@x\nResent-From: r@x\n", "a@x" },
		{ "Resent-From: r@x\n", "r@x" },
		{ "From:\n", NULL },
		{ "From: a b\n", NULL },
		{ "From: MAILER-DAEMON:;\n", NULL },
		{ "Subject: s\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(headers) struct headers h = HEADERS_INIT;
		CLEAN(mem_string) char *sender = NULL;

		read_block(rows[i].block, &h);
		sender = rewrite_sender(&h);
		assert_string_equal(sender ? sender : "-",
				    rows[i].sender ? rows[i].sender : "-");
	}
}

/* Comparing each with each would take minutes. */
static void many_recipients_take_linear_time(void **state)
{
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str s = STR_INIT;
	struct rewrite rw = SET_TO;
	time_t start = time(NULL);

	(void)state;
	for (int i = 0; i < 90000; i++)
		str_addf(&s, "u%d@x,", i);
	headers_add(&h, view_of("Bcc"), str_view(&s));
	headers_add(&h, view_of("To"), str_view(&s));
	headers_add(&h, view_of("Cc"), view_of("z@x"));
	rewrite_apply(&rw, &env, &h);
	str_truncate(&s, 0);
	headers_write(&h, &s);
	assert_string_equal(s.s, "To: z@x\n");
	assert_true(time(NULL) - start < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_what_is_missing_in_order),
		cmocka_unit_test(from_is_set_as_told),
		cmocka_unit_test(sender_is_added_where_from_is_another),
		cmocka_unit_test(sender_stands_behind_what_else_is_added),
		cmocka_unit_test(bcc_goes_however_it_is_spelled),
		cmocka_unit_test(a_set_to_names_nobody_of_bcc),
		cmocka_unit_test(a_set_to_is_folded_between_mailboxes),
		cmocka_unit_test(recipients_are_all_of_to_cc_and_bcc),
		cmocka_unit_test(the_first_resent_block_wins),
		cmocka_unit_test(a_malformed_recipient_names_its_field),
		cmocka_unit_test(the_sender_is_the_first_of_from),
		cmocka_unit_test(many_recipients_take_linear_time),
	};

	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
