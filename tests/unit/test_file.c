#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
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

#include "base/attr.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define STRANGER 65534 /* nobody */
#define READ_MAX 100
#define FTW_DESCRIPTORS 8

static char folder[] = "/tmp/test_file.XXXXXX";

static char *in_folder(const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s", folder, name);
	return str_detach(&path);
}

static void put(const char *name, const char *text, mode_t mode)
{
	CLEAN(mem_string) char *path = in_folder(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_dir(const char *name, mode_t mode)
{
	CLEAN(mem_string) char *path = in_folder(name);

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *name, const char *target)
{
	CLEAN(mem_string) char *path = in_folder(name);

	assert_int_equal(symlink(target, path), 0);
}

static void give_to_stranger(const char *name)
{
	CLEAN(mem_string) char *path = in_folder(name);

	assert_int_equal(lchown(path, STRANGER, STRANGER), 0);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? chmod(folder, 0755) : -1;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, FTW_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static bool become_stranger(void)
{
	return setgroups(0, NULL) == 0 && setgid(STRANGER) == 0 &&
	       setuid(STRANGER) == 0;
}

/* Whether check() holds for a user that owns nothing here.  Root only. */
static bool holds_for_stranger(bool (*check)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(become_stranger() && check() ? 0 : 1);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void needs_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* What reading name comes to: ERR_NONE, or the kind of the error. */
static enum err_kind reading(const char *name)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder(name);
	struct err e = ERR_INIT;
	struct stat st;

	return file_read(path, READ_MAX, &s, &st, &e) ? ERR_NONE : e.kind;
}

/* --- reading -------------------------------------------------------------- */

static void reads_all_of_a_file(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder("plain");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	put("plain", "word\nmore\n", 0640);
	secret_add(&s, view_of("what was there before"));
	assert_true(file_read(path, READ_MAX, &s, &st, &e));
	assert_string_equal(s.p, "word\nmore\n");
	assert_int_equal(s.n, 10);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_size, 10);
}

static void an_empty_file_is_an_empty_secret(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder("empty");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	put("empty", "", 0600);
	assert_true(file_read(path, READ_MAX, &s, &st, &e));
	assert_true(secret_is_set(&s));
	assert_string_equal(s.p, "");
}

static void says_missing_and_unreadable_apart(void **state)
{
	(void)state;
	put("file", "x", 0600);
	make_dir("dir", 0700);
	assert_int_equal(reading("file"), ERR_NONE);
	assert_int_equal(reading("no-such-file"), ERR_NOINPUT);
	assert_int_equal(reading("file/below"), ERR_NOINPUT);
	assert_int_equal(reading("dir"), ERR_CONFIG);
}

static void stops_at_the_limit(void **state)
{
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	while (text.len < READ_MAX)
		str_addc(&text, 'x');
	put("fits", text.s, 0600);
	str_addc(&text, 'x');
	put("too-long", text.s, 0600);
	assert_int_equal(reading("fits"), ERR_NONE);
	assert_int_equal(reading("too-long"), ERR_CONFIG);
}

static void the_descriptor_is_not_inherited(void **state)
{
	CLEAN(mem_string) char *path = in_folder("inherited");
	struct err e = ERR_INIT;
	int fd;

	(void)state;
	put("inherited", "x", 0600);
	assert_true(file_open(path, &fd, &e));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static bool cannot_read_others(void)
{
	return reading("others") == ERR_CONFIG;
}

static void what_may_not_be_read_is_a_fault_of_the_configuration(void **state)
{
	(void)state;
	needs_root();
	put("others", "x", 0600);
	assert_true(holds_for_stranger(cannot_read_others));
}

/* --- symbolic links ------------------------------------------------------- */

static void our_own_link_is_followed(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder("link");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	put("target", "behind", 0600);
	make_link("link", "target");
	assert_true(file_read(path, READ_MAX, &s, &st, &e));
	assert_string_equal(s.p, "behind");
	/* The mode is that of what was opened, not of the link. */
	assert_int_equal(st.st_mode & 07777, 0600);
	make_link("dangling", "no-such-target");
	assert_int_equal(reading("dangling"), ERR_NOINPUT);
}

static void a_link_without_a_folder_is_looked_for_here(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	struct err e = ERR_INIT;
	struct stat st;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	put("near", "x", 0600);
	make_link("near-link", "near");
	assert_int_equal(chdir(folder), 0);
	assert_true(file_read("near-link", READ_MAX, &s, &st, &e));
	assert_int_equal(fchdir(here), 0);
	close(here);
}

static void a_link_is_followed_only_where_others_cannot_make_it(void **state)
{
	static const struct {
		const char *dir;
		mode_t mode;
		enum err_kind outcome;
	} cases[] = {
		{ "dir0700", 0700, ERR_NONE },
		{ "dir0755", 0755, ERR_NONE },
		{ "dir1777", 01777, ERR_NONE },
		{ "dir0777", 0777, ERR_CONFIG },
		{ "dir0775", 0775, ERR_CONFIG },
	};

	(void)state;
	put("aim", "x", 0600);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str name = STR_INIT;

		make_dir(cases[i].dir, cases[i].mode);
		str_addf(&name, "%s/link", cases[i].dir);
		make_link(name.s, "../aim");
		assert_int_equal(reading(name.s), cases[i].outcome);
	}
}

static void a_refused_link_says_what_to_do(void **state)
{
	CLEAN(mem_string) char *path = in_folder("open/link");
	struct err e = ERR_INIT;
	int fd = -1;

	(void)state;
	put("goal", "x", 0600);
	make_dir("open", 0777);
	make_link("open/link", "../goal");
	assert_false(file_open(path, &fd, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.hint, "name the file itself"));
}

static bool roots_links_are_good(void)
{
	return reading("roots-link") == ERR_NONE &&
	       reading("strangers/link") == ERR_NONE;
}

static void a_strangers_link_or_folder_is_not_trusted(void **state)
{
	(void)state;
	needs_root();
	put("world", "x", 0644);
	make_link("strangers-link", "world");
	give_to_stranger("strangers-link");
	make_dir("strangers", 0755);
	make_link("strangers/link", "../world");
	give_to_stranger("strangers");
	make_link("roots-link", "world");
	assert_int_equal(reading("strangers-link"), ERR_CONFIG);
	assert_int_equal(reading("strangers/link"), ERR_CONFIG);
	/* Root is trusted by all; and he himself by the stranger. */
	assert_true(holds_for_stranger(roots_links_are_good));
}

/* --- owner and mode ------------------------------------------------------- */

static void owner_and_mode_fit_what_the_file_holds(void **state)
{
	static const struct {
		mode_t mode;
		bool settings, command, secret;
	} cases[] = {
		{ 0600, true, true, true },   { 0400, true, true, true },
		{ 0700, true, true, true },   { 0644, true, true, false },
		{ 0640, true, true, false },  { 0604, true, true, false },
		{ 0610, true, true, false },  { 0601, true, true, false },
		{ 0620, true, false, false }, { 0602, true, false, false },
		{ 0666, true, false, false }, { 0777, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;
		struct stat st = { .st_mode = S_IFREG | cases[i].mode };

		st.st_uid = geteuid();
		assert_int_equal(file_check("f", &st, FILE_HOLDS_SETTINGS, &e),
				 cases[i].settings);
		assert_int_equal(file_check("f", &st, FILE_HOLDS_COMMAND, &e),
				 cases[i].command);
		assert_int_equal(file_check("f", &st, FILE_HOLDS_SECRET, &e),
				 cases[i].secret);
		assert_int_equal(e.kind,
				 cases[i].secret ? ERR_NONE : ERR_CONFIG);
	}
}

static void root_may_give_a_shared_secret_to_a_group(void **state)
{
	static const struct {
		mode_t mode;
		bool good;
	} cases[] = {
		{ 0600, true },  { 0640, true },  { 0440, true },
		{ 0644, false }, { 0641, false }, { 0660, false },
		{ 0650, false }, { 0604, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;
		struct stat st = { .st_mode = S_IFREG | cases[i].mode };

		assert_int_equal(file_check("f", &st, FILE_HOLDS_SHARED, &e),
				 cases[i].good);
		st.st_uid = STRANGER;
		assert_false(file_check("f", &st, FILE_HOLDS_SHARED, &e));
	}
}

static void a_strangers_file_holds_no_secret_of_ours(void **state)
{
	struct stat st = { .st_mode = S_IFREG | 0600, .st_uid = STRANGER };
	struct err e = ERR_INIT;

	(void)state;
	if (geteuid() == STRANGER)
		skip();
	assert_true(file_check("f", &st, FILE_HOLDS_SETTINGS, &e));
	assert_false(file_check("f", &st, FILE_HOLDS_COMMAND, &e));
	assert_string_equal(e.text,
			    "'f' holds a command but belongs to user 65534");
	assert_false(file_check("f", &st, FILE_HOLDS_SECRET, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static bool trusts_itself_and_root(void)
{
	struct stat st = { .st_mode = S_IFREG | 0600 };
	struct err e = ERR_INIT;

	st.st_uid = STRANGER;
	if (!file_check("f", &st, FILE_HOLDS_SECRET, &e))
		return false;
	st.st_uid = 0;
	if (!file_check("f", &st, FILE_HOLDS_SECRET, &e))
		return false;
	st.st_uid = 1;
	return !file_check("f", &st, FILE_HOLDS_SECRET, &e);
}

static void only_ourselves_and_root_are_trusted(void **state)
{
	(void)state;
	needs_root();
	assert_true(holds_for_stranger(trusts_itself_and_root));
}

static void the_hint_mends_the_mode(void **state)
{
	struct stat st = { .st_mode = S_IFREG | 0644 };
	struct err e = ERR_INIT;

	(void)state;
	st.st_uid = geteuid();
	assert_false(file_check("/x y", &st, FILE_HOLDS_SECRET, &e));
	assert_string_equal(e.hint, "chmod 600 '/x y'");
	st.st_mode = S_IFREG | 0622;
	assert_false(file_check("/x y", &st, FILE_HOLDS_COMMAND, &e));
	assert_string_equal(e.hint, "chmod go-w '/x y'");
}

/* --- home ----------------------------------------------------------------- */

static const char *database_home(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_dir : "";
}

static void home_is_a_directory_of_ours(void **state)
{
	CLEAN(mem_string) char *file = in_folder("home-file");
	CLEAN(mem_string) char *other = in_folder("strangers-home");

	(void)state;
	needs_root();
	put("home-file", "", 0600);
	make_dir("strangers-home", 0755);
	give_to_stranger("strangers-home");
	setenv("HOME", folder, 1);
	assert_string_equal(file_home(), folder);
	setenv("HOME", file, 1);
	assert_string_equal(file_home(), database_home());
	setenv("HOME", other, 1);
	assert_string_equal(file_home(), database_home());
	setenv("HOME", "", 1);
	assert_string_equal(file_home(), database_home());
	setenv("HOME", ".", 1);
	assert_string_equal(file_home(), database_home());
	unsetenv("HOME");
	assert_string_equal(file_home(), database_home());
}

static bool has_no_home(void)
{
	CLEAN(mem_string) char *path = NULL;

	setenv("HOME", "/", 1);
	path = file_expand("~/x");
	return file_home() == NULL && strcmp(path, "~/x") == 0;
}

static void without_a_home_nothing_is_expanded(void **state)
{
	(void)state;
	needs_root();
	if (strcmp(getpwuid(STRANGER) ? getpwuid(STRANGER)->pw_dir : "",
		   "/nonexistent") != 0)
		skip();
	assert_true(holds_for_stranger(has_no_home));
}

static void a_tilde_in_front_is_a_home(void **state)
{
	static const struct {
		const char *path, *home, *rest;
	} cases[] = {
		{ "~", folder, "" },
		{ "~/", folder, "/" },
		{ "~/a/~/b", folder, "/a/~/b" },
		{ "~root", NULL, "" },
		{ "~root/x", NULL, "/x" },
		{ "~no-such-user/x", "~no-such-user", "/x" },
		{ "/x/~", "", "/x/~" },
		{ "x~", "", "x~" },
		{ "./~/x", "", "./~/x" },
		{ "", "", "" },
	};

	(void)state;
	setenv("HOME", folder, 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(mem_string) char *got = file_expand(cases[i].path);
		CLEAN(str) struct str want = STR_INIT;
		const char *home = cases[i].home;

		str_adds(&want, home ? home : getpwnam("root")->pw_dir);
		str_adds(&want, cases[i].rest);
		assert_string_equal(got, str_chars(&want));
	}
}

static void assert_holds(const char *name, const char *wanted)
{
	CLEAN(mem_string) char *path = in_folder(name);
	CLEAN(secret) struct secret got = SECRET_INIT;
	struct err e = ERR_INIT;
	struct stat st;

	assert_true(file_read(path, READ_MAX, &got, &st, &e));
	assert_string_equal(got.p, wanted);
}

static void a_file_is_replaced_whole(void **state)
{
	CLEAN(mem_string) char *path = in_folder("replaced");
	CLEAN(mem_string) char *left = in_folder("replaced.new");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	assert_true(file_replace(path, view_of("one\n"), &e));
	assert_holds("replaced", "one\n");
	assert_true(file_replace(path, view_of("two\n"), &e));
	assert_holds("replaced", "two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(lstat(left, &st), -1);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
	CLEAN(mem_string) char *path = in_folder("a-link");
	struct err e = ERR_INIT;
	struct stat st;

	(void)state;
	put("victim", "safe", 0600);
	make_link("a-link", "victim");
	assert_true(file_replace(path, view_of("new"), &e));
	assert_holds("victim", "safe");
	assert_holds("a-link", "new");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void of_two_writers_one_fails(void **state)
{
	CLEAN(mem_string) char *path = in_folder("contended");
	CLEAN(mem_string) char *other = in_folder("contended.new");
	struct err e = ERR_INIT;
	int fd;

	(void)state;
	put("contended", "old", 0600);
	put("contended.new", "half", 0600);
	fd = open(other, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && file_lock(fd));
	assert_false(file_replace(path, view_of("new"), &e));
	assert_holds("contended", "old");
	assert_holds("contended.new", "half");
	/* What one who was killed has left is no writer. */
	close(fd);
	assert_true(file_replace(path, view_of("new"), &e));
	assert_holds("contended", "new");
}

static void what_cannot_be_replaced_is_told(void **state)
{
	CLEAN(mem_string) char *path = in_folder("nowhere/file");
	struct err e = ERR_INIT;

	(void)state;
	assert_false(file_replace(path, view_of("x"), &e));
	assert_non_null(strstr(e.text, "cannot write"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_of_a_file),
		cmocka_unit_test(an_empty_file_is_an_empty_secret),
		cmocka_unit_test(says_missing_and_unreadable_apart),
		cmocka_unit_test(stops_at_the_limit),
		cmocka_unit_test(the_descriptor_is_not_inherited),
		cmocka_unit_test(
			what_may_not_be_read_is_a_fault_of_the_configuration),
		cmocka_unit_test(our_own_link_is_followed),
		cmocka_unit_test(a_link_without_a_folder_is_looked_for_here),
		cmocka_unit_test(
			a_link_is_followed_only_where_others_cannot_make_it),
		cmocka_unit_test(a_refused_link_says_what_to_do),
		cmocka_unit_test(a_strangers_link_or_folder_is_not_trusted),
		cmocka_unit_test(owner_and_mode_fit_what_the_file_holds),
		cmocka_unit_test(root_may_give_a_shared_secret_to_a_group),
		cmocka_unit_test(a_strangers_file_holds_no_secret_of_ours),
		cmocka_unit_test(only_ourselves_and_root_are_trusted),
		cmocka_unit_test(the_hint_mends_the_mode),
		cmocka_unit_test(home_is_a_directory_of_ours),
		cmocka_unit_test(without_a_home_nothing_is_expanded),
		cmocka_unit_test(a_tilde_in_front_is_a_home),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(a_link_is_replaced_and_not_followed),
		cmocka_unit_test(of_two_writers_one_fails),
		cmocka_unit_test(what_cannot_be_replaced_is_told),
	};

	return cmocka_run_group_tests_name("file", tests, make_folder,
					   remove_folder);
}
