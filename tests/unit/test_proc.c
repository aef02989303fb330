#include "config.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/draft.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/scan.h"

/* Far more than any command here takes, far less than one that hangs. */
#define LIMIT_S 20
#define ASK_LIMIT_MS 500

static bool run(const char *command, struct secret *out, struct err *e)
{
	return proc_first_line("the command", command, clock_after_s(LIMIT_S),
			       out, e);
}

static void gives_the_first_line_without_its_end(void **state)
{
	static const struct {
		const char *command, *line;
	} cases[] = {
		{ "printf 'one\\ntwo\\n'", "one" },
		{ "printf 'one\\r\\ntwo\\n'", "one" },
		{ "printf one", "one" },
		{ "printf 'one\\r'", "one" },
		{ "printf ' a \"b\" \\n'", " a \"b\" " },
		{ "printf 'a\\rb\\r\\r\\n'", "a\rb\r" },
		{ "printf '\\nlater\\n'", "" },
		{ "echo one; echo noise >&2", "one" },
		{ "printf 'gr\\303\\274n\\n'", "gr\xc3\xbcn" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		assert_true(run(cases[i].command, &out, &e));
		assert_int_equal(out.n, strlen(cases[i].line));
		assert_string_equal(out.p, cases[i].line);
	}
}

static void what_follows_the_first_line_is_wiped(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(run("printf 'one\\ntwo\\n'", &out, &e));
	for (size_t i = out.n; i < out.cap; i++)
		assert_int_equal(out.p[i], 0);
}

static void a_command_that_fails_is_an_error(void **state)
{
	static const struct {
		const char *command, *text;
	} cases[] = {
		{ "echo secret; exit 3",
		  "the command failed: it ended with status 3" },
		{ "echo secret; kill -9 $$",
		  "the command failed: it was ended by signal 9" },
		{ "true", "the command failed: it printed nothing" },
		{ "/nonexistent/command 2>&-",
		  "the command failed: it ended with status 127" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		assert_false(run(cases[i].command, &out, &e));
		assert_int_equal(e.kind, ERR_SYSTEM);
		assert_string_equal(e.text, cases[i].text);
		assert_null(strstr(e.text, "secret"));
	}
}

static void standard_input_is_empty(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;
	int ends[2], saved = dup(STDIN_FILENO);
	char left[8];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "mail", 4), 4);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_true(run("cat; echo end", &out, &e));
	assert_string_equal(out.p, "end");
	assert_int_equal(read(STDIN_FILENO, left, sizeof(left)), 4);
	if (saved >= 0)
		dup2(saved, STDIN_FILENO);
	close(ends[0]);
}

static void has_our_environment_and_one_end_of_the_pipe(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	setenv("TEST_PROC", "here", 1);
	assert_true(run("echo \"$TEST_PROC\"", &out, &e));
	assert_string_equal(out.p, "here");
	assert_true(
		run("n=0; out=$(readlink /proc/$$/fd/1);"
		    "for f in /proc/$$/fd/*; do "
		    "[ \"$(readlink \"$f\")\" != \"$out\" ] || n=$((n + 1));"
		    "done; echo $n",
		    &out, &e));
	assert_string_equal(out.p, "1");
}

