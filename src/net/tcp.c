#include "config.h"

#include "net/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/race.h"

/* Of so many addresses an error says how they failed. */
#define NAMED_MAX 4
/* Between two tries of a unix socket whose queue is full. */
#define FULL_PAUSE_MS 20

struct tcp {
	int fd;
	bool is_socket;
	bool is_tcp;
};

static void set_option(int fd, int option)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof(on));
}

static bool broke(const char *what, int error, struct err *e)
{
	return err_set(e, ERR_NETWORK, "%s: %c%s", what,
		       ascii_lower(*strerror(error)), strerror(error) + 1);
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static ssize_t take(const struct tcp *t, char *buf, size_t n)
{
	return t->is_socket ? recv(t->fd, buf, n, 0) : read(t->fd, buf, n);
}

static bool tcp_read(void *self, char *buf, size_t n, int64_t deadline_ms,
		     size_t *got, struct err *e)
{
	const struct tcp *t = self;
	ssize_t taken;

	while ((taken = take(t, buf, n)) < 0) {
		if (!is_passing(errno))
			return broke("the connection broke", errno, e);
		if (!clock_wait_fd(t->fd, POLLIN, deadline_ms, e))
			return false;
	}
	if (t->is_tcp)
		set_option(t->fd, TCP_QUICKACK);
	*got = (size_t)taken;
	return true;
}

/* write(2) to a pipe that nobody reads, without the signal of it. */
static ssize_t write_quietly(int fd, const char *buf, size_t n)
{
	const struct timespec now = { 0, 0 };
	sigset_t pipe_only, before, pending;
	ssize_t put;
	int error;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	put = write(fd, buf, n);
	error = errno;
	if (put < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		(void)sigtimedwait(&pipe_only, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return put;
}

static ssize_t give(const struct tcp *t, const char *buf, size_t n)
{
	return t->is_socket ? send(t->fd, buf, n, MSG_NOSIGNAL)
			    : write_quietly(t->fd, buf, n);
}

static bool tcp_write(void *self, const char *buf, size_t n,
		      int64_t deadline_ms, struct err *e)
{
	const struct tcp *t = self;

	while (n > 0) {
		ssize_t given = give(t, buf, n);

		if (given < 0 && !is_passing(errno))
			return broke("the connection broke", errno, e);
		if (given < 0) {
			if (!clock_wait_fd(t->fd, POLLOUT, deadline_ms, e))
				return false;
			continue;
		}
		buf += given;
		n -= (size_t)given;
	}
	return true;
}

static void tcp_close(void *self)
{
	struct tcp *t = self;

	close(t->fd);
	free(t);
}

static const struct stream_ops tcp_ops = { "tcp", tcp_read, tcp_write,
					   tcp_close };

struct stream tcp_stream(int fd)
{
	struct tcp *t = mem_zero(1, sizeof(*t));
	int flags = fcntl(fd, F_GETFL);
	const int on = 1;
	socklen_t len = sizeof(int);
	int type;

	t->fd = fd;
	t->is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
	t->is_tcp = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ==
		    0;
	if (t->is_tcp)
		set_option(fd, TCP_QUICKACK);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return (struct stream){ &tcp_ops, t };
}

static const int families[] = {
	[TCP_ANY] = AF_UNSPEC, [TCP_IPV4] = AF_INET, [TCP_IPV6] = AF_INET6
};

static bool bad_source(const struct tcp_target *target, struct err *e)
{
	return err_set(e, ERR_CONFIG, "source_ip '%s' is no %saddress",
		       target->source_ip,
		       target->family == TCP_IPV4   ? "IPv4 "
		       : target->family == TCP_IPV6 ? "IPv6 "
						    : "");
}

/* No network is to blame: there is no descriptor left, or no memory. */
static bool is_our_own(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == ENOBUFS;
}

static bool all_our_own(const struct race *r)
{
	for (size_t i = 0; i < r->begun; i++)
		if (!is_our_own(r->error[i]))
			return false;
	return r->begun > 0;
}

/* Why each address failed that was tried. */
static bool fail(const struct tcp_target *target, const struct race *r,
		 struct err *e)
{
	CLEAN(str) struct str why = STR_INIT;

	for (size_t i = 0; i < r->begun && i < NAMED_MAX; i++) {
		const char *reason = r->error[i] == ETIMEDOUT
					     ? "timed out"
					     : strerror(r->error[i]);
		char text[RESOLVE_TEXT_MAX];

		resolve_text(&r->to->v[i], text);
		str_adds(&why, i > 0 ? "; " : "");
		if (r->to->n > 1 || strcmp(text, target->host) != 0)
			str_addf(&why, "%s: ", text);
		str_addf(&why, "%c%s", ascii_lower(*reason), reason + 1);
	}
	if (r->begun > NAMED_MAX)
		str_addf(&why, "; and %zu more", r->begun - NAMED_MAX);
	return err_set(e, all_our_own(r) ? ERR_SYSTEM : ERR_NETWORK,
		       "cannot connect to %s port %d: %s", target->host,
		       target->port, str_chars(&why));
}

/* What source_ip says; it also narrows *family to its own. */
static bool parse_source(const struct tcp_target *target,
			 struct addresses *source, int *family, struct err *e)
{
	source->n = 0;
	*family = families[target->family];
	if (!target->source_ip)
		return true;
	if (!resolve_literal(target->source_ip, 0, *family, source))
		return bad_source(target, e);
	*family = source->v[0].sa.ss_family;
	return true;
}

/* A host of the other family alone is not the host's fault. */
static bool blame_source(int family, struct err *e)
{
	if (e->kind != ERR_NOHOST)
		return false;
	return err_hint(e,
			"source_ip is an IPv%d address, and from such only "
			"such can be reached",
			family == AF_INET ? 4 : 6);
}

bool tcp_connect(const struct tcp_target *target, int64_t deadline_ms,
		 struct stream *out, struct str *peer, struct err *e)
{
	struct addresses source, to;
	struct race race = { .to = &to, .stagger_ms = TCP_STAGGER_MS };
	char text[RESOLVE_TEXT_MAX];
	size_t winner;
	int family, fd;

	if (!parse_source(target, &source, &family, e))
		return false;
	if (!resolve_host(target->host, target->port, family, deadline_ms, &to,
			  e))
		return source.n == 0 ? false : blame_source(family, e);
	race.source = source.n > 0 ? &source.v[0] : NULL;
	if (!race_run(&race, deadline_ms, &fd, &winner))
		return fail(target, &race, e);
	*out = tcp_stream(fd);
	if (peer) {
		resolve_text(&to.v[winner], text);
		str_truncate(peer, 0);
		str_adds(peer, text);
	}
	return true;
}

/* A queue that is full of callers says EAGAIN at once, and tells nobody when
 * there is room. */
static bool connect_unix(int fd, const struct sockaddr_un *un,
			 int64_t deadline_ms)
{
	while (connect(fd, (const struct sockaddr *)un, sizeof(*un)) < 0) {
		if (errno != EINTR && errno != EAGAIN)
			return false;
		if (clock_poll_ms(deadline_ms) == 0) {
			errno = ETIMEDOUT;
			return false;
		}
		poll(NULL, 0, FULL_PAUSE_MS);
	}
	return true;
}

bool tcp_connect_unix(const char *path, int64_t deadline_ms, struct stream *out,
		      struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd, error;

	if (n >= sizeof(un.sun_path))
		return err_set(
			e, ERR_CONFIG,
			"the path is longer than a socket's may be (%zu)",
			sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(e, "cannot connect");
	if (!connect_unix(fd, &un, deadline_ms)) {
		error = errno;
		close(fd);
		return broke("cannot connect", error, e);
	}
	*out = tcp_stream(fd);
	return true;
}

bool tcp_is_literal(const char *s)
{
	CLEAN(mem_string) char *host = mem_copy_n(s, strcspn(s, "%"));
	struct in6_addr address;

	return inet_pton(AF_INET, s, &address) == 1 ||
	       inet_pton(AF_INET6, host, &address) == 1;
}
