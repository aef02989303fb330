#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/resume.h"

static char folder[] = "/tmp/test_resume.XXXXXX";
static char file[128];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/config", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void write_file(const char *text)
{
	FILE *f;

	unlink(file);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(file, 0600), 0);
}

static void load(struct config *c)
{
	const struct config_wishes wishes = { .file = file };
	struct err e = ERR_INIT;

	*c = CONFIG_INIT;
	if (!config_load(c, &wishes, &e))
		fail_msg("%s", e.text);
}

static void set(struct account *a, const char *name, const char *value,
		enum origin_kind kind)
{
	const struct origin from = { .kind = kind };
	struct err e = ERR_INIT;

	if (!account_set(a, key_find(view_of(name)), view_of(value), from, &e))
		fail_msg("%s", e.text);
}

/* What is written of account work in that file, with one more option. */
static bool describe(const char *text, const char *name, const char *value,
		     enum origin_kind kind, struct item_origin *o,
		     struct err *e)
{
	CLEAN(config) struct config c;
	CLEAN(account) struct account a = { 0 };

	*o = (struct item_origin){ 0 };
	write_file(text);
	load(&c);
	assert_true(config_choose(&c, "work", NULL, &a, e));
	if (name)
		set(&a, name, value, kind);
	return resume_describe(&c, &a, o, e);
}

#define WORK "account work\nhost h.example\n"

static void an_account_is_found_again(void **state)
{
	struct item_origin o;
	CLEAN(resumed) struct resumed r = RESUMED_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(describe(WORK "fallback b\naccount b\nhost b.example\n",
			     "port", "26", ORIGIN_OPTION, &o, &e));
	assert_string_equal(o.label, "work");
	assert_string_equal(o.config, file);
	assert_false(o.built);
	assert_int_equal(o.keys.n, 1);
	if (!resume_account(&o, &r, &e))
		fail_msg("%s", e.text);
	assert_string_equal(r.account.host, "h.example");
	assert_int_equal(r.account.port, 26);
	assert_int_equal(r.fallbacks.n, 1);
	assert_string_equal(r.fallbacks.v[0].host, "b.example");
	item_origin_free(&o);
}

