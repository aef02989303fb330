#include "config.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/tunnel.h"

/* Far more than any command here takes, far less than one that hangs. */
#define LIMIT_S 20
#define TEXT_MAX 4096

static struct stream open_tunnel(const char *command)
{
	struct err e = ERR_INIT;
	struct stream s;

	if (!tunnel_open(command, &s, &e))
		fail_msg("%s: %s", command, e.text);
	return s;
}

static bool put(struct stream s, const char *text, struct err *e)
{
	return s.ops->write(s.self, text, strlen(text), clock_after_s(LIMIT_S),
			    e);
}

/* All up to the end, or false with what came before in text. */
static bool get_all(struct stream s, char text[TEXT_MAX], struct err *e)
{
	size_t n = 0, got;

	do {
		text[n] = '\0';
		if (!s.ops->read(s.self, text + n, TEXT_MAX - 1 - n,
				 clock_after_s(LIMIT_S), &got, e))
			return false;
		n += got;
	} while (got > 0);
	return true;
}

static void both_directions_work(void **state)
{
	struct stream s = open_tunnel("read -r a; echo \"heard $a\"");
	struct err e = ERR_INIT;
	char text[TEXT_MAX];

	(void)state;
	assert_true(put(s, "hello\n", &e));
	assert_true(get_all(s, text, &e));
	assert_string_equal(text, "heard hello\n");
	s.ops->close(s.self);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* What was said before the end is not lost; then the end is told. */
static void its_end_is_told_in_words(void **state)
{
	static const struct {
		const char *command;
		const char *words; /* NULL: an orderly end */
	} rows[] = {
		{ "echo hello", NULL },
		{ "echo hello; exit 3", "ended with status 3" },
		{ "echo hello; kill -9 $$", "ended by signal 9 (Killed)" },
		{ "echo hello; kill -15 $$", "ended by signal 15" },
		{ "echo hello; /nonexistent 2>/dev/null",
		  "ended with status 127: there is no such program" },
		/* It lives on, but has nothing more to say. */
		{ "echo hello; exec >/dev/null <&1; sleep 0.5", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stream s = open_tunnel(rows[i].command);
		struct err e = ERR_INIT;
		char text[TEXT_MAX];
		bool ok = get_all(s, text, &e);

		assert_string_equal(text, "hello\n");
		assert_int_equal(ok, !rows[i].words);
		if (rows[i].words) {
			assert_int_equal(e.kind, ERR_NETWORK);
			assert_non_null(strstr(e.text, rows[i].words));
			assert_non_null(strstr(e.hint, "'tunnel'"));
		}
		s.ops->close(s.self);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void writing_to_the_dead_is_told_in_words(void **state)
{
	struct stream s = open_tunnel("exit 5");
	struct err e = ERR_INIT;
	int i;

	(void)state;
	for (i = 0; i < LIMIT_S * 1000 && put(s, "hello\n", &e); i++)
		poll(NULL, 0, 1);
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_non_null(strstr(e.text, "ended with status 5"));
	s.ops->close(s.self);
}

static void the_deadline_is_kept(void **state)
{
	struct stream s = open_tunnel("cat >/dev/null");
	struct err e = ERR_INIT;
	char c;
	size_t got;

	(void)state;
	assert_false(s.ops->read(s.self, &c, 1, clock_now_ms() + 20, &got, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text, "timed out");
	s.ops->close(s.self);
}

/* Of one that ends by itself nobody sees a signal; others get two. */
static void closing_ends_it(void **state)
{
	static const struct {
		const char *command;
		int64_t min_ms, max_ms;
	} rows[] = {
		{ "cat >/dev/null", 0, 900 },
		{ "sleep 60", TUNNEL_PATIENCE_MS, TUNNEL_PATIENCE_MS + 900 },
		{ "trap '' TERM; echo ready; sleep 60 & wait; sleep 60",
		  2 * (int64_t)TUNNEL_PATIENCE_MS,
		  2 * (int64_t)TUNNEL_PATIENCE_MS + 900 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stream s = open_tunnel(rows[i].command);
		int64_t begun, took;
		struct err e = ERR_INIT;
		size_t got;
		char c;

		/* Until it has set its trap. */
		if (strstr(rows[i].command, "ready"))
			assert_true(s.ops->read(s.self, &c, 1,
						clock_after_s(LIMIT_S), &got,
						&e));
		begun = clock_now_ms();
		s.ops->close(s.self);
		took = clock_now_ms() - begun;
		if (took < rows[i].min_ms || took > rows[i].max_ms)
			fail_msg("%s: %d ms", rows[i].command, (int)took);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

/* Not only the shell: what it started too, where there is no terminal. */
static void all_its_group_is_ended(void **state)
{
	struct stream s;
	struct err e = ERR_INIT;
	char text[TEXT_MAX] = "";
	size_t n = 0, got;
	pid_t pid;

	(void)state;
	if (access("/dev/tty", R_OK) == 0 && tcgetpgrp(STDIN_FILENO) > 0)
		skip();
	s = open_tunnel("sleep 60 & echo $!; wait");
	do {
		assert_true(s.ops->read(s.self, text + n, TEXT_MAX - 1 - n,
					clock_after_s(LIMIT_S), &got, &e));
		n += got;
	} while (!memchr(text, '\n', n));
	pid = (pid_t)strtol(text, NULL, 10);
	assert_int_equal(kill(pid, 0), 0);
	s.ops->close(s.self);
	for (int i = 0; i < LIMIT_S * 100 && kill(pid, 0) == 0; i++) {
		char name[64], line[256] = "";
		FILE *f;

		/* A zombie that init has not seen yet is dead enough. */
		snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
		f = fopen(name, "re");
		if (f && fgets(line, sizeof(line), f) && strstr(line, ") Z ")) {
			fclose(f);
			return;
		}
		if (f)
			fclose(f);
		poll(NULL, 0, 10);
	}
	assert_int_equal(kill(pid, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_work),
		cmocka_unit_test(its_end_is_told_in_words),
		cmocka_unit_test(writing_to_the_dead_is_told_in_words),
		cmocka_unit_test(the_deadline_is_kept),
		cmocka_unit_test(closing_ends_it),
		cmocka_unit_test(all_its_group_is_ended),
	};

	/* As the program's own main does. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
