#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "queue/item.h"

/* An item in which nothing is as it was to begin with. */
static struct item odd_item(void)
{
	struct item it = ITEM_INIT;

	it.in_flight = true;
	it.origin.label = mem_copy("wörk \\ \"1\"");
	it.origin.config = mem_copy("/home/u/a\nb\x01 \xff");
	it.origin.built = it.origin.msmtp_name = it.origin.system_only = true;
	list_add(&it.origin.keys, "host");
	list_add(&it.origin.values, "smtp.example.org");
	list_add(&it.origin.keys, "add_header");
	list_add(&it.origin.values, " X: \\x41\r\n ");
	list_add(&it.origin.keys, "tls_pin");
	list_add(&it.origin.values, "");
	it.tag = mem_copy("");
	it.created = 1;
	it.due = INT64_C(99999999999);
	it.held_s = 3;
	it.held_since = 4;
	it.state = ITEM_FAILED;
	it.hold = HOLD_UNCERTAIN;
	it.unready = true;
	it.is_notice = true;
	it.about = mem_copy("1K0VP7YMCWNWM8");
	it.attempts = 5;
	it.failures = 2;
	it.uncertain = 6;
	it.last_try = 7;
	it.answer = mem_copy("250 no \xc2\x85 control");
	it.message_id = mem_copy("<a@b>");
	it.facts = (struct facts){ 8, 9, 10, true, true, 11 };
	it.envelope.sender = mem_copy("");
	it.envelope.notify = NOTIFY_SUCCESS | NOTIFY_DELAY;
	it.envelope.ret = RETURN_FULL;
	it.envelope.envid = mem_copy("id+ =");
	it.envelope.smtputf8 = true;
	it.envelope.wishes = (struct envelope_wishes){ BY_NOTIFY,    12,  true,
						       13,           14,  true,
						       PRIORITY_MIN, true };
	list_add(&it.envelope.recipients, "ada@example.org");
	list_add(&it.envelope.recipients, "\"a b\\\"c\"@example.org");
	list_add(&it.envelope.recipients, "j\xc3\xb6rg@example.org");
	item_start(&it);
	it.v[1] = (struct item_recipient){
		ITEM_REFUSED,
		true,
		true,
		ERR_RECIPIENT,
		550,
		{ 5, 1, 1 },
		mem_copy("no\nsuch user"),
		15,
	};
	it.v[2].progress = ITEM_SENT;
	it.v[2].code = 250;
	it.v[2].status[0] = 2;
	it.v[2].kind = ERR_NONE;
	item_note(&it, 1795354295, "tried: %s", "450 \\ later");
	item_note(&it, 1795354296, "sent");
	return it;
}

static struct item plain_item(void)
{
	struct item it = ITEM_INIT;

	it.envelope.sender = mem_copy("ada@example.org");
	list_add(&it.envelope.recipients, "bob@example.org");
	item_start(&it);
	return it;
}

static const char odd_text[] =
	"version 1\n"
	"in_flight 1\n"
	"label w\xc3\xb6rk \\x5c \"1\"\n"
	"config /home/u/a\\x0ab\\x01 \\xff\n"
	"built 1\n"
	"msmtp_name 1\n"
	"system_only 1\n"
	"set host smtp.example.org\n"
	"set add_header  X: \\x5cx41\\x0d\\x0a \n"
	"set tls_pin \n"
	"tag \n"
	"created 1\n"
	"due 99999999999\n"
	"held_s 3\n"
	"held_since 4\n"
	"state failed\n"
	"hold uncertain\n"
	"unready 1\n"
	"is_notice 1\n"
	"about 1K0VP7YMCWNWM8\n"
	"attempts 5\n"
	"failures 2\n"
	"uncertain 6\n"
	"last_try 7\n"
	"answer 250 no \\xc2\\x85 control\n"
	"message_id <a@b>\n"
	"octets 8\n"
	"lines 9\n"
	"longest 10\n"
	"has_8bit 1\n"
	"has_nul 1\n"
	"current 11\n"
	"sender \n"
	"notify 10\n"
	"return full\n"
	"envid id+ =\n"
	"smtputf8 1\n"
	"by notify\n"
	"by_s 12\n"
	"by_trace 1\n"
	"hold_for_s 13\n"
	"hold_until 14\n"
	"has_priority 1\n"
	"priority -9\n"
	"require_tls 1\n"
	"recipient pending 0 0 none 0 0.0.0 0 ada@example.org\n"
	"recipient failed 1 1 recipient 550 5.1.1 15 "
	"\"a b\\x5c\"c\"@example.org\n"
	"said no\\x0asuch user\n"
	"recipient sent 0 0 none 250 2.0.0 0 j\xc3\xb6rg@example.org\n"
	"history 2026-11-22T13:31:35Z tried: 450 \\x5c later\n"
	"history 2026-11-22T13:31:36Z sent\n"
	"end\n";

