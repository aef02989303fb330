/*
 * caller: run a program many times, one after the other, as cheaply as that
 * can be done, and say what it cost.
 *
 *   caller TIMES STDIN PROGRAM ARGUMENT...
 *
 * Each run has the file STDIN as its standard input.  Prints "WALL PROCESSOR
 * MEDIAN" in microseconds: of all runs together, what their processes and
 * those that they waited for used, and the median of one.  The first run that
 * does not end with status 0 is the last.
 */
#include "config.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMES_MAX 100000

static double took[TIMES_MAX];

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "caller: %s failed\n", what);
	exit(1);
}

static double microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double processor(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void run_once(const posix_spawn_file_actions_t *actions, char **argv)
{
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], actions, NULL, argv, environ) != 0)
		die(argv[0]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "caller: %s: status %d\n", argv[0], status);
		exit(1);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	long times = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	double begun, wall;

	if (times < 1 || times > TIMES_MAX)
		die("usage: caller TIMES STDIN PROGRAM ARGUMENT...: that");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, argv[2], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	begun = microseconds();
	for (long i = 0; i < times; i++) {
		double start = microseconds();

		run_once(&actions, argv + 3);
		took[i] = microseconds() - start;
	}
	wall = microseconds() - begun;
	posix_spawn_file_actions_destroy(&actions);
	qsort(took, (size_t)times, sizeof(*took), by_size);
	printf("%.0f %.0f %.0f\n", wall, processor(), took[times / 2]);
	return 0;
}
