#include "config.h"

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

#include "base/mem.h"
#include "spooled.h"

#define NOW INT64_C(1795354295)
#define CHILD_S 120
#define SENDERS 3
#define EACH 25
#define TAKERS 2

static struct spool queue;
static int said[2]; /* a pipe: what was accepted, what was removed */

/* All processes share the place, but no open file. */
static struct spool again(void)
{
	struct spool s = SPOOL_INIT;
	struct err e;

	if (!spool_open(&s, queue.path, false, &e))
		_exit(2);
	return s;
}

static void say(char what, const char *id)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%c%s\n", what, id);

	if (write(said[1], line, (size_t)n) != n)
		_exit(3);
}

static void send_all(void)
{
	struct spool s = again();

	for (int i = 0; i < EACH; i++) {
		char id[ITEM_ID_SIZE];

		spooled_enter(&s, id);
		say('+', id);
	}
}

/* As a run does: one change, then out; until nothing has been there for long
 * enough after the last sender has ended. */
static void take_one(const struct spool *s, const char *id)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	struct err e = ERR_INIT;
	enum spool_found found = spool_take(s, id, &t, &e);

	if (found == SPOOL_BROKEN || found == SPOOL_ERROR)
		_exit(4);
	if (found != SPOOL_TAKEN)
		return;
	t.item.attempts++;
	if (t.item.attempts == 1) {
		if (!spool_update(s, &t, &e))
			_exit(5);
	} else {
		if (!spool_remove(s, &t, &e))
			_exit(6);
		say('-', id);
	}
}

static void take_all(void)
{
	struct spool s = again();
	struct err e;

	for (;;) {
		CLEAN(list) struct list ids = LIST_INIT;

		if (!spool_list(&s, &ids, &e))
			_exit(7);
		for (size_t i = 0; i < ids.n; i++)
			take_one(&s, ids.v[i]);
	}
}

static void tidy_all(void)
{
	struct spool s = again();
	struct err e;

	for (;;) {
		CLEAN(list) struct list reports = LIST_INIT;

		if (!spool_tidy(&s, NOW, 0, &reports, &e) || reports.n > 0)
			_exit(8);
	}
}

static pid_t start(void (*work)(void))
{
	pid_t child = fork();

	if (child == 0) {
		alarm(CHILD_S); /* whatever becomes of who would end it */
		work();
		_exit(0);
	}
	assert_true(child > 0);
	return child;
}

static void join(pid_t child)
{
	int status;

	assert_true(waitpid(child, &status, 0) == child);
	if (status != 0)
		fail_msg("status %d", WEXITSTATUS(status));
}

/* It works for ever; that it has ended by itself is a fault it has seen. */
static void stop(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	assert_true(waitpid(child, &status, 0) == child);
	if (!WIFSIGNALED(status))
		fail_msg("status %d", WEXITSTATUS(status));
}

static size_t times(const struct list *lines, const char *line)
{
	size_t n = 0;

	for (size_t i = 0; i < lines->n; i++)
		n += strcmp(lines->v[i], line) == 0;
	return n;
}

static void read_said(FILE *in, struct list *lines, size_t n)
{
	char line[64];

	while (lines->n < n && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		list_add(lines, line);
	}
}

static void nothing_is_lost_between_senders_takers_and_tidiers(void **state)
{
	CLEAN(list) struct list lines = LIST_INIT;
	pid_t senders[SENDERS], others[TAKERS + 1];
	FILE *in;

	(void)state;
	queue = spooled_open();
	assert_int_equal(pipe(said), 0);
	in = fdopen(said[0], "r");
	assert_non_null(in);
	for (int i = 0; i < TAKERS + 1; i++)
		others[i] = start(i < TAKERS ? take_all : tidy_all);
	for (int i = 0; i < SENDERS; i++)
		senders[i] = start(send_all);
	for (int i = 0; i < SENDERS; i++)
		join(senders[i]);
	/* Every one comes, and goes once. */
	alarm(60);
	read_said(in, &lines, (size_t)2 * SENDERS * EACH);
	alarm(0);
	for (int i = 0; i < TAKERS + 1; i++)
		stop(others[i]);
	close(said[1]);
	read_said(in, &lines, SIZE_MAX);
	fclose(in);
	assert_int_equal(lines.n, 2 * SENDERS * EACH);
	for (size_t i = 0; i < lines.n; i++) {
		char *other = mem_copy(lines.v[i]);

		other[0] = other[0] == '+' ? '-' : '+';
		assert_int_equal(times(&lines, other), 1);
		free(other);
	}
	assert_int_equal(spooled_names(&queue), 0);
	spool_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nothing_is_lost_between_senders_takers_and_tidiers),
	};

	return cmocka_run_group_tests_name(
		"spool_race", tests, spooled_make_place, spooled_remove_place);
}