/* What is on people's disks must be read by what comes later. */
static void the_text_of_version_1_stays_as_it_is(void **state)
{
	CLEAN(item) struct item it = odd_item();
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	item_write(&it, &text);
	assert_string_equal(text.s, odd_text);
}

/* Nor does a fuzzer get far with an input of yesterday. */
static void the_corpus_has_that_text(void **state)
{
	const char *srcdir = getenv("srcdir");
	CLEAN(str) struct str path = STR_INIT;
	char text[sizeof(odd_text) + 1] = "";
	FILE *in;

	(void)state;
	if (!srcdir)
		return; /* run by hand */
	str_addf(&path, "%s/tests/fuzz/corpus/item/odd", srcdir);
	in = fopen(path.s, "r");
	assert_non_null(in);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, in),
			 strlen(odd_text));
	fclose(in);
	assert_string_equal(text, odd_text);
}

static void assert_same_origin(const struct item_origin *a,
			       const struct item_origin *b)
{
	assert_string_equal(a->label, b->label);
	assert_string_equal(a->config, b->config);
	assert_int_equal(a->keys.n, b->keys.n);
	assert_int_equal(a->values.n, b->values.n);
	for (size_t i = 0; i < a->keys.n; i++) {
		assert_string_equal(a->keys.v[i], b->keys.v[i]);
		assert_string_equal(a->values.v[i], b->values.v[i]);
	}
}

static void what_was_written_is_read(void **state)
{
	CLEAN(item) struct item it = odd_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str again = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(item_read(&back, view_of(odd_text), &e));
	item_write(&back, &again);
	assert_string_equal(again.s, odd_text);
	assert_same_origin(&it.origin, &back.origin);
	assert_string_equal(back.tag, "");
	assert_string_equal(back.envelope.sender, "");
	assert_int_equal(back.envelope.wishes.priority, PRIORITY_MIN);
	assert_string_equal(back.v[1].said, "no\nsuch user");
	assert_int_equal(back.v[1].kind, ERR_RECIPIENT);
	assert_int_equal(back.v[1].code, 550);
	assert_int_equal(back.v[1].status[1], 1);
	assert_string_equal(back.answer, it.answer);
	assert_string_equal(back.envelope.recipients.v[1],
			    it.envelope.recipients.v[1]);
	assert_int_equal(back.history.n, 2);
	assert_int_equal(back.id[0], '\0');
}

static void what_was_not_set_stays_unset(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	item_write(&it, &text);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_null(back.origin.label);
	assert_null(back.origin.config);
	assert_null(back.tag);
	assert_null(back.about);
	assert_null(back.answer);
	assert_null(back.message_id);
	assert_null(back.envelope.envid);
	assert_null(back.v[0].said);
	assert_false(back.in_flight);
	assert_int_equal(back.origin.keys.n, 0);
}

static bool reads(const char *text, size_t n)
{
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;
	bool ok = item_read(&it, (struct view){ text, n }, &e);

	if (!ok) {
		assert_int_equal(e.kind, ERR_IO);
		assert_null(it.v);
		assert_null(it.envelope.sender);
	}
	return ok;
}

static void a_part_of_the_text_is_no_item(void **state)
{
	size_t n = strlen(odd_text);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_false(reads(odd_text, i));
	assert_true(reads(odd_text, n));
}

static void bytes_behind_the_text_are_no_item(void **state)
{
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	str_adds(&text, odd_text);
	str_addc(&text, '\n');
	assert_false(reads(text.s, text.len));
}

