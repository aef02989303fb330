#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/watch.h"

#define SOON_MS 2000

static char folder[] = "/tmp/test-watch-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int at(const char *name, char path[static 128])
{
	return snprintf(path, 128, "%s/%s", folder, name);
}

static void make(const char *name)
{
	char path[128];
	int fd;

	at(name, path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void drop(const char *name)
{
	char path[128];

	at(name, path);
	assert_int_equal(unlink(path), 0);
}

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static void what_comes_is_named(void **state)
{
	CLEAN(watch) struct watch w = WATCH_INIT;
	CLEAN(list) struct list names = LIST_INIT;
	char from[128], to[128];

	(void)state;
	make("lock");
	watch_start(&w, folder, "lock");
	assert_false(is_readable(w.folder, 0));
	make("a.new");
	at("a.new", from);
	at("a.env", to);
	assert_int_equal(rename(from, to), 0);
	assert_true(is_readable(w.folder, SOON_MS));
	assert_false(watch_take(&w, &names));
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "a.new");
	assert_string_equal(names.v[1], "a.env");
	drop("a.env");
	assert_false(is_readable(w.folder, 0));
	drop("lock");
}

static void a_poke_means_all(void **state)
{
	CLEAN(watch) struct watch w = WATCH_INIT;
	CLEAN(list) struct list names = LIST_INIT;
	char path[128];

	(void)state;
	make("lock");
	watch_start(&w, folder, "lock");
	at("lock", path);
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
	assert_true(is_readable(w.folder, SOON_MS));
	assert_true(watch_take(&w, &names));
	assert_int_equal(names.n, 0);
	assert_false(watch_take(&w, &names));
	drop("lock");
}

static void the_clock_wakes(void **state)
{
	CLEAN(watch) struct watch w = WATCH_INIT;

	(void)state;
	make("lock");
	watch_start(&w, folder, "lock");
	watch_wake_at(&w, time(NULL) + 3600);
	assert_false(is_readable(w.clock, 0));
	watch_wake_at(&w, time(NULL) - 1);
	assert_true(is_readable(w.clock, SOON_MS));
	watch_wake_at(&w, INT64_MAX);
	assert_false(is_readable(w.clock, 0));
	drop("lock");
}

static void without_a_folder_all_may_have_changed(void **state)
{
	CLEAN(watch) struct watch w = WATCH_INIT;
	CLEAN(list) struct list names = LIST_INIT;

	(void)state;
	watch_start(&w, "/nonexistent", "lock");
	assert_int_equal(w.folder, -1);
	assert_true(watch_take(&w, &names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_is_named),
		cmocka_unit_test(a_poke_means_all),
		cmocka_unit_test(the_clock_wakes),
		cmocka_unit_test(without_a_folder_all_may_have_changed),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
