#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/draft.h"
#include "base/err.h"
#include "base/mem.h"

static char place[] = "draftXXXXXX";

static int make_place(void **state)
{
	char *path;

	(void)state;
	if (!mkdtemp(place))
		return -1;
	path = realpath(place, NULL);
	if (!path || setenv("TMPDIR", path, 1) < 0)
		return -1;
	free(path);
	return 0;
}

static int remove_place(void **state)
{
	(void)state;
	return rmdir(place);
}

static int names_in_place(void)
{
	DIR *d = opendir(place);
	int n = 0;

	assert_non_null(d);
	for (const struct dirent *entry; (entry = readdir(d));)
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void it_never_has_a_name(void **state)
{
	struct draft d = DRAFT_INIT;
	struct err e = ERR_INIT;
	struct stat file, dir;

	(void)state;
	draft_free(&d);
	assert_true(draft_open(&d, &e));
	assert_true(draft_add(&d, view_of("private"), &e));
	assert_true(draft_flush(&d, &e));
	assert_int_equal(names_in_place(), 0);
	assert_int_equal(fstat(d.fd, &file), 0);
	assert_int_equal(stat(place, &dir), 0);
	assert_int_equal(file.st_nlink, 0);
	assert_true(file.st_dev == dir.st_dev);
	assert_int_equal(file.st_mode & 07777, 0600);
	assert_int_equal(file.st_size, 7);
	draft_free(&d);
	assert_int_equal(d.fd, -1);
	assert_int_equal(names_in_place(), 0);
}

static char pattern(size_t i)
{
	return (char)(i * 7 + i / 256);
}

static void add_pattern(struct draft *d, size_t total, size_t step)
{
	char part[9973];
	struct err e = ERR_INIT;

	assert_true(step <= sizeof(part));
	for (size_t at = 0; at < total; at += step) {
		size_t n = total - at < step ? total - at : step;

		for (size_t i = 0; i < n; i++)
			part[i] = pattern(at + i);
		assert_true(draft_add(d, (struct view){ part, n }, &e));
	}
}

static void what_was_added_is_read_back(void **state)
{
	static const size_t totals[] = { 0,
					 1,
					 DRAFT_BUFFER - 1,
					 DRAFT_BUFFER,
					 DRAFT_BUFFER + 1,
					 3 * DRAFT_BUFFER + 17 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(totals); i++) {
		CLEAN(draft) struct draft d = DRAFT_INIT;
		struct err e = ERR_INIT;
		char buf[1000];
		size_t at = 0, got;

		assert_true(draft_open(&d, &e));
		add_pattern(&d, totals[i], 9973);
		assert_true(d.size == totals[i]);
		assert_true(draft_flush(&d, &e));
		assert_true(draft_flush(&d, &e));
		do {
			assert_true(
				draft_read(&d, at, buf, sizeof(buf), &got, &e));
			for (size_t j = 0; j < got; j++)
				assert_int_equal(buf[j], pattern(at + j));
			at += got;
		} while (got > 0);
		assert_true(at == totals[i]);
	}
}

static void one_large_view_is_taken_whole(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	const size_t n = 2 * DRAFT_BUFFER + 5;
	char *big = calloc(n, 1);
	struct err e = ERR_INIT;
	char last;
	size_t got;

	(void)state;
	assert_non_null(big);
	big[n - 1] = 'z';
	assert_true(draft_open(&d, &e));
	assert_true(draft_add(&d, (struct view){ big, n }, &e));
	assert_true(draft_flush(&d, &e));
	assert_true(draft_read(&d, n - 1, &last, 1, &got, &e));
	assert_int_equal(got, 1);
	assert_int_equal(last, 'z');
	free(big);
}

static bool is_in_place(const struct draft *d)
{
	char link[64], target[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", d->fd);
	n = readlink(link, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	return strstr(target, place) != NULL;
}

static void a_place_that_will_not_do_is_passed_over(void **state)
{
	const char *set = getenv("TMPDIR");
	char *good = mem_copy(set ? set : "/tmp");
	const struct {
		const char *tmpdir;
		bool used;
	} cases[] = {
		{ good, true },
		{ "/nonexistent/place", false },
		{ place, false }, /* relative */
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(draft) struct draft d = DRAFT_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(setenv("TMPDIR", cases[i].tmpdir, 1), 0);
		assert_true(draft_open(&d, &e));
		assert_int_equal(is_in_place(&d), cases[i].used);
	}
	assert_int_equal(setenv("TMPDIR", good, 1), 0);
	free(good);
}

static void a_file_that_cannot_grow_is_an_error(void **state)
{
	struct rlimit old, small;
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct err e = ERR_INIT;
	char text[100] = "";
	bool added, flushed;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 50;
	assert_true(draft_open(&d, &e));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	added = draft_add(&d, (struct view){ text, sizeof(text) }, &e);
	flushed = draft_flush(&d, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_true(added);
	assert_false(flushed);
	assert_non_null(strstr(e.text, "temporary copy"));
}

static void reading_beyond_what_a_file_can_hold_is_an_error(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct err e = ERR_INIT;
	char c;
	size_t got;

	(void)state;
	assert_true(draft_open(&d, &e));
	assert_false(draft_read(&d, UINT64_MAX, &c, 1, &got, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_never_has_a_name),
		cmocka_unit_test(what_was_added_is_read_back),
		cmocka_unit_test(one_large_view_is_taken_whole),
		cmocka_unit_test(a_place_that_will_not_do_is_passed_over),
		cmocka_unit_test(a_file_that_cannot_grow_is_an_error),
		cmocka_unit_test(
			reading_beyond_what_a_file_can_hold_is_an_error),
	};

	return cmocka_run_group_tests_name("draft", tests, make_place,
					   remove_place);
}