static void the_file_counts_as_it_is_now(void **state)
{
	CLEAN(resumed) struct resumed before = RESUMED_INIT;
	CLEAN(resumed) struct resumed after = RESUMED_INIT;
	CLEAN(resumed) struct resumed gone = RESUMED_INIT;
	struct item_origin o;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(describe(WORK, NULL, NULL, 0, &o, &e));
	assert_true(resume_account(&o, &before, &e));
	write_file("account work\nhost other.example\n");
	assert_true(resume_account(&o, &after, &e));
	assert_string_equal(after.account.host, "other.example");
	assert_string_not_equal(str_chars(&before.stamp),
				str_chars(&after.stamp));
	unlink(file);
	assert_false(resume_account(&o, &gone, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_string_not_equal(str_chars(&gone.stamp),
				str_chars(&after.stamp));
	item_origin_free(&o);
}

static void a_mistake_is_told_and_is_78(void **state)
{
	CLEAN(resumed) struct resumed r = RESUMED_INIT;
	struct item_origin o;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(describe(WORK, NULL, NULL, 0, &o, &e));
	write_file("account work\nhots h\n");
	assert_false(resume_account(&o, &r, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, ":2: unknown keyword 'hots'"));
	item_origin_free(&o);
}

static void an_account_of_options_needs_no_file(void **state)
{
	CLEAN(account) struct account a;
	CLEAN(resumed) struct resumed r = RESUMED_INIT;
	struct config none = CONFIG_INIT;
	struct item_origin o = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	account_init(&a, "(command line)");
	set(&a, "host", "h.example", ORIGIN_OPTION);
	set(&a, "tls_trust_file", "certs/ca.pem", ORIGIN_OPTION);
	set(&a, "from", "", ORIGIN_OPTION);
	assert_true(resume_describe(&none, &a, &o, &e));
	assert_true(o.built);
	assert_null(o.config);
	if (!resume_account(&o, &r, &e))
		fail_msg("%s", e.text);
	assert_string_equal(r.account.host, "h.example");
	assert_string_equal(r.account.from, "");
	/* Whoever runs the queue stands elsewhere. */
	assert_int_equal(r.account.tls_trust_file[0], '/');
	assert_non_null(strstr(r.account.tls_trust_file, "/certs/ca.pem"));
	item_origin_free(&o);
}

static void a_variable_may_be_gone_by_then(void **state)
{
	CLEAN(resumed) struct resumed r = RESUMED_INIT;
	struct item_origin o;
	struct err e = ERR_INIT;

	(void)state;
	setenv("TEST_RESUME", "ada", 1);
	assert_true(describe(WORK "user env:TEST_RESUME\n"
				  "account b\nhost env:TEST_RESUME\n",
			     NULL, NULL, 0, &o, &e));
	unsetenv("TEST_RESUME");
	if (!resume_account(&o, &r, &e))
		fail_msg("%s", e.text);
	assert_string_equal(r.account.user, "ada");
	item_origin_free(&o);
}

static void what_cannot_be_had_again_is_named(void **state)
{
	static const struct {
		const char *text, *name, *value;
		enum origin_kind kind;
		const char *why; /* NULL: it can */
	} cases[] = {
		{ "password x\n", NULL, NULL, 0, NULL },
		{ "passwordeval echo x\n", NULL, NULL, 0, NULL },
		{ "password_file ~/x\n", NULL, NULL, 0, NULL },
		{ "", "user", "ada", ORIGIN_OPTION, NULL },
		{ "", "passwordeval", "echo x", ORIGIN_OPTION,
		  "passwordeval was given on the command line" },
		{ "", "passwordeval", "echo x", ORIGIN_ENVIRONMENT,
		  "passwordeval was given in the environment" },
		{ "", "password", "x", ORIGIN_ENVIRONMENT,
		  "password was given in the environment" },
		{ "password env:TEST_RESUME\n", NULL, NULL, 0,
		  "password was given in the environment" },
		{ "", "proxy", "socks5://a:b@h:1", ORIGIN_OPTION,
		  "proxy was given on the command line" },
		{ "", "proxy", "socks5://h:1", ORIGIN_OPTION, NULL },
		{ "password_fd 3\n", NULL, NULL, 0, "password_fd" },
		{ "password_file credential:x\n", NULL, NULL, 0,
		  "the credential of password_file" },
		{ "password_file /run/creds/x\n", NULL, NULL, 0,
		  "the credential of password_file" },
	};

	(void)state;
	setenv("TEST_RESUME", "secret", 1);
	setenv("CREDENTIALS_DIRECTORY", "/run/creds", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str text = STR_INIT;
		struct item_origin o;
		struct err e = ERR_INIT;

		str_addf(&text, "%s%s", WORK, cases[i].text);
		assert_int_equal(describe(text.s, cases[i].name, cases[i].value,
					  cases[i].kind, &o, &e),
				 cases[i].why == NULL);
		if (cases[i].why)
			assert_non_null(strstr(e.text, cases[i].why));
		for (size_t k = 0; k < o.values.n; k++)
			assert_null(strstr(o.values.v[k], "secret"));
		item_origin_free(&o);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("TEST_RESUME");
}

/* --- the message -----------------------------------------------------------
 */

static void fill(struct taken *t)
{
	static const char *const paths[] = { "a@x.org", "b@x.org", "c@x.org" };

	*t = TAKEN_INIT;
	t->msg = dup(STDIN_FILENO);
	t->item.created = 1000;
	t->item.message_id = mem_copy("<id@x>");
	t->item.facts.octets = 42;
	t->item.envelope.sender = mem_copy("ada@x.org");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		envelope_add_recipient(&t->item.envelope, paths[i]);
	item_start(&t->item);
}

static void only_those_who_wait_are_asked_for(void **state)
{
	struct message m = MESSAGE_INIT;
	struct taken t;
	size_t *index;
	struct err e = ERR_INIT;

	(void)state;
	fill(&t);
	t.item.v[0].progress = ITEM_SENT;
	t.item.v[1].progress = ITEM_PENDING;
	assert_true(resume_message(&t, 1000, &m, &index, &e));
	assert_int_equal(m.envelope.recipients.n, 2);
	assert_string_equal(m.envelope.recipients.v[0], "b@x.org");
	assert_int_equal(index[0], 1);
	assert_int_equal(index[1], 2);
	assert_string_equal(m.message_id, "<id@x>");
	assert_int_equal(m.draft.size, 42);
	free(index);
	message_free(&m);
	taken_free(&t);
}

static void wishes_are_less_by_the_time_waited(void **state)
{
	static const struct {
		struct envelope_wishes were, are;
		bool ok;
	} cases[] = {
		{ { .by = BY_RETURN, .by_s = 500 },
		  { .by = BY_RETURN, .by_s = 400 },
		  true },
		{ { .by = BY_RETURN, .by_s = 100 }, { 0 }, false },
		{ { .by = BY_NOTIFY, .by_s = 101, .by_trace = true },
		  { .by = BY_NOTIFY, .by_s = 1, .by_trace = true },
		  true },
		{ { .by = BY_NOTIFY, .by_s = 50, .by_trace = true },
		  { 0 },
		  true },
		{ { .hold_for_s = 300 }, { .hold_for_s = 200 }, true },
		{ { .hold_for_s = 100 }, { 0 }, true },
		{ { .hold_until = 1101 }, { .hold_until = 1101 }, true },
		{ { .hold_until = 1100 }, { 0 }, true },
		{ { .require_tls = true, .has_priority = true, .priority = -3 },
		  { .require_tls = true, .has_priority = true, .priority = -3 },
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct envelope_wishes *are = &cases[i].are;
		struct message m = MESSAGE_INIT;
		struct taken t;
		size_t *index;
		struct err e = ERR_INIT;

		fill(&t);
		t.item.envelope.wishes = cases[i].were;
		assert_int_equal(resume_message(&t, 1100, &m, &index, &e),
				 cases[i].ok);
		if (cases[i].ok) {
			const struct envelope_wishes *w = &m.envelope.wishes;

			assert_int_equal(w->by, are->by);
			assert_int_equal(w->by_s, are->by_s);
			assert_int_equal(w->by_trace, are->by_trace);
			assert_int_equal(w->hold_for_s, are->hold_for_s);
			assert_int_equal(w->hold_until, are->hold_until);
			assert_int_equal(w->require_tls, are->require_tls);
			assert_int_equal(w->priority, are->priority);
		} else {
			assert_int_equal(e.kind, ERR_REFUSED);
			assert_null(index);
		}
		free(index);
		message_free(&m);
		taken_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_is_found_again),
		cmocka_unit_test(the_file_counts_as_it_is_now),
		cmocka_unit_test(a_mistake_is_told_and_is_78),
		cmocka_unit_test(an_account_of_options_needs_no_file),
		cmocka_unit_test(a_variable_may_be_gone_by_then),
		cmocka_unit_test(what_cannot_be_had_again_is_named),
		cmocka_unit_test(only_those_who_wait_are_asked_for),
		cmocka_unit_test(wishes_are_less_by_the_time_waited),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
