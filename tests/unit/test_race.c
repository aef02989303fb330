#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/race.h"
#include "net/tcp.h"

#define STAGGER_MS 200
#define LONG_MS 10000
#define PATH_BYTES 107 /* of a unix socket, without its NUL */

static int64_t in_ms(int64_t ms)
{
	return clock_now_ms() + ms;
}

/* Descriptors that are open: what a race leaves behind shows. */
static int open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* --- places to connect to ---------------------------------------------------
 */

enum place {
	OPEN,
	CLOSED, /* refuses */
	DEAF    /* its queue is full: answers nobody */
};

struct spot {
	int fd;
	int filler[2];
};

static void set_loopback(struct address *a, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->sa;

	memset(a, 0, sizeof(*a));
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->len = sizeof(*in);
}

static struct spot spot_make(enum place place, struct address *out)
{
	struct spot s = { .fd = -1, .filler = { -1, -1 } };
	struct sockaddr_in *in = (struct sockaddr_in *)&out->sa;
	socklen_t len = sizeof(*in);

	set_loopback(out, 0);
	s.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s.fd, (struct sockaddr *)in, len), 0);
	assert_int_equal(getsockname(s.fd, (struct sockaddr *)in, &len), 0);
	if (place == CLOSED)
		return s;
	assert_int_equal(listen(s.fd, place == DEAF ? 0 : 8), 0);
	/* Linux takes one more than it was told. */
	for (int i = 0; place == DEAF && i < 2; i++) {
		s.filler[i] = socket(
			AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(s.filler[i], (struct sockaddr *)in, len);
	}
	if (place == DEAF)
		usleep(10000);
	return s;
}

static void spot_free(const struct spot *s)
{
	for (int i = 0; i < 2; i++)
		if (s->filler[i] >= 0)
			close(s->filler[i]);
	close(s->fd);
}

/* --- the race ----------------------------------------------------------------
 */

/* Who is there; who wins (-1: nobody); after how many staggers. */
static const struct {
	enum place places[4];
	size_t n;
	int winner;
	int staggers;
	size_t begun;
} races[] = {
	{ { OPEN }, 1, 0, 0, 1 },
	{ { OPEN, OPEN }, 2, 0, 0, 1 },
	{ { DEAF, OPEN, OPEN }, 3, 1, 1, 2 },
	{ { DEAF, DEAF, OPEN }, 3, 2, 2, 3 },
	{ { CLOSED, OPEN }, 2, 1, 0, 2 },
	{ { CLOSED, CLOSED, CLOSED, OPEN }, 4, 3, 0, 4 },
	/* A refusal does not wait for the stagger of the one before. */
	{ { DEAF, CLOSED, OPEN }, 3, 2, 1, 3 },
	{ { CLOSED, DEAF, OPEN }, 3, 2, 1, 3 },
	{ { CLOSED, CLOSED }, 2, -1, 0, 2 },
};

static void who_comes_first_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(races); i++) {
		struct addresses to = { .n = races[i].n };
		struct race r = { .to = &to, .stagger_ms = STAGGER_MS };
		struct spot spots[4] = { { .fd = -1 } };
		int64_t began, took;
		size_t winner = 0;
		int fd = -1, files;
		bool won;

		for (size_t j = 0; j < to.n; j++)
			spots[j] = spot_make(races[i].places[j], &to.v[j]);
		files = open_files();
		began = clock_now_ms();
		won = race_run(&r, in_ms(LONG_MS), &fd, &winner);
		took = clock_now_ms() - began;
		if (won != (races[i].winner >= 0) ||
		    (won && (int)winner != races[i].winner) ||
		    r.begun != races[i].begun ||
		    took < (int64_t)races[i].staggers * STAGGER_MS ||
		    took > ((int64_t)races[i].staggers + 1) * STAGGER_MS - 5)
			fail_msg("row %zu: %d won, %zu begun, %d ms", i,
				 won ? (int)winner : -1, r.begun, (int)took);
		if (won)
			close(fd);
		assert_int_equal(open_files(), files);
		for (size_t j = 0; j < to.n; j++)
			spot_free(&spots[j]);
	}
}

static void each_failure_has_its_reason(void **state)
{
	struct addresses to = { .n = 2 };
	struct race r = { .to = &to, .stagger_ms = 1 };
	struct spot closed = spot_make(CLOSED, &to.v[0]);
	struct spot deaf = spot_make(DEAF, &to.v[1]);
	int files = open_files(), fd;
	size_t winner;

	(void)state;
	assert_false(race_run(&r, in_ms(50), &fd, &winner));
	assert_int_equal(fd, -1);
	assert_int_equal(r.error[0], ECONNREFUSED);
	assert_int_equal(r.error[1], ETIMEDOUT);
	assert_int_equal(open_files(), files);
	spot_free(&closed);
	spot_free(&deaf);
}

