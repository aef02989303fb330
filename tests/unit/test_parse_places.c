#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "config_places.h"

/* --- places ----------------------------------------------------------------
 */

/* What host the only account has. */
static void assert_host(const struct places *p, const struct config_wishes *w,
			const char *host)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct config_wishes wishes = *w;
	struct err e = ERR_INIT;

	wishes.system_dir = p->etc;
	assert_true(config_load(&c, &wishes, &e));
	assert_int_equal(c.n, 1);
	assert_string_equal(c.v[0].host, host);
}

static void remove_in(const struct places *p, const char *name)
{
	CLEAN(mem_string) char *path = path_in(p, name);

	assert_int_equal(unlink(path), 0);
}

static void the_first_place_that_has_a_file_wins(void **state)
{
	static const char *const order[] = { "home/.config/postrider/config",
					     "home/.postriderrc",
					     "home/.msmtprc",
					     "home/.config/msmtp/config" };
	const struct config_wishes w = { 0 };
	struct places *p = *state;

	make_folder(p, "home/.config");
	make_folder(p, "home/.config/postrider");
	make_folder(p, "home/.config/msmtp");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		CLEAN(str) struct str text = STR_INIT;

		str_addf(&text, "host %s\n", order[i]);
		write_file(p, order[i], text.s);
	}
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		assert_host(p, &w, order[i]);
		remove_in(p, order[i]);
	}
}

static void the_name_msmtp_looks_at_its_own_places_only(void **state)
{
	const struct config_wishes w = { .msmtp_name = true };
	struct places *p = *state;

	make_folder(p, "home/x");
	make_folder(p, "home/x/msmtp");
	make_folder(p, "home/x/postrider");
	write_file(p, "home/x/postrider/config", "host no\n");
	write_file(p, "home/x/msmtp/config", "host second\n");
	write_file(p, "home/.postriderrc", "host no\n");
	write_file(p, "home/.msmtprc", "host first\n");
	{
		CLEAN(mem_string) char *xdg = path_in(p, "home/x");

		setenv("XDG_CONFIG_HOME", xdg, 1);
	}
	setenv("POSTRIDER_CONFIG", "/nonexistent", 1);
	assert_host(p, &w, "first");
	remove_in(p, "home/.msmtprc");
	assert_host(p, &w, "second");
}

static void a_named_file_replaces_the_users_only(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	CLEAN(mem_string) char *named = path_in(p, "home/named");
	struct config_wishes w = { .file = named, .system_dir = p->etc };
	struct err e = ERR_INIT;

	write_file(p, "home/.postriderrc", "account a\nhost no\n");
	write_file(p, "home/named", "account n\nhost yes\n");
	write_file(p, "etc/msmtprc", "account s\nhost system\n");
	setenv("POSTRIDER_CONFIG", "/nonexistent", 1);
	assert_true(config_load(&c, &w, &e));
	assert_int_equal(c.n, 2);
	assert_string_equal(c.v[0].label, "n");
	assert_string_equal(c.v[1].label, "s");
	config_free(&c);
	setenv("POSTRIDER_CONFIG", named, 1);
	w.file = NULL;
	assert_true(config_load(&c, &w, &e));
	assert_string_equal(c.v[0].label, "n");
	config_free(&c);
	w.ignore_environment = true;
	assert_true(config_load(&c, &w, &e));
	assert_string_equal(c.v[0].label, "a");
}

static void a_named_file_that_is_missing_is_no_input(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct config_wishes w = { .file = "/nonexistent/x",
				   .system_dir = p->etc };
	struct err e = ERR_INIT;

	assert_false(config_load(&c, &w, &e));
	assert_int_equal(e.kind, ERR_NOINPUT);
	w.file = "";
	assert_false(config_load(&c, &w, &e));
	assert_int_equal(e.kind, ERR_NOINPUT);
	w.file = NULL;
	setenv("POSTRIDER_CONFIG", "/nonexistent/x", 1);
	assert_false(config_load(&c, &w, &e));
	assert_int_equal(e.kind, ERR_NOINPUT);
}

static void what_was_read_and_what_not_is_noted(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc", "account a\n");
	write_file(p, "etc/msmtprc", "account b\n");
	assert_loads(p, &c);
	assert_true(has_text(&c.notes, "postrider/config: No such file"));
	assert_true(has_text(&c.notes, "loaded user configuration file "));
	assert_true(has_text(&c.notes, "home/.postriderrc"));
	assert_true(has_text(&c.notes, ".msmtprc: another file comes first"));
	assert_int_equal(c.notes_of_user, 4);
	assert_true(has_text(&c.notes, "postrider.conf: No such file"));
	assert_true(has_text(&c.notes, "loaded system configuration file "));
	assert_true(has_text(&c.notes, "etc/msmtprc"));
}