static bool may_be_missing(struct view line)
{
	static const char *const names[] = {
		"label ", "config ",  "set ",        "tag ",
		"about ", "answer ",  "message_id ", "envid ",
		"said ",  "history ", "recipient ",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (view_starts(line, names[i]))
			return true;
	return false;
}

static bool may_come_twice(struct view line)
{
	return view_starts(line, "set ") || view_starts(line, "recipient ") ||
	       view_starts(line, "history ");
}

/* Without each line, and with each twice. */
static void every_line_is_wanted_once_and_in_its_place(void **state)
{
	const char *p = odd_text;

	(void)state;
	while (*p) {
		CLEAN(str) struct str text = STR_INIT;
		size_t n = strcspn(p, "\n") + 1;
		struct view line = { p, n };

		str_add(&text,
			(struct view){ odd_text, (size_t)(p - odd_text) });
		str_adds(&text, p + n);
		if (reads(text.s, text.len) != may_be_missing(line))
			fail_msg("missing: %.*s", (int)n, p);
		str_truncate(&text, (size_t)(p - odd_text));
		str_add(&text, line);
		str_adds(&text, p);
		if (reads(text.s, text.len) != may_come_twice(line))
			fail_msg("twice: %.*s", (int)n, p);
		p += n;
	}
}

static char *replaced(const char *from, const char *to)
{
	struct str text = STR_INIT;
	const char *at = strstr(odd_text, from);

	assert_non_null(at);
	str_add(&text, (struct view){ odd_text, (size_t)(at - odd_text) });
	str_adds(&text, to);
	str_adds(&text, at + strlen(from));
	return str_detach(&text);
}

static const struct {
	const char *from, *to;
} impossible[] = {
	{ "version 1", "version 2" },
	{ "version 1", "version  1" },
	{ "version 1", "Version 1" },
	{ "in_flight 1", "in_flight 2" },
	{ "in_flight 1", "in_flight 01" },
	{ "built 1", "built 2" },
	{ "built 1", "built yes" },
	{ "built 1", "built 1 " },
	{ "created 1\n", "created -1\n" },
	{ "created 1\n", "created\n" },
	{ "created 1\n", "created \n" },
	{ "created 1\n", "created 1\r\n" },
	{ "due 9", "due 999" },
	{ "state failed", "state lost" },
	{ "state failed", "state failedx" },
	{ "hold uncertain", "hold " },
	{ "notify 10", "notify 16" },
	{ "priority -9", "priority -10" },
	{ "priority -9", "priority 10" },
	{ "priority -9", "priority --9" },
	{ "by_s 12", "by_s 1000000000" },
	{ "attempts 5", "attempts 2147483648" },
	{ "octets 8", "octets 1000000000000000000" },
	{ "octets 8", "octets -8" },
	{ "sender \n", "sender a b\n" },
	{ "sender \n", "sender <a@b>\n" },
	{ "sender \n", "sender a@b\\x0d\\x0aRCPT\n" },
	{ " ada@example.org", " " },
	{ " ada@example.org", "" },
	{ " ada@example.org", " ada@example.org> X" },
	{ " ada@example.org", " ada\\x0a@example.org" },
	{ "recipient sent", "recipient gone" },
	{ "recipient failed 1 1", "recipient failed 1 2" },
	{ " 1 recipient 550", " 1 strange 550" },
	{ " 550 ", " 1000 " },
	{ " 550 ", " -1 " },
	{ "5.1.1", "5.1" },
	{ "5.1.1", "5.1.1000" },
	{ "set host smtp", "set ho-st smtp" },
	{ "set host smtp.example.org", "set host" },
	{ "set host smtp", "set  smtp" },
	{ "\\x5c \"1\"", "\\x5 \"1\"" },
	{ "\\x5c \"1\"", "\\5c \"1\"" },
	{ "\\x5c \"1\"", "\\x00 \"1\"" },
	{ "\\x5c \"1\"", "\\xgg \"1\"" },
	{ "\\x5c \"1\"", "\x01 \"1\"" },
	{ "\\x5c \"1\"", "\xff \"1\"" },
	{ "\\x5c \"1\"", "\xc2\x85 \"1\"" },
	{ "Z sent\n", "Z sent\\\n" },
	{ "end\n", "end" },
};

static void values_that_cannot_be_are_no_item(void **state)
{

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
		char *text = replaced(impossible[i].from, impossible[i].to);

		if (reads(text, strlen(text)))
			fail_msg("'%s' is taken", impossible[i].to);
		free(text);
	}
}

static void a_byte_of_nul_is_no_item(void **state)
{
	char *text = mem_copy(odd_text);
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char was = text[i];

		text[i] = '\0';
		assert_false(reads(text, n));
		text[i] = was;
	}
	free(text);
}

static void an_item_without_recipients_is_none(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	list_clear(&it.envelope.recipients);
	item_start(&it);
	item_write(&it, &text);
	assert_false(reads(text.s, text.len));
}

