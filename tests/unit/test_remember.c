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

#include "base/mem.h"
#include "deliver/remember.h"

#define STRANGER 65534 /* nobody */

static char folder[] = "/tmp/test_remember.XXXXXX";
static char home[64], path[128];

static int setup(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(home, sizeof(home), "%s/a/b", folder);
	snprintf(path, sizeof(path), "%s/postrider/state", home);
	return setenv("XDG_STATE_HOME", home, 1);
}

static int remove_folder(void **state)
{
	const char *const parts[] = { "a/b/postrider", "a/b", "a", "" };
	char name[128];

	(void)state;
	unlink(path);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		snprintf(name, sizeof(name), "%s/%s", folder, parts[i]);
		rmdir(name);
	}
	return 0;
}

static void put(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static void assert_file(const char *wanted)
{
	char got[REMEMBER_FILE_MAX];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(got, 1, sizeof(got) - 1, f);
	got[n] = '\0';
	fclose(f);
	assert_string_equal(got, wanted);
}

static void assert_good(const char *account, const char *wanted)
{
	CLEAN(str) struct str where = STR_INIT;

	assert_int_equal(remember_good(account, &where), wanted != NULL);
	assert_string_equal(str_chars(&where), wanted ? wanted : "");
}

static void what_is_noted_is_known(void **state)
{
	struct stat st;

	(void)state;
	assert_good("work", NULL);
	remember_set_good("work", "mx1:25");
	remember_set_good("a label of words", "[::1]:26");
	remember_set_good("work", "mx2:25");
	assert_good("work", "mx2:25");
	assert_good("a label of words", "[::1]:26");
	assert_good("label of words", NULL);
	assert_good("a", NULL);
	assert_file("good [::1]:26 a label of words\ngood mx2:25 work\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void chunking_is_bad_at_one_server(void **state)
{
	struct stat before, after;

	(void)state;
	assert_false(remember_is_chunking_bad("mx1:25"));
	remember_set_good("work", "mx1:25");
	remember_set_chunking_bad("mx1:25");
	assert_true(remember_is_chunking_bad("mx1:25"));
	assert_false(remember_is_chunking_bad("mx1:2"));
	assert_false(remember_is_chunking_bad("mx1:255"));
	assert_good("work", "mx1:25");
	assert_int_equal(stat(path, &before), 0);
	remember_set_chunking_bad("mx1:25");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void strange_lines_are_dropped(void **state)
{
	static const char strange[] =
		"good\n\ngood mx1:25\nbad x y\ngood  work\ngoodmx3:25 work\n"
		"good \x1b[31m work\ngood \xff work\n"
		"good mx2:25 work\nnochunk mx2:25\nno newline";

	(void)state;
	put(strange, sizeof(strange) - 1);
	assert_good("work", "mx2:25");
	assert_good("", "mx1:25");
	assert_true(remember_is_chunking_bad("mx2:25"));
	remember_set_good("other", "x:1");
	assert_file("good mx1:25\ngood  work\ngood mx2:25 work\n"
		    "nochunk mx2:25\ngood x:1 other\n");
}

static void nothing_that_would_be_two_lines_is_written(void **state)
{
	char longest[REMEMBER_LINE_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	remember_set_good("work", "a\ngood evil:25 work");
	remember_set_good("wo\nrk", "a:25");
	remember_set_chunking_bad("a\rb");
	remember_set_chunking_bad(longest);
	assert_int_equal(access(path, F_OK), -1);
}

static void the_file_is_bounded(void **state)
{
	CLEAN(str) struct str text = STR_INIT;
	char where[32];

	(void)state;
	for (int i = 0; i < REMEMBER_LINES_MAX + 9; i++) {
		snprintf(where, sizeof(where), "mx%d:25", i);
		remember_set_chunking_bad(where);
	}
	assert_false(remember_is_chunking_bad("mx8:25"));
	assert_true(remember_is_chunking_bad("mx9:25"));
	assert_true(remember_is_chunking_bad(where));
	for (int i = 0; i < REMEMBER_FILE_MAX; i++)
		str_adds(&text, "good mx:25 work\n");
	put(text.s, text.len);
	assert_good("work", NULL);
	remember_set_good("work", "mx1:25");
	assert_file("good mx1:25 work\n");
}

static void what_others_can_write_is_not_believed(void **state)
{
	static const char text[] = "good mx1:25 work\n";
	char elsewhere[160];

	(void)state;
	put(text, sizeof(text) - 1);
	assert_good("work", "mx1:25");
	chmod(path, 0620);
	assert_good("work", NULL);
	chmod(path, 0602);
	assert_good("work", NULL);
	chmod(path, 0644);
	assert_good("work", "mx1:25");
	if (geteuid() == 0) {
		assert_int_equal(chown(path, STRANGER, STRANGER), 0);
		assert_good("work", NULL);
	}
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", folder);
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_good("work", NULL);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_good("work", NULL);
	unlink(path);
	unlink(elsewhere);
}

static void without_a_place_nothing_happens(void **state)
{
	(void)state;
	setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
	remember_set_good("work", "mx1:25");
	assert_good("work", NULL);
	setenv("XDG_STATE_HOME", home, 1);
	assert_good("work", NULL);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_noted_is_known),
		CASE(chunking_is_bad_at_one_server),
		CASE(strange_lines_are_dropped),
		CASE(nothing_that_would_be_two_lines_is_written),
		CASE(the_file_is_bounded),
		CASE(what_others_can_write_is_not_believed),
		CASE(without_a_place_nothing_happens),
	};

	return cmocka_run_group_tests_name("remember", tests, make_folder,
					   remove_folder);
}
