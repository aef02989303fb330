/* Those sources that are found, not configured, and the order of all. */
#include "config.h"

#include <fcntl.h>
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

#include "auth/source.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define FD 77 /* none of ours */
#define HOST "smtp.example.org"

static char folder[] = "/tmp/test_sources.XXXXXX";
static const char *const names[] = { "file", ".netrc", "netrc", "secret-tool" };

static char *in_folder(const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s", folder, name);
	return str_detach(&path);
}

static void put(const char *name, const char *text, mode_t mode)
{
	CLEAN(mem_string) char *path = in_folder(name);
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEAN(mem_string) char *path = in_folder(names[i]);

		(void)unlink(path);
	}
	close(FD);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	return 0;
}

static int make_folder(void **state)
{
	CLEAN(str) struct str path = STR_INIT;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	str_addf(&path, "%s:/usr/bin:/bin", folder);
	return setenv("PATH", path.s, 1);
}

static int remove_folder(void **state)
{
	return clear(state) || rmdir(folder);
}

static bool fetch(const struct source_config *c, struct secret *out,
		  struct err *e)
{
	return source_fetch(c, CLOCK_NEVER, out, e);
}

/* A pipe that holds text, as a shell would hand it to us; the other end. */
static int hand(const char *text, bool open)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	assert_int_equal(dup2(ends[0], FD), FD);
	close(ends[0]);
	if (open)
		return ends[1];
	close(ends[1]);
	return -1;
}

/* --- the order ------------------------------------------------------------ */

static void assert_gives(const struct source_config *c, const char *want)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	if (!fetch(c, &out, &e))
		fail_msg("not '%s' but: %s", want, e.text);
	assert_string_equal(out.p, want);
}

static void the_order_is_that_of_the_manual(void **state)
{
	CLEAN(secret) struct secret password = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder("file");
	struct source_config c = { .password = &password,
				   .passwordeval = "echo evaluated",
				   .password_file = path,
				   .password_fd = FD,
				   .host = HOST,
				   .user = "ada",
				   .home = folder,
				   .system_dir = folder };
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	secret_add(&password, view_of("typed"));
	put("file", "filed\n", 0600);
	put("secret-tool", "#!/bin/sh\necho kept\n", 0755);
	put(".netrc", "machine " HOST " password ours\n", 0600);
	put("netrc", "machine " HOST " password systems\n", 0600);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	(void)hand("handed\n", false);
	assert_gives(&c, "typed");
	c.password = NULL;
	assert_gives(&c, "evaluated");
	c.passwordeval = NULL;
	assert_gives(&c, "filed");
	c.password_file = NULL;
	assert_gives(&c, "handed");
	c.password_fd = 0;
	assert_gives(&c, "kept");
	c.keyring = SOURCE_KEYRING_OFF;
	assert_gives(&c, "ours");
	c.home = NULL;
	assert_gives(&c, "systems");
	c.system_dir = NULL;
	assert_false(fetch(&c, &out, &e));
	assert_int_equal(err_exit_status(&e), 78);
	assert_string_equal(e.text, "there is no password");
	assert_non_null(strstr(e.hint, "keyring"));
	assert_non_null(strstr(e.hint, "netrc"));
}

/* --- password_fd ---------------------------------------------------------- */

static const struct source_config handed = { .password_fd = FD };

static void a_descriptor_gives_its_first_line(void **state)
{
	static const char *const texts[] = { "tiger", "tiger\n", "tiger\r\n",
					     "tiger\nlion\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		(void)hand(texts[i], false);
		assert_gives(&handed, "tiger");
		assert_int_equal(fcntl(FD, F_GETFD), -1);
	}
}

static void a_line_is_enough(void **state)
{
	int end = hand("tiger\n", true);

	(void)state;
	assert_gives(&handed, "tiger");
	close(end);
}

static void a_file_is_as_good_as_a_pipe(void **state)
{
	CLEAN(mem_string) char *path = in_folder("file");
	int fd;

	(void)state;
	put("file", "tiger\nlion\n", 0644);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, FD), FD);
	close(fd);
	assert_gives(&handed, "tiger");
}

static void assert_refused(const struct source_config *c, int64_t deadline_ms,
			   enum err_kind kind, const char *words)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	assert_false(source_fetch(c, deadline_ms, &out, &e));
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, words))
		fail_msg("'%s' is not in: %s", words, e.text);
	assert_false(secret_is_set(&out));
}

static void what_a_descriptor_lacks_is_told(void **state)
{
	int fd, end;

	(void)state;
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG,
		       "password_fd: descriptor 77 is not open");
	(void)hand("", false);
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG, "is empty");
	(void)hand("\nlion\n", false);
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG, "is empty");
	end = hand("tig", true);
	assert_refused(&handed, clock_now_ms() + 50, ERR_DEFERRED, "timed out");
	close(end);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, FD), FD);
	close(fd);
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG, "cannot be read");
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, FD), FD);
	close(fd);
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG, "too long");
}

static void a_descriptor_of_our_own_is_not_taken_for_it(void **state)
{
	(void)state;
	(void)hand("message\n", false);
	assert_int_equal(fcntl(FD, F_SETFD, FD_CLOEXEC), 0);
	assert_refused(&handed, CLOCK_NEVER, ERR_CONFIG, "is not open");
	assert_int_equal(fcntl(FD, F_GETFD), FD_CLOEXEC);
}