static void the_mark_is_set_in_place(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;
	size_t offset;
	struct view mark = item_mark(&offset);

	(void)state;
	item_write(&it, &text);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_false(back.in_flight);
	item_free(&back);
	assert_true(offset + mark.n < text.len);
	memcpy(text.s + offset, mark.p, mark.n);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_true(back.in_flight);
}

/* A clock or a server gone wrong must not make an item unreadable. */
static void what_is_out_of_bounds_is_brought_back(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	it.created = INT64_MIN;
	it.due = INT64_MAX;
	it.held_s = -5;
	it.attempts = -1;
	it.facts.octets = UINT64_MAX;
	it.envelope.wishes.priority = 100;
	it.v[0].code = 100000;
	it.v[0].status[0] = -1;
	it.v[0].status[2] = 12345;
	it.v[0].when = -7;
	for (int i = 0; i < 300; i++)
		list_add(&it.history, i == 299 ? "last" : "line");
	item_write(&it, &text);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_int_equal(back.created, 0);
	assert_true(back.due > INT64_C(100000000000));
	assert_int_equal(back.held_s, 0);
	assert_int_equal(back.v[0].code, 999);
	assert_int_equal(back.v[0].status[2], 999);
	assert_int_equal(back.history.n, ITEM_HISTORY_MAX);
	assert_string_equal(back.history.v[ITEM_HISTORY_MAX - 1], "last");
}

/* Of many recipients each has said much: still an item. */
static void replies_are_cut_so_that_all_find_room(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str said = STR_INIT;
	struct err e = ERR_INIT;
	const size_t n = 20000;

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		str_adds(&said, "\xc3\xb6\\");
	for (size_t i = 1; i < n; i++)
		list_add(&it.envelope.recipients, "bob@example.org");
	/* More than item_start made room for. */
	free(it.v);
	it.v = NULL;
	item_start(&it);
	for (size_t i = 0; i < n; i++)
		it.v[i].said = mem_copy(said.s);
	item_write(&it, &text);
	assert_true(text.len < ITEM_TEXT_MAX / 2);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_int_equal(back.envelope.recipients.n, n);
	assert_true(strlen(back.v[n - 1].said) >= 60);
	assert_true(view_is_utf8(view_of(back.v[0].said)));
}

static void one_reply_is_cut_at_a_character(void **state)
{
	CLEAN(item) struct item it = plain_item();
	CLEAN(item) struct item back = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str said = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	str_addc(&said, 'x');
	for (size_t i = 0; i < ITEM_SAID_MAX; i++)
		str_adds(&said, "\xc3\xb6");
	it.v[0].said = mem_copy(said.s);
	item_write(&it, &text);
	assert_true(item_read(&back, str_view(&text), &e));
	assert_int_equal(strlen(back.v[0].said), ITEM_SAID_MAX - 1);
}

static void the_middle_of_a_long_history_is_dropped(void **state)
{
	CLEAN(item) struct item it = plain_item();
	char last[64];

	(void)state;
	for (int i = 0; i < 1000; i++)
		item_note(&it, 1795354295 + i, "line %d", i);
	assert_int_equal(it.history.n, ITEM_HISTORY_MAX);
	assert_string_equal(it.history.v[0], "2026-11-22T13:31:35Z line 0");
	assert_non_null(strstr(it.history.v[49], " line 49"));
	assert_non_null(strstr(it.history.v[50], "Z ..."));
	assert_non_null(strstr(it.history.v[51], " line 851"));
	snprintf(last, sizeof(last), " line %d", 999);
	assert_non_null(strstr(it.history.v[ITEM_HISTORY_MAX - 1], last));
}

static void a_note_is_one_printable_line(void **state)
{
	CLEAN(item) struct item it = plain_item();

	(void)state;
	item_note(&it, 0, "a\nb\x1b[m %s", "\xff");
	assert_string_equal(it.history.v[0], "1970-01-01T00:00:00Z a?b?[m ?");
}

static char *account_name(const char *label, const char *config,
			  const char *key, const char *value)
{
	struct item_origin o = { 0 };
	struct str out = STR_INIT;

	o.label = mem_copy(label);
	o.config = mem_copy(config);
	if (key) {
		list_add(&o.keys, key);
		list_add(&o.values, value);
	}
	item_account_name(&o, &out);
	item_origin_free(&o);
	return str_detach(&out);
}