/* Also for one that others would find at once. */
static void a_source_that_is_not_ours_fails_them_all(void **state)
{
	struct addresses to = { .n = 2 };
	struct address source;
	struct race r = { .to = &to, .source = &source, .stagger_ms = LONG_MS };
	struct spot one = spot_make(OPEN, &to.v[0]);
	struct spot two = spot_make(OPEN, &to.v[1]);
	int files = open_files(), fd;
	size_t winner;

	(void)state;
	set_loopback(&source, 0);
	/* 192.0.2.1, of a net for examples */
	((struct sockaddr_in *)&source.sa)->sin_addr.s_addr = htonl(0xc0000201);
	assert_false(race_run(&r, in_ms(LONG_MS), &fd, &winner));
	assert_int_equal(r.begun, 2);
	assert_int_equal(r.error[0], EADDRNOTAVAIL);
	assert_int_equal(r.error[1], EADDRNOTAVAIL);
	assert_int_equal(open_files(), files);
	spot_free(&one);
	spot_free(&two);
}

/* --- unix sockets
 * ------------------------------------------------------------- */

static char folder[] = "/tmp/test_race.XXXXXX";

static int unix_listener(const char *path, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(un.sun_path));
	memcpy(un.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A path of n bytes in the folder. */
static void add_path(struct str *out, size_t n)
{
	str_addf(out, "%s/", folder);
	while (out->len < n)
		str_addc(out, 's');
}

static void a_socket_is_connected_to(void **state)
{
	static const size_t lengths[] = { 0, PATH_BYTES };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEAN(str) struct str path = STR_INIT;
		struct err e = ERR_INIT;
		struct stream s;
		int fd, other;
		size_t got;
		char c;

		add_path(&path,
			 lengths[i] > 0 ? lengths[i] : strlen(folder) + 2);
		fd = unix_listener(path.s, 8);
		if (!tcp_connect_unix(path.s, in_ms(LONG_MS), &s, &e))
			fail_msg("%s: %s", path.s, e.text);
		other = accept(fd, NULL, NULL);
		assert_true(s.ops->write(s.self, "a", 1, in_ms(LONG_MS), &e));
		assert_int_equal(read(other, &c, 1), 1);
		assert_int_equal(write(other, "b", 1), 1);
		assert_true(
			s.ops->read(s.self, &c, 1, in_ms(LONG_MS), &got, &e));
		assert_int_equal(c, 'b');
		s.ops->close(s.self);
		close(other);
		close(fd);
		unlink(path.s);
	}
}

static void sockets_that_fail_have_their_kind(void **state)
{
	CLEAN(str) struct str dead = STR_INIT;
	CLEAN(str) struct str none = STR_INIT;
	CLEAN(str) struct str fits = STR_INIT;
	CLEAN(str) struct str longer = STR_INIT;
	int fd, files;

	(void)state;
	str_addf(&dead, "%s/dead", folder);
	str_addf(&none, "%s/none", folder);
	add_path(&fits, PATH_BYTES);
	add_path(&longer, PATH_BYTES + 1);
	fd = unix_listener(dead.s, -1);
	files = open_files();
	const struct {
		const char *path;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ none.s, ERR_NETWORK, "no such file or directory" },
		{ dead.s, ERR_NETWORK, "connection refused" },
		{ folder, ERR_NETWORK, "connection refused" },
		{ fits.s, ERR_NETWORK, "no such file or directory" },
		{ longer.s, ERR_CONFIG, "longer than a socket's may be (107)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = ERR_INIT;
		struct stream s;

		assert_false(
			tcp_connect_unix(rows[i].path, in_ms(LONG_MS), &s, &e));
		if (e.kind != rows[i].kind || !strstr(e.text, rows[i].words))
			fail_msg("%s: %d: %s", rows[i].path, e.kind, e.text);
	}
	assert_int_equal(open_files(), files);
	close(fd);
	unlink(dead.s);
}

static void *accept_later(void *arg)
{
	usleep(100000);
	close(accept(*(int *)arg, NULL, NULL));
	return NULL;
}

/* A server that is busy takes nobody for a while. */
static void a_full_queue_is_waited_for(void **state)
{
	CLEAN(str) struct str path = STR_INIT;
	struct stream first, second;
	struct err e = ERR_INIT;
	pthread_t thread;
	int64_t began;
	int fd;

	(void)state;
	str_addf(&path, "%s/full", folder);
	fd = unix_listener(path.s, 0);
	assert_true(tcp_connect_unix(path.s, in_ms(LONG_MS), &first, &e));
	began = clock_now_ms();
	assert_false(tcp_connect_unix(path.s, in_ms(50), &second, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_non_null(strstr(e.text, "timed out"));
	assert_in_range(clock_now_ms() - began, 50, 1000);
	assert_int_equal(pthread_create(&thread, NULL, accept_later, &fd), 0);
	assert_true(tcp_connect_unix(path.s, in_ms(LONG_MS), &second, &e));
	assert_in_range(clock_now_ms() - began, 100, LONG_MS);
	pthread_join(thread, NULL);
	first.ops->close(first.self);
	second.ops->close(second.self);
	close(fd);
	unlink(path.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_first_wins),
		cmocka_unit_test(each_failure_has_its_reason),
		cmocka_unit_test(a_source_that_is_not_ours_fails_them_all),
		cmocka_unit_test(a_socket_is_connected_to),
		cmocka_unit_test(sockets_that_fail_have_their_kind),
		cmocka_unit_test(a_full_queue_is_waited_for),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
