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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"
#include "queue/spool.h"
#include "spooled.h"

#define SOMEBODY 65534

static char here[4096];
static struct err e;

static int make_place(void **state)
{
	return spooled_make_place(state) == 0 &&
			       spooled_path(here, sizeof(here))
		       ? 0
		       : -1;
}

static const char *below(const char *rest)
{
	static char path[5000];

	snprintf(path, sizeof(path), "%s/%s", here, rest);
	return path;
}

static bool opens(const char *path, bool make)
{
	int fd;

	e = ERR_INIT;
	if (!folder_open(path, make, &fd, &e)) {
		assert_int_equal(fd, -1);
		assert_non_null(strstr(e.text, path));
		return false;
	}
	close(fd);
	return true;
}

static void what_is_missing_is_made_for_us_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_false(opens(below("a/b/c"), false));
	assert_int_equal(e.kind, ERR_NOINPUT);
	assert_int_not_equal(stat(below("a"), &st), 0);
	assert_true(opens(below("a//b/./c/"), true));
	assert_true(opens(below("a/b/c"), false));
	assert_int_equal(stat(below("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(below("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(folder_settle(below("a/b/c")));
	assert_true(opens("/", false));
}

static void what_is_no_folder_is_an_error(void **state)
{
	int fd = open(below("file"), O_WRONLY | O_CREAT, 0600);

	(void)state;
	close(fd);
	assert_false(opens(below("file"), true));
	assert_false(opens(below("file/x"), true));
	assert_false(opens("relative", true));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_false(opens("", true));
}

static void links_are_followed_where_they_are_ours(void **state)
{
	(void)state;
	assert_int_equal(mkdir(below("target"), 0700), 0);
	assert_int_equal(symlink("target", below("link")), 0);
	assert_true(opens(below("link"), false));
	assert_true(opens(below("link/new"), true));
	assert_true(opens(below("target/new"), false));
}

static void links_that_others_can_replace_are_not(void **state)
{
	static const struct {
		mode_t mode;
		bool followed;
	} cases[] = {
		{ 0755, true },  { 0775, false }, { 0777, false },
		{ 01777, true }, { 0757, false },
	};

	(void)state;
	assert_int_equal(mkdir(below("open"), 0700), 0);
	assert_int_equal(mkdir(below("open/real"), 0700), 0);
	assert_int_equal(symlink("real", below("open/link")), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(chmod(below("open"), cases[i].mode), 0);
		assert_int_equal(opens(below("open/link"), true),
				 cases[i].followed);
		assert_int_equal(opens(below("open/link/x"), true),
				 cases[i].followed);
		assert_true(opens(below("open/real"), false));
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(below("open"), 01777), 0);
		assert_int_equal(lchown(below("open/link"), SOMEBODY, SOMEBODY),
				 0);
		assert_false(opens(below("open/link"), true));
	}
}

static void a_queue_is_ours_and_nobody_else_can_write_there(void **state)
{
	static const struct {
		mode_t mode;
		bool taken;
	} cases[] = {
		{ 0700, true },  { 0750, true },  { 0755, true },
		{ 0770, false }, { 0702, false }, { 01777, false },
	};

	(void)state;
	assert_int_equal(mkdir(below("queue"), 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(spool) struct spool s = SPOOL_INIT;

		assert_int_equal(chmod(below("queue"), cases[i].mode), 0);
		assert_int_equal(spool_open(&s, below("queue"), true, &e),
				 cases[i].taken);
	}
	if (geteuid() == 0) {
		CLEAN(spool) struct spool s = SPOOL_INIT;

		assert_int_equal(chmod(below("queue"), 0700), 0);
		assert_int_equal(chown(below("queue"), SOMEBODY, SOMEBODY), 0);
		assert_false(spool_open(&s, below("queue"), true, &e));
		assert_non_null(strstr(e.text, "belongs to user 65534"));
	}
}

static void a_queue_that_is_not_there_is_none(void **state)
{
	CLEAN(spool) struct spool s = SPOOL_INIT;

	(void)state;
	s.max_size = 7;
	assert_false(spool_open(&s, below("no/queue"), false, &e));
	assert_int_equal(e.kind, ERR_NOINPUT);
	assert_int_equal(s.fd, -1);
	assert_int_equal(s.max_size, 7);
	assert_true(spool_open(&s, below("no/queue"), true, &e));
	assert_int_equal(s.max_size, 7);
}

/* In a process of its own, which is nobody's in particular. */
static int default_path_is(const char *state_home, const char *home,
			   const char *wanted)
{
	CLEAN(str) struct str path = STR_INIT;

	if (geteuid() == 0 && (setgid(SOMEBODY) < 0 || setuid(SOMEBODY) < 0))
		return 2;
	unsetenv("XDG_STATE_HOME");
	if (state_home)
		setenv("XDG_STATE_HOME", state_home, 1);
	setenv("HOME", home, 1);
	if (!spool_default_path(&path))
		return wanted ? 3 : 0;
	return wanted && strcmp(path.s, wanted) == 0 ? 0 : 4;
}

static void a_persons_queue_is_where_its_state_is(void **state)
{
	char mine[] = "/tmp/folderXXXXXX"; /* where everybody may look */
	CLEAN(str) struct str in_home = STR_INIT;
	CLEAN(str) struct str in_state = STR_INIT;
	CLEAN(str) struct str fresh = STR_INIT;
	CLEAN(str) struct str in_fresh = STR_INIT;

	(void)state;
	assert_non_null(mkdtemp(mine));
	str_addf(&in_home, "%s/.local/state/postrider/queue", mine);
	str_addf(&in_state, "%s/postrider/queue", mine);
	str_addf(&fresh, "%s/state", mine);
	str_addf(&in_fresh, "%s/postrider/queue", fresh.s);
	if (geteuid() == 0)
		assert_int_equal(chown(mine, SOMEBODY, SOMEBODY), 0);
	const struct {
		const char *state_home, *wanted;
	} cases[] = {
		{ NULL, in_home.s },        { "", in_home.s },
		{ "relative", in_home.s },  { mine, in_state.s },
		{ fresh.s, in_fresh.s },    { "/", in_home.s },
		{ "/dev/null", in_home.s },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(default_path_is(cases[i].state_home, mine,
					      cases[i].wanted));
		assert_true(waitpid(child, &status, 0) == child);
		if (status != 0)
			fail_msg("case %zu: status %d", i, WEXITSTATUS(status));
	}
	assert_int_equal(rmdir(mine), 0);
}

static void roots_queue_is_the_machines(void **state)
{
	CLEAN(str) struct str path = STR_INIT;

	(void)state;
	assert_true(spool_default_path(&path) || geteuid() != 0);
	assert_int_equal(
		view_is(str_view(&path), LOCALSTATEDIR "/spool/postrider"),
		geteuid() == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_made_for_us_alone),
		cmocka_unit_test(what_is_no_folder_is_an_error),
		cmocka_unit_test(links_are_followed_where_they_are_ours),
		cmocka_unit_test(links_that_others_can_replace_are_not),
		cmocka_unit_test(
			a_queue_is_ours_and_nobody_else_can_write_there),
		cmocka_unit_test(a_queue_that_is_not_there_is_none),
		cmocka_unit_test(a_persons_queue_is_where_its_state_is),
		cmocka_unit_test(roots_queue_is_the_machines),
	};

	return cmocka_run_group_tests_name("folder", tests, make_place,
					   spooled_remove_place);
}