static void accounts_share_a_name_where_they_share_a_server(void **state)
{
	static const struct {
		const char *label, *config, *key, *value;
		bool same;
	} cases[] = {
		{ "work", "/c", NULL, NULL, true },
		{ "work", "/c", "from", "a@b", true },
		{ "work", "/c", "dsn_notify", "never", true },
		{ "work", "/d", NULL, NULL, false },
		{ "work", NULL, NULL, NULL, false },
		{ "home", "/c", NULL, NULL, false },
		{ NULL, "/c", NULL, NULL, false },
		{ "work", "/c", "host", "x", false },
		{ "work", "/c", "port", "1", false },
		{ "work", "/c", "tls_certcheck", "off", false },
		{ "work", "/c", "user", "u", false },
		{ "work", "/c", "socket", "/s", false },
		{ "work", "/c", "tunnel", "t", false },
		{ "work", "/c", "proxy_host", "p", false },
	};
	char *plain = account_name("work", "/c", NULL, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *name = account_name(cases[i].label, cases[i].config,
					  cases[i].key, cases[i].value);

		if ((strcmp(name, plain) == 0) != cases[i].same)
			fail_msg("case %zu: %s", i, name);
		free(name);
	}
	free(plain);
}

static void an_account_name_is_fit_for_a_file(void **state)
{
	char label[300];
	char *name;

	(void)state;
	memset(label, '/', sizeof(label));
	label[sizeof(label) - 1] = '\0';
	label[0] = '.';
	name = account_name(label, "/c", NULL, NULL);
	assert_true(strlen(name) < 100);
	assert_null(strchr(name, '/'));
	assert_int_equal(name[0], '_');
	free(name);
}

static void origins_are_copied_whole(void **state)
{
	CLEAN(item) struct item it = odd_item();
	struct item_origin o = { 0 };

	(void)state;
	item_origin_copy(&o, &it.origin);
	assert_same_origin(&o, &it.origin);
	assert_true(o.built && o.msmtp_name && o.system_only);
	assert_ptr_not_equal(o.label, it.origin.label);
	item_origin_copy(&o, &o);
	assert_same_origin(&o, &it.origin);
	item_origin_free(&o);
}

static void recipients_are_counted_by_progress(void **state)
{
	CLEAN(item) struct item it = odd_item();

	(void)state;
	assert_int_equal(item_count(&it, ITEM_PENDING), 1);
	assert_int_equal(item_count(&it, ITEM_SENT), 1);
	assert_int_equal(item_count(&it, ITEM_REFUSED), 1);
	item_start(&it);
	assert_int_equal(item_count(&it, ITEM_PENDING), 3);
}

static void words_are_those_of_the_text(void **state)
{
	(void)state;
	assert_string_equal(item_state_word(ITEM_WAITING), "waiting");
	assert_string_equal(item_state_word(ITEM_FAILED), "failed");
	assert_string_equal(item_hold_word(HOLD_UNCERTAIN), "uncertain");
	assert_string_equal(item_progress_word(ITEM_REFUSED), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_of_version_1_stays_as_it_is),
		cmocka_unit_test(the_corpus_has_that_text),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_was_not_set_stays_unset),
		cmocka_unit_test(a_part_of_the_text_is_no_item),
		cmocka_unit_test(bytes_behind_the_text_are_no_item),
		cmocka_unit_test(every_line_is_wanted_once_and_in_its_place),
		cmocka_unit_test(values_that_cannot_be_are_no_item),
		cmocka_unit_test(a_byte_of_nul_is_no_item),
		cmocka_unit_test(an_item_without_recipients_is_none),
		cmocka_unit_test(the_mark_is_set_in_place),
		cmocka_unit_test(what_is_out_of_bounds_is_brought_back),
		cmocka_unit_test(replies_are_cut_so_that_all_find_room),
		cmocka_unit_test(one_reply_is_cut_at_a_character),
		cmocka_unit_test(the_middle_of_a_long_history_is_dropped),
		cmocka_unit_test(a_note_is_one_printable_line),
		cmocka_unit_test(
			accounts_share_a_name_where_they_share_a_server),
		cmocka_unit_test(an_account_name_is_fit_for_a_file),
		cmocka_unit_test(origins_are_copied_whole),
		cmocka_unit_test(recipients_are_counted_by_progress),
		cmocka_unit_test(words_are_those_of_the_text),
	};

	return cmocka_run_group_tests_name("item", tests, NULL, NULL);
}
