#include "config.h"

#include <dirent.h>
#include <fcntl.h>
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

#include "base/err.h"
#include "base/maildir.h"
#include "base/mem.h"

static char place[] = "maildirXXXXXX";

static int make_place(void **state)
{
	(void)state;
	return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int remove_place(void **state)
{
	(void)state;
	return chdir("..") == 0 ? rmdir(place) : -1;
}

static void fill(struct draft *d, const char *text)
{
	struct err e = ERR_INIT;

	assert_true(draft_open(d, &e));
	assert_true(draft_add(d, view_of(text), &e));
	assert_true(draft_flush(d, &e));
}

/* How many entries a folder has; the name of the last. */
static size_t count(const char *folder, struct str *name)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		str_truncate(name, 0);
		str_addf(name, "%s/%s", folder, entry->d_name);
		n++;
	}
	closedir(d);
	return n;
}

/* The contents of a file, which is removed. */
static void take(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, size - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void remove_folders(void)
{
	assert_int_equal(rmdir("box/tmp"), 0);
	assert_int_equal(rmdir("box/new"), 0);
	assert_int_equal(rmdir("box/cur"), 0);
	assert_int_equal(rmdir("box"), 0);
}

static bool ends(const char *s, const char *end)
{
	return strlen(s) >= strlen(end) &&
	       strcmp(s + strlen(s) - strlen(end), end) == 0;
}

static void a_message_is_there_whole(void **state)
{
	static const struct {
		enum maildir_box box;
		const char *folder, *head, *end;
	} cases[] = {
		{ MAILDIR_NEW, "box/new", "X: y\n", "" },
		{ MAILDIR_SEEN, "box/cur", "", ":2,S" },
	};
	CLEAN(draft) struct draft d = DRAFT_INIT;
	mode_t old = umask(0);
	struct stat st;

	(void)state;
	fill(&d, "A: b\n\nbody\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str name = STR_INIT, wanted = STR_INIT;
		struct err e = ERR_INIT;
		char text[100];

		assert_true(maildir_add("box", cases[i].box,
					view_of(cases[i].head), &d, &e));
		assert_int_equal(e.kind, ERR_NONE);
		assert_int_equal(count("box/tmp", &name), 0);
		assert_int_equal(
			count("box/new", &name) + count("box/cur", &name), 1);
		assert_int_equal(count(cases[i].folder, &name), 1);
		assert_true(ends(name.s, cases[i].end));
		assert_int_equal(strchr(name.s, ':') != NULL,
				 cases[i].end[0] != '\0');
		assert_int_equal(stat(name.s, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		str_addf(&wanted, "%sA: b\n\nbody\n", cases[i].head);
		take(name.s, text, sizeof(text));
		assert_string_equal(text, wanted.s);
	}
	umask(old);
	assert_int_equal(stat("box", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat("box/tmp", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	remove_folders();
}

static void no_two_have_a_name(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(str) struct str name = STR_INIT;
	struct err e = ERR_INIT;
	char text[8];

	(void)state;
	fill(&d, "x\n");
	for (int i = 0; i < 50; i++)
		assert_true(maildir_add("box", MAILDIR_NEW, VIEW_NONE, &d, &e));
	for (size_t left = 50; left > 0; left--) {
		assert_int_equal(count("box/new", &name), left);
		take(name.s, text, sizeof(text));
	}
	remove_folders();
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(str) struct str name = STR_INIT;
	struct err e = ERR_INIT;
	const struct rlimit small = { 4, 4 };
	struct rlimit was;

	(void)state;
	fill(&d, "more than four bytes\n");
	assert_false(maildir_add("no/such", MAILDIR_NEW, VIEW_NONE, &d, &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "'no/such'"));
	assert_true(e.hint[0] != '\0');

	assert_int_equal(close(open("file", O_CREAT | O_WRONLY, 0600)), 0);
	e = ERR_INIT;
	assert_false(maildir_add("file", MAILDIR_NEW, VIEW_NONE, &d, &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_string_equal(e.hint, "");
	unlink("file");

	/* A file that may not grow is a full disk. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(
		setrlimit(RLIMIT_FSIZE,
			  &(struct rlimit){ small.rlim_cur, was.rlim_max }),
		0);
	e = ERR_INIT;
	assert_false(maildir_add("box", MAILDIR_NEW, VIEW_NONE, &d, &e));
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(count("box/tmp", &name) + count("box/new", &name), 0);
	remove_folders();
}

static void folders_that_are_links_are_not_followed(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(str) struct str name = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	fill(&d, "x\n");
	assert_int_equal(mkdir("box", 0700), 0);
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(symlink("../elsewhere", "box/new"), 0);
	assert_false(maildir_add("box", MAILDIR_NEW, VIEW_NONE, &d, &e));
	assert_int_equal(count("elsewhere", &name), 0);
	unlink("box/new");
	rmdir("box/tmp");
	rmdir("box/cur");
	assert_int_equal(rmdir("box"), 0);
	assert_int_equal(rmdir("elsewhere"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_there_whole),
		cmocka_unit_test(no_two_have_a_name),
		cmocka_unit_test(what_cannot_be_written_leaves_nothing),
		cmocka_unit_test(folders_that_are_links_are_not_followed),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("maildir", tests, make_place,
					   remove_place);
}