static void the_users_accounts_come_first_and_replace(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "etc/postrider.conf",
		   "restrict_options on\ndefaults\nport 5\n"
		   "account a\nhost sa\nuser su\naccount b:a\n");
	write_file(p, "home/.postriderrc", "account a\nhost ua\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 3);
	assert_string_equal(c.v[0].host, "ua");
	assert_null(c.v[0].user);
	assert_int_equal(c.v[0].port, 0);
	assert_string_equal(account_of(&c, "b")->host, "sa");
	assert_int_equal(account_of(&c, "b")->port, 5);
	assert_true(c.restrict_options);
}

static void the_system_alone_can_be_asked(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct config_wishes w = { .system_only = true, .system_dir = p->etc };
	struct err e = ERR_INIT;

	setenv("POSTRIDER_HOST", "no", 1);
	write_file(p, "home/.postriderrc", "xyzzy\n");
	assert_true(config_load(&c, &w, &e));
	assert_int_equal(c.n, 0);
	write_file(p, "etc/postrider.conf", "defaults\nrestrict_options on\n");
	assert_true(config_load(&c, &w, &e));
	assert_true(c.restrict_options);
}

/* As somebody to whom a file of mode 0 is closed. */
static bool load_as_other(const struct places *p, struct config *c,
			  struct err *e)
{
	bool root = geteuid() == 0, ok;

	if (root)
		assert_int_equal(seteuid(65534), 0);
	ok = load(p, c, e);
	if (root)
		assert_int_equal(seteuid(0), 0);
	return ok;
}

static void a_closed_file_of_the_system_is_passed_over(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct account a;
	struct err e;

	write_mode(p, "etc/postrider.conf", "host x\n", 0);
	assert_true(load_as_other(p, &c, &e));
	assert_int_equal(c.passed.n, 1);
	assert_true(has_text(&c.notes, "postrider.conf: Permission denied"));
	assert_false(config_choose(&c, NULL, NULL, &a, &e));
	assert_non_null(strstr(e.text, "postrider.conf"));
}

