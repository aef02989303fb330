#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/keyring.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

static char folder[] = "/tmp/test_keyring.XXXXXX";

static char *in_folder(const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s", folder, name);
	return str_detach(&path);
}

/* A secret-tool that notes how it was called, a word a line, and then does
 * what script says. */
static void install(const char *script)
{
	CLEAN(mem_string) char *tool = in_folder("secret-tool");
	CLEAN(mem_string) char *notes = in_folder("calls");
	FILE *f = fopen(tool, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nprintf '<%%s>' \"$@\" >>'%s'\n%s\n", notes,
		script);
	fclose(f);
	assert_int_equal(chmod(tool, 0755), 0);
	(void)unlink(notes);
}

static void assert_calls(const char *want)
{
	CLEAN(mem_string) char *notes = in_folder("calls");
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct err e = ERR_INIT;
	struct stat st;

	assert_true(file_read(notes, 65536, &text, &st, &e));
	assert_string_equal(text.p, want);
}

static bool fetch(struct secret *out, struct err *e)
{
	return keyring_fetch("smtp.example.org", "ada b", CLOCK_NEVER, out, e);
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
	CLEAN(mem_string) char *tool = in_folder("secret-tool");
	CLEAN(mem_string) char *notes = in_folder("calls");
	CLEAN(mem_string) char *bus = in_folder("bus");

	(void)state;
	unlink(tool);
	unlink(notes);
	unlink(bus);
	return rmdir(folder);
}

#define FIRST "<lookup><host><smtp.example.org><service><smtp><user><ada b>"
#define SECOND "<lookup><server><smtp.example.org><protocol><smtp><user><ada b>"

static void an_entry_of_ours_or_of_msmtp_is_found_first(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	install("printf 'tiger'");
	assert_true(fetch(&out, &e));
	assert_string_equal(out.p, "tiger");
	assert_calls(FIRST);
}

static void then_a_network_password(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	install("[ $2 = server ] && echo tiger");
	assert_true(fetch(&out, &e));
	assert_string_equal(out.p, "tiger");
	assert_calls(FIRST SECOND);
}

static void what_is_not_there_is_no_fault(void **state)
{
	static const char *const scripts[] = { "exit 1", "exit 0", "echo" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		secret_set(&out, view_of("of before"));
		install(scripts[i]);
		assert_true(fetch(&out, &e));
		assert_false(secret_is_set(&out));
		assert_calls(FIRST SECOND);
	}
}

static void the_first_line_is_the_password(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	install("echo some warning >&2; printf ' a \"b\\n\\nc'");
	assert_true(fetch(&out, &e));
	assert_string_equal(out.p, " a \"b");
}

static void its_words_are_passed_on(void **state)
{
	static const struct {
		const char *script, *words;
	} cases[] = {
		{ "echo 'secret-tool: no\tservice' >&2; exit 1",
		  "secret-tool ended with status 1: secret-tool: no?service" },
		{ "echo tiger; echo locked >&2; exit 1",
		  "secret-tool ended with status 1: locked" },
		{ "exit 2", "secret-tool ended with status 2" },
		{ "kill -9 $$", "it was ended by signal 9" },
		{ "yes", "it prints too much" },
		{ "yes >&2", "it prints too much" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		install(cases[i].script);
		assert_false(fetch(&out, &e));
		assert_int_equal(e.kind, ERR_DEFERRED);
		assert_non_null(strstr(e.text, "the keyring cannot be asked"));
		assert_non_null(strstr(e.text, cases[i].words));
		assert_null(strstr(e.text, "tiger"));
		assert_false(secret_is_set(&out));
		assert_calls(FIRST);
	}
}

static void it_is_held_to_the_deadline(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	int64_t start = clock_now_ms();
	struct err e = ERR_INIT;

	(void)state;
	install("exec sleep 50");
	assert_false(keyring_fetch("h", "u", start + 50, &out, &e));
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_non_null(strstr(e.text, "timed out"));
	assert_true(clock_now_ms() - start < 20000);
}

static void a_missing_tool_is_named(void **state)
{
	CLEAN(mem_string) char *path = mem_copy(getenv("PATH"));
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_false(fetch(&out, &e));
	setenv("PATH", path, 1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "secret-tool"));
	assert_non_null(strstr(e.hint, "libsecret-tools"));
}

static void without_a_session_bus_there_is_no_keyring(void **state)
{
	CLEAN(mem_string) char *bus = in_folder("bus");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strlen(bus);

	(void)state;
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	assert_false(keyring_reachable());
	setenv("DBUS_SESSION_BUS_ADDRESS", "", 1);
	assert_false(keyring_reachable());
	setenv("XDG_RUNTIME_DIR", folder, 1);
	assert_false(keyring_reachable());
	assert_true(n < sizeof(a.sun_path));
	memcpy(a.sun_path, bus, n);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(keyring_reachable());
	close(fd);
	unsetenv("XDG_RUNTIME_DIR");
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x", 1);
	assert_true(keyring_reachable());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_of_ours_or_of_msmtp_is_found_first),
		cmocka_unit_test(then_a_network_password),
		cmocka_unit_test(what_is_not_there_is_no_fault),
		cmocka_unit_test(the_first_line_is_the_password),
		cmocka_unit_test(its_words_are_passed_on),
		cmocka_unit_test(it_is_held_to_the_deadline),
		cmocka_unit_test(a_missing_tool_is_named),
		cmocka_unit_test(without_a_session_bus_there_is_no_keyring),
	};

	return cmocka_run_group_tests_name("keyring", tests, make_folder,
					   remove_folder);
}