/* Runs command with a limit of a tenth of a second. */
static void is_killed(const char *command)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;
	int64_t start = clock_now_ms();

	assert_false(
		proc_first_line("the command", command, start + 100, &out, &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_string_equal(e.text, "the command failed: timed out");
	assert_true(clock_now_ms() - start >= 100);
	assert_true(clock_now_ms() - start < INT64_C(1000) * LIMIT_S);
}

static void is_killed_at_the_deadline(void **state)
{
	(void)state;
	is_killed("exec sleep 60");
	is_killed("echo line; exec sleep 60");
	is_killed("trap '' TERM HUP INT; exec sleep 60");
}

/* Without a terminal nobody ends what the command has started but we. */
static void what_it_started_is_killed_too(void **state)
{
	struct pollfd held = { .events = POLLIN };
	int ends[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		is_killed("sleep 60; echo line");
		is_killed("sleep 60 & echo line");
		_exit(0);
	}
	close(ends[1]);
	held.fd = ends[0];
	assert_int_equal(poll(&held, 1, 1000 * LIMIT_S), 1);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	waitpid(pid, NULL, 0);
}

static void closing_its_output_does_not_lengthen_its_time(void **state)
{
	(void)state;
	is_killed("echo line; exec >&-; exec sleep 60");
}

static void a_deadline_that_is_past_kills_at_once(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(proc_first_line("the command", "exec sleep 60",
				     clock_now_ms() - 1, &out, &e));
}

static void output_is_bounded(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	char command[64];
	struct err e = ERR_INIT;

	(void)state;
	snprintf(command, sizeof(command), "head -c %d /dev/zero | tr '\\0' x",
		 PROC_OUTPUT_MAX);
	assert_true(run(command, &out, &e));
	assert_int_equal(out.n, PROC_OUTPUT_MAX);
	snprintf(command, sizeof(command), "head -c %d /dev/zero | tr '\\0' x",
		 PROC_OUTPUT_MAX + 1);
	assert_false(run(command, &out, &e));
	assert_string_equal(e.text, "the command failed: it prints too much");
	assert_false(run("cat /dev/zero", &out, &e));
}

static void what_was_in_out_is_gone(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct err e = ERR_INIT;

	(void)state;
	secret_add(&out, view_of("a longer secret than the next"));
	assert_true(run("echo short", &out, &e));
	assert_string_equal(out.p, "short");
}

/* command between two files, the first of which holds text. */
static bool run_files(const char *command, const char *text, int64_t deadline,
		      struct str *printed, struct err *e)
{
	CLEAN(draft) struct draft in = DRAFT_INIT, out = DRAFT_INIT;
	int status = -1;
	char buf[256];
	size_t got;

	assert_true(draft_open(&in, e) && draft_open(&out, e));
	assert_true(draft_add(&in, view_of(text), e) && draft_flush(&in, e));
	assert_int_equal(lseek(in.fd, 0, SEEK_SET), 0);
	if (!proc_run("the command", command, (int[]){ in.fd, out.fd, -1 },
		      deadline, &status, e))
		return false;
	assert_true(draft_read(&out, 0, buf, sizeof(buf), &got, e));
	str_addf(printed, "%d ", status);
	str_add(printed, (struct view){ buf, got });
	return true;
}

static void a_file_goes_through_a_command(void **state)
{
	static const struct {
		const char *command, *printed;
	} cases[] = {
		{ "cat", "0 one\ntwo\n" },
		{ "true", "0 " },
		{ "tr a-z A-Z; exit 65", "65 ONE\nTWO\n" },
		{ "head -n 1; echo noise >&2", "0 one\n" },
		{ "exec <&-; echo x", "0 x\n" },
		{ "/nonexistent/command 2>&-", "127 " },
		{ "echo a; cat; echo b", "0 a\none\ntwo\nb\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str printed = STR_INIT;
		struct err e = ERR_INIT;

		assert_true(run_files(cases[i].command, "one\ntwo\n",
				      clock_after_s(LIMIT_S), &printed, &e));
		assert_string_equal(printed.s, cases[i].printed);
	}
}

static void a_command_between_files_is_killed_too(void **state)
{
	static const struct {
		const char *command, *text;
		int64_t limit_ms;
	} cases[] = {
		{ "exec sleep 60", "the command failed: timed out", 100 },
		{ "trap '' TERM; sleep 60", "the command failed: timed out",
		  100 },
		{ "kill -9 $$", "the command failed: it was ended by signal 9",
		  INT64_C(1000) * LIMIT_S },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str printed = STR_INIT;
		struct err e = ERR_INIT;
		int64_t start = clock_now_ms();

		assert_false(run_files(cases[i].command, "x\n",
				       start + cases[i].limit_ms, &printed,
				       &e));
		assert_int_equal(e.kind, ERR_SYSTEM);
		assert_string_equal(e.text, cases[i].text);
		assert_true(clock_now_ms() - start < INT64_C(1000) * LIMIT_S);
	}
}

/* --- other programs ------------------------------------------------------- */

/* The words of a program, separated by single blanks. */
static bool ask(const char *words, struct proc_answer *answer, struct err *e)
{
	CLEAN(list) struct list argv = LIST_INIT;
	struct scan s = scan_of(view_of(words));

	while (!scan_done(&s))
		list_add_view(&argv, scan_until(&s, ' '));
	return proc_ask(&argv, clock_now_ms() + ASK_LIMIT_MS, answer, e);
}

static void every_end_of_a_program_is_an_answer(void **state)
{
	static const struct {
		const char *words, *out, *said;
		int status;
	} cases[] = {
		{ "true", "", "", 0 },
		{ "false", "", "", 1 },
		{ "echo one two", "one two", "", 0 },
		{ "printf one\\ntwo\\n", "one", "", 0 },
		{ "echo $HOME;id", "$HOME;id", "", 0 },
		{ "cat", "", "", 0 },
		{ "sh -c echo\tout;echo\terr\a>&2;echo\tmore>&2;exit\t7", "out",
		  "err?", 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(proc_answer) struct proc_answer a = PROC_ANSWER_INIT;
		struct err e = ERR_INIT;

		if (!ask(cases[i].words, &a, &e))
			fail_msg("%s: %s", cases[i].words, e.text);
		assert_int_equal(a.status, cases[i].status);
		assert_true(view_is(secret_view(&a.out), cases[i].out));
		assert_string_equal(str_chars(&a.said), cases[i].said);
	}
}

static void a_program_that_cannot_answer_is_a_fault(void **state)
{
	static const struct {
		const char *words, *text;
		enum err_kind kind;
	} cases[] = {
		{ "no-such-program x",
		  "no-such-program: it cannot be run: No such file or "
		  "directory",
		  ERR_NOINPUT },
		{ "sh -c exit\t127",
		  "sh: it cannot be run: No such file or "
		  "directory",
		  ERR_NOINPUT },
		{ "sleep 60", "sleep: timed out", ERR_SYSTEM },
		{ "sh -c exec\tsleep\t60>&-\t2>&-", "sh: timed out",
		  ERR_SYSTEM },
		{ "sh -c kill\t-9\t$$", "sh: it was ended by signal 9",
		  ERR_SYSTEM },
		{ "cat /dev/zero", "cat: it prints too much", ERR_SYSTEM },
		{ "sh -c cat\t/dev/zero>&2", "sh: it prints too much",
		  ERR_SYSTEM },
	};

	CLEAN(mem_string) char *path = mem_copy(getenv("PATH"));

	(void)state;
	setenv("PATH", "/usr/bin:/bin", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(proc_answer) struct proc_answer a = PROC_ANSWER_INIT;
		int64_t start = clock_now_ms();
		struct err e = ERR_INIT;

		assert_false(ask(cases[i].words, &a, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.text, cases[i].text);
		assert_true(clock_now_ms() - start < INT64_C(1000) * LIMIT_S);
	}
	setenv("PATH", path, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_first_line_without_its_end),
		cmocka_unit_test(what_follows_the_first_line_is_wiped),
		cmocka_unit_test(a_command_that_fails_is_an_error),
		cmocka_unit_test(standard_input_is_empty),
		cmocka_unit_test(has_our_environment_and_one_end_of_the_pipe),
		cmocka_unit_test(is_killed_at_the_deadline),
		cmocka_unit_test(what_it_started_is_killed_too),
		cmocka_unit_test(closing_its_output_does_not_lengthen_its_time),
		cmocka_unit_test(a_deadline_that_is_past_kills_at_once),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(what_was_in_out_is_gone),
		cmocka_unit_test(a_file_goes_through_a_command),
		cmocka_unit_test(a_command_between_files_is_killed_too),
		cmocka_unit_test(every_end_of_a_program_is_an_answer),
		cmocka_unit_test(a_program_that_cannot_answer_is_a_fault),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