static void a_closed_file_of_the_user_is_a_mistake(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	write_mode(p, "home/.postriderrc", "host x\n", 0);
	write_mode(p, "home/.msmtprc", "host x\n", 0644);
	assert_false(load_as_other(p, &c, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_true(has_text(&c.mistakes, ".postriderrc': Permission denied"));
	assert_int_equal(c.n, 0);
}

/* The system's file alone, and only where it is root's. */
static void a_group_may_read_the_systems_secret(void **state)
{
	static const struct {
		const char *name;
		bool is_systems;
	} cases[] = { { "etc/postrider.conf", true },
		      { "home/.postriderrc", false } };
	struct places *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(mem_string) char *path = path_in(p, cases[i].name);
		struct err e = ERR_INIT;

		write_mode(p, cases[i].name, "host x\npassword y\n", 0640);
		assert_int_equal(load(p, &c, &e),
				 cases[i].is_systems && geteuid() == 0);
		assert_int_equal(chmod(path, 0600), 0);
	}
}

static void a_closed_folder_is_somebody_elses(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	CLEAN(mem_string) char *xdg = path_in(p, "x");
	struct err e;

	make_folder(p, "x");
	make_folder(p, "x/postrider");
	write_file(p, "x/postrider/config", "host x\n");
	assert_int_equal(chmod(xdg, 0), 0);
	setenv("XDG_CONFIG_HOME", xdg, 1);
	assert_true(load_as_other(p, &c, &e));
	assert_true(has_text(&c.notes, "in a folder that is closed"));
	assert_int_equal(chmod(xdg, 0700), 0);
}

/* --- the environment ---------------------------------------------------------
 */

static void the_environment_makes_an_account_without_files(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct config_wishes w = { .system_dir = p->etc,
				   .ignore_environment = true };
	struct err e = ERR_INIT;

	setenv("POSTRIDER_HOST", "mx", 1);
	setenv("POSTRIDER_PASSWORD", "pw", 1);
	setenv("POSTRIDER_TLS_STARTTLS", "off", 1);
	setenv("POSTRIDER_DOMAIN", "", 1);
	assert_true(config_load(&c, &w, &e));
	assert_int_equal(c.n, 0);
	assert_loads(p, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.v[0].label, "default");
	assert_string_equal(c.v[0].host, "mx");
	assert_false(c.v[0].tls_starttls);
	assert_true(view_is(secret_view(&c.v[0].password), "pw"));
	assert_false(account_is_set(&c.v[0], KEY_ID_domain));
	assert_int_equal(c.v[0].origin[KEY_ID_host].kind, ORIGIN_ENVIRONMENT);
	config_free(&c);
	setenv("POSTRIDER_PORT", "x", 1);
	assert_false(load(p, &c, &e));
	assert_string_equal(c.mistakes.v[0], "$POSTRIDER_PORT: port: 'x' is "
					     "not a number from 1 to 65535");
	config_free(&c);
	write_file(p, "etc/msmtprc", "# nothing\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 0);
	unsetenv("POSTRIDER_PORT");
	unsetenv("POSTRIDER_PASSWORD");
	unsetenv("POSTRIDER_TLS_STARTTLS");
	unsetenv("POSTRIDER_DOMAIN");
}

/* Values that a rule for the keyword alone wants. */
static const struct {
	enum key_id id;
	const char *value;
} samples[] = {
	{ KEY_ID_proxy, "socks5://h:1" },
	{ KEY_ID_source_ip, "::1" },
	{ KEY_ID_tls_fingerprint, "0123456789abcdef0123456789abcdef" },
	{ KEY_ID_tls_pin,
	  "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
	{ KEY_ID_deliver_by, "60" },
	{ KEY_ID_hold_for, "60" },
	{ KEY_ID_hold_until, "2098-01-01T00:00:00Z" },
	{ KEY_ID_priority, "3" },
	{ KEY_ID_queue_dir, "/x" },
	{ KEY_ID_rate, "30/minute" },
	{ KEY_ID_rewrite, "a@* b@c.example" },
	{ KEY_ID_local_recipient, "a@b.example" },
	{ KEY_ID_add_header, "X: y" },
	{ KEY_ID_set_header, "X: y" },
	{ KEY_ID_provider, "gmail" },
	{ KEY_ID_timeout, "9" },
	{ KEY_ID_dsn_notify, "never" },
	{ KEY_ID_password_fd, "9" },
	{ KEY_ID_tls_min_dh_prime_bits, "1024" },
	{ KEY_ID_port, "9" },
	{ KEY_ID_proxy_port, "9" },
};

static const char *sample_of(const struct key *k)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		if (samples[i].id == key_id(k))
			return samples[i].value;
	return k->fallback ? k->fallback : "x";
}

static void every_keyword_can_come_from_the_environment(void **state)
{
	struct places *p = *state;

	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(str) struct str name = STR_INIT;

		/* There is no other account that it could name. */
		if (i == KEY_ID_fallback)
			continue;
		str_adds(&name, "POSTRIDER_");
		for (const char *s = k->name; *s; s++)
			str_addc(&name, ascii_upper(*s));
		unsetenv("POSTRIDER_HOST");
		setenv(name.s, sample_of(k), 1);
		assert_loads(p, &c);
		unsetenv(name.s);
		/* This one is not for whoever starts us to say. */
		if (i == KEY_ID_restrict_options) {
			assert_int_equal(c.n, 0);
			continue;
		}
		assert_int_equal(c.n, 1);
		assert_int_equal(c.v[0].origin[i].kind, ORIGIN_ENVIRONMENT);
	}
}

static void what_may_be_repeated_has_a_line_for_each(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	const struct list *lines;

	setenv("POSTRIDER_ADD_HEADER", "X: 1\n\n  Y: 2 \r\nX: 1", 1);
	assert_loads(*state, &c);
	unsetenv("POSTRIDER_ADD_HEADER");
	lines = account_lines(&c.v[0], key_at(KEY_ID_add_header));
	assert_int_equal(lines->n, 3);
	assert_string_equal(lines->v[1], "Y: 2");
}

static void under_the_name_msmtp_some_defaults_differ(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct config_wishes w = { .system_dir = p->etc, .msmtp_name = true };
	struct err e = ERR_INIT;

	write_file(p, "home/.msmtprc",
		   "account a\nhost x\naccount b\nsyslog LOG_LOCAL0\n");
	assert_true(config_load(&c, &w, &e));
	assert_int_equal(account_of(&c, "a")->syslog, 0);
	assert_int_equal(account_of(&c, "b")->syslog, 4);
	config_free(&c);
	assert_loads(p, &c);
	assert_int_equal(account_of(&c, "a")->syslog, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_first_place_that_has_a_file_wins),
		CASE(the_name_msmtp_looks_at_its_own_places_only),
		CASE(a_named_file_replaces_the_users_only),
		CASE(a_named_file_that_is_missing_is_no_input),
		CASE(what_was_read_and_what_not_is_noted),
		CASE(the_users_accounts_come_first_and_replace),
		CASE(the_system_alone_can_be_asked),
		CASE(a_closed_file_of_the_system_is_passed_over),
		CASE(a_closed_file_of_the_user_is_a_mistake),
		CASE(a_group_may_read_the_systems_secret),
		CASE(a_closed_folder_is_somebody_elses),
		CASE(the_environment_makes_an_account_without_files),
		CASE(every_keyword_can_come_from_the_environment),
		CASE(what_may_be_repeated_has_a_line_for_each),
		CASE(under_the_name_msmtp_some_defaults_differ),
	};

	return cmocka_run_group_tests_name("parse: places", tests, NULL, NULL);
}