static void what_is_held_is_not_inherited(void **state)
{
	const struct source_config looks = {
		.passwordeval = "test -e /dev/fd/77 && echo there || echo gone"
	};

	(void)state;
	(void)hand("tiger\n", false);
	assert_gives(&looks, "there");
	source_hold(FD);
	assert_gives(&looks, "gone");
	assert_gives(&handed, "tiger");
	source_hold(STDIN_FILENO);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0);
}

/* --- keyring -------------------------------------------------------------- */

static const struct source_config ring = { .host = HOST, .user = "ada" };

static void auto_asks_only_where_there_is_a_bus(void **state)
{
	(void)state;
	put("secret-tool", "#!/bin/sh\necho kept\n", 0755);
	assert_refused(&ring, CLOCK_NEVER, ERR_CONFIG, "there is no password");
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	assert_gives(&ring, "kept");
}

static void faults_of_auto_are_silent_and_those_of_on_are_not(void **state)
{
	static const struct {
		const char *script, *words;
		enum err_kind kind;
	} rows[] = {
		{ "echo locked >&2; exit 1", "locked", ERR_DEFERRED },
		{ "echo tiger; exit 2", "status 2", ERR_DEFERRED },
		{ NULL, "secret-tool", ERR_CONFIG },
	};
	struct source_config on = ring;

	(void)state;
	on.keyring = SOURCE_KEYRING_ON;
	assert_refused(&on, CLOCK_NEVER, ERR_CONFIG, "session bus");
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str text = STR_INIT;

		str_addf(&text, "#!/bin/sh\n%s\n",
			 rows[i].script ? rows[i].script : "");
		put("secret-tool", text.s, 0755);
		if (!rows[i].script)
			setenv("PATH", "/nonexistent", 1);
		assert_refused(&ring, CLOCK_NEVER, ERR_CONFIG,
			       "there is no password");
		assert_refused(&on, CLOCK_NEVER, rows[i].kind, rows[i].words);
	}
	(void)clear(NULL);
	setenv("PATH", "/usr/bin:/bin", 1);
}

static void off_and_nobody_do_not_ask(void **state)
{
	struct source_config c = ring;

	(void)state;
	put("secret-tool", "#!/bin/sh\necho kept\n", 0755);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	c.keyring = SOURCE_KEYRING_OFF;
	assert_refused(&c, CLOCK_NEVER, ERR_CONFIG, "there is no password");
	c.keyring = SOURCE_KEYRING_ON;
	c.user = NULL;
	assert_refused(&c, CLOCK_NEVER, ERR_CONFIG, "there is no password");
}

/* --- netrc ---------------------------------------------------------------- */

static const struct source_config netrc = {
	.host = HOST, .user = "ada", .home = folder, .system_dir = folder
};

static void a_netrc_with_our_password_must_be_ours_alone(void **state)
{
	static const struct {
		mode_t mode;
		const char *words;
	} rows[] = {
		{ 0644, "others can read" },
		{ 0640, "others can read" },
		{ 0622, "others can write" },
	};
	static const char *const files[] = { ".netrc", "netrc" };

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		(void)clear(NULL);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			put(files[f], "machine " HOST " password tiger\n",
			    rows[i].mode);
			assert_refused(&netrc, CLOCK_NEVER, ERR_CONFIG,
				       rows[i].words);
		}
		put(files[f], "machine " HOST " password tiger\n", 0400);
		assert_gives(&netrc, "tiger");
	}
}

static void the_mode_of_a_netrc_without_it_does_not_matter(void **state)
{
	(void)state;
	put(".netrc", "machine other login ada password lion\n", 0666);
	put("netrc", "machine " HOST " login ada password tiger\n", 0600);
	assert_gives(&netrc, "tiger");
}

static void only_ours_must_be_readable(void **state)
{
	CLEAN(mem_string) char *ours = in_folder(".netrc");
	CLEAN(mem_string) char *systems = in_folder("netrc");

	(void)state;
	assert_int_equal(mkdir(systems, 0700), 0);
	assert_refused(&netrc, CLOCK_NEVER, ERR_CONFIG, "there is no password");
	assert_int_equal(rmdir(systems), 0);
	assert_int_equal(mkdir(ours, 0700), 0);
	assert_refused(&netrc, CLOCK_NEVER, ERR_CONFIG, ".netrc");
	assert_int_equal(rmdir(ours), 0);
}

#define AFTER(test) cmocka_unit_test_teardown(test, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AFTER(the_order_is_that_of_the_manual),
		AFTER(a_descriptor_gives_its_first_line),
		AFTER(a_line_is_enough),
		AFTER(a_file_is_as_good_as_a_pipe),
		AFTER(what_a_descriptor_lacks_is_told),
		AFTER(a_descriptor_of_our_own_is_not_taken_for_it),
		AFTER(what_is_held_is_not_inherited),
		AFTER(auto_asks_only_where_there_is_a_bus),
		AFTER(off_and_nobody_do_not_ask),
		AFTER(a_netrc_with_our_password_must_be_ours_alone),
		AFTER(the_mode_of_a_netrc_without_it_does_not_matter),
		AFTER(only_ours_must_be_readable),
		/* Changes $PATH. */
		AFTER(faults_of_auto_are_silent_and_those_of_on_are_not),
	};

	return cmocka_run_group_tests_name("sources", tests, make_folder,
					   remove_folder);
}
