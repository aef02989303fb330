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

#include "base/err.h"
#include "base/log.h"

static char place[] = "logXXXXXX";

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

static void fields_are_written_in_order(void **state)
{
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;
	CLEAN(str) struct str line = STR_INIT, json = STR_INIT;

	(void)state;
	log_add(&ev, "host", LOG_PLAIN, view_of("mx.example.org"));
	log_add(&ev, "mailsize", LOG_NUMBER, view_of("120"));
	log_add(&ev, "smtpmsg", LOG_QUOTED, view_of("250 ok"));
	log_add(&ev, "user", LOG_PLAIN, VIEW_NONE);
	log_add_classic(&line, &ev);
	assert_string_equal(line.s, "host=mx.example.org mailsize=120 "
				    "smtpmsg='250 ok' user=");
	log_add_json(&json, &ev);
	assert_string_equal(json.s, "{\"host\":\"mx.example.org\","
				    "\"mailsize\":120,"
				    "\"smtpmsg\":\"250 ok\",\"user\":\"\"}");
}

static void no_value_forges_a_field_or_a_line(void **state)
{
	static const struct {
		enum log_style style;
		const char *value;
		size_t n;
		const char *written;
	} cases[] = {
		{ LOG_QUOTED, "a\nb", 3, "f='a\\nb'" },
		{ LOG_PLAIN, "a\nb", 3, "f=a\\nb" },
		{ LOG_QUOTED, "a\\nb", 4, "f='a\\\\nb'" },
		{ LOG_QUOTED, "a\\\nb", 4, "f='a\\\\\\nb'" },
		{ LOG_QUOTED, "' exitcode=EX_OK", 16, "f='? exitcode=EX_OK'" },
		{ LOG_QUOTED, "a\\", 2, "f='a\\\\'" },
		{ LOG_PLAIN, "it's", 4, "f=it's" },
		{ LOG_PLAIN, "a exitcode=EX_OK", 16, "f=a\\x20exitcode=EX_OK" },
		{ LOG_NUMBER, "1 x=2", 5, "f=1\\x20x=2" },
		{ LOG_PLAIN, "\r\t\x1b\x7f", 4, "f=\\x0d\\x09\\x1b\\x7f" },
		{ LOG_PLAIN, "a\0b", 3, "f=a?b" },
		{ LOG_PLAIN, "\xc2\x9b", 2, "f=\\xc2\\x9b" },
		{ LOG_PLAIN, "\xff\xc3", 2, "f=\\xff\\xc3" },
		{ LOG_PLAIN, "\xc3\xa4", 2, "f=\xc3\xa4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;
		CLEAN(str) struct str line = STR_INIT;

		log_add(&ev, "f", cases[i].style,
			(struct view){ cases[i].value, cases[i].n });
		log_add_classic(&line, &ev);
		assert_string_equal(line.s, cases[i].written);
	}
}

static void json_has_numbers_only_where_they_are_some(void **state)
{
	static const char *const cases[][2] = {
		{ "0", "0" },         { "250", "250" },
		{ "", "\"\"" },       { "007", "\"007\"" },
		{ "00", "\"00\"" },   { "1,\"a\":2", "\"1,\\\"a\\\":2\"" },
		{ "-1", "\"-1\"" },   { "12x", "\"12x\"" },
		{ "nan", "\"nan\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;
		CLEAN(str) struct str json = STR_INIT, expected = STR_INIT;

		log_add(&ev, "n", LOG_NUMBER, view_of(cases[i][0]));
		log_add_json(&json, &ev);
		str_addf(&expected, "{\"n\":%s}", cases[i][1]);
		assert_string_equal(json.s, expected.s);
	}
}

static void more_fields_than_there_is_room_for_are_left_out(void **state)
{
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;

	(void)state;
	for (int i = 0; i < LOG_FIELDS_MAX + 2; i++)
		log_add(&ev, "f", LOG_PLAIN, view_of("v"));
	assert_int_equal(ev.n, LOG_FIELDS_MAX);
}

static void lines_are_appended_to_a_private_file(void **state)
{
	mode_t old = umask(0);
	struct err e = ERR_INIT;
	struct stat st;
	char text[100];

	(void)state;
	assert_true(log_to_file("log", view_of("one"), &e));
	assert_true(log_to_file("log", view_of("two"), &e));
	umask(old);
	assert_int_equal(stat("log", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	take("log", text, sizeof(text));
	assert_string_equal(text, "one\ntwo\n");
}

static void a_dash_is_standard_output(void **state)
{
	int out = open("out", O_RDWR | O_CREAT | O_EXCL, 0600);
	int saved = dup(STDOUT_FILENO);
	struct err e = ERR_INIT;
	char text[100];
	bool ok;

	(void)state;
	assert_true(out >= 0 && saved >= 0);
	dup2(out, STDOUT_FILENO);
	ok = log_to_file("-", view_of("line"), &e);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(out);
	assert_true(ok);
	take("out", text, sizeof(text));
	assert_string_equal(text, "line\n");
}

static void a_symbolic_link_is_refused(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(symlink("target", "log"), 0);
	assert_false(log_to_file("log", view_of("x"), &e));
	assert_non_null(strstr(e.text, "'log'"));
	assert_non_null(strstr(e.hint, "symbolic link"));
	assert_int_equal(access("target", F_OK), -1);
	assert_int_equal(unlink("log"), 0);
}

static void what_cannot_be_written_is_an_error(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_false(log_to_file("no/such/log", view_of("x"), &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_string_equal(e.hint, "");
	assert_false(log_to_file(".", view_of("x"), &e));
	assert_false(log_to_file("/dev/full", view_of("x"), &e));
	assert_int_equal(e.kind, ERR_IO);
}

static void a_pipe_without_a_reader_is_not_waited_for(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	alarm(20);
	assert_false(log_to_file("pipe", view_of("x"), &e));
	alarm(0);
	assert_int_equal(unlink("pipe"), 0);
}

/* Locks the log, says so, and writes a fifth of a second later. */
static void hold_the_lock(int ready)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("log", O_WRONLY | O_APPEND | O_CREAT, 0600);
	bool ok = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 &&
		  write(ready, "r", 1) == 1 && usleep(200000) == 0 &&
		  write(fd, "first\n", 6) == 6;

	_exit(ok ? 0 : 1);
}

static void a_lock_of_another_process_is_waited_for(void **state)
{
	struct err e = ERR_INIT;
	int ends[2], status;
	char text[100];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hold_the_lock(ends[1]);
	assert_int_equal(read(ends[0], text, 1), 1);
	assert_true(log_to_file("log", view_of("second"), &e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	take("log", text, sizeof(text));
	assert_string_equal(text, "first\nsecond\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_written_in_order),
		cmocka_unit_test(no_value_forges_a_field_or_a_line),
		cmocka_unit_test(json_has_numbers_only_where_they_are_some),
		cmocka_unit_test(
			more_fields_than_there_is_room_for_are_left_out),
		cmocka_unit_test(lines_are_appended_to_a_private_file),
		cmocka_unit_test(a_dash_is_standard_output),
		cmocka_unit_test(a_symbolic_link_is_refused),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		cmocka_unit_test(a_pipe_without_a_reader_is_not_waited_for),
		cmocka_unit_test(a_lock_of_another_process_is_waited_for),
	};

	return cmocka_run_group_tests_name("log", tests, make_place,
					   remove_place);
}
