#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/account.h"
#include "deliver/local.h"

static void names_of_a_host_stand_in_one_line(void **state)
{
	static const char text[] = "127.0.0.1 localhost\r\n"
				   "127.0.1.1\tbox.test  BOX alias # box9\n"
				   "# 10.0.0.1 box no\n"
				   "  ::1 box six Box.Test\n"
				   "box other\n"
				   "10.0.0.2 boxer near";
	static const struct {
		const char *host, *want;
	} cases[] = {
		{ "box", "box.test BOX alias six " },
		{ "Box.Test", "box.test BOX alias six " },
		{ "localhost", "localhost " },
		{ "near", "boxer near " },
		{ "127.0.0.1", "" },
		{ "box9", "" },
		{ "#", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(list) struct list found = LIST_INIT;
		CLEAN(str) struct str all = STR_INIT;

		local_add_names(view_of(text), cases[i].host, &found);
		for (size_t k = 0; k < found.n; k++)
			str_addf(&all, "%s ", found.v[k]);
		assert_string_equal(str_chars(&all), cases[i].want);
	}
}

static void hosts_are_bounded(void **state)
{
	CLEAN(list) struct list found = LIST_INIT;
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	for (int i = 0; i < 2 * LOCAL_HOSTS_MAX; i++)
		str_addf(&text, "::1 box n%d\n", i);
	local_add_names(str_view(&text), "box", &found);
	assert_int_equal(found.n, LOCAL_HOSTS_MAX);
}

static void set(struct account *a, enum key_id id, const char *value)
{
	const struct origin origin = { .kind = ORIGIN_FILE };
	struct err e = ERR_INIT;

	assert_true(account_set(a, key_at(id), view_of(value), origin, &e));
}

/* hosts NULL: unset. */
static bool is_local(const char *hosts, bool msmtp_name, const char *path)
{
	CLEAN(account) struct account a = { 0 };
	CLEAN(local)
	struct local l = { .account = &a, .msmtp_name = msmtp_name };
	struct err e = ERR_INIT;

	account_init(&a, "test");
	if (hosts)
		set(&a, KEY_ID_local_hosts, hosts);
	assert_true(local_open(&l, &e));
	return local_is(&l, path);
}

static void local_is_what_means_nothing_elsewhere(void **state)
{
	static const struct {
		const char *hosts, *path;
		bool msmtp_name, local;
	} cases[] = {
		{ NULL, "root", false, true },
		{ NULL, "\"a@b\"", false, true },
		{ NULL, "", false, false },
		{ NULL, "root@localhost", false, true },
		{ NULL, "root@LOCALHOST.LocalDomain", false, true },
		{ NULL, "root@box.test", false, true },
		{ NULL, "root@test", false, false },
		{ NULL, "root@xbox.test", false, false },
		{ NULL, "root", true, true },
		{ NULL, "root@localhost", true, false },
		{ NULL, "root@box.test", true, false },
		{ "", "root@localhost", true, false },
		{ "", "root@localhost", false, true },
		{ "%H", "root@box.test", true, true },
		{ "a.test B.test", "root@b.TEST", false, true },
		{ "a.test,b.test", "root@localhost", false, false },
		{ "x.%H", "root@x.box.test", false, true },
	};

	(void)state;
	setenv("HOSTNAME", "box.test", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(is_local(cases[i].hosts, cases[i].msmtp_name,
					  cases[i].path),
				 cases[i].local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_a_host_stand_in_one_line),
		cmocka_unit_test(hosts_are_bounded),
		cmocka_unit_test(local_is_what_means_nothing_elsewhere),
	};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
