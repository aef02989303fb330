#include "config.h"

#include "net/tunnel.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/proc.h"
#include "net/tcp.h"

#define STATUS_NOT_FOUND 127 /* of sh */
/* Between the end of what a command says and its own. */
#define END_MS 500

struct tunnel {
	struct stream line;
	struct proc command;
	bool over; /* there is nobody to wait for */
	int status;
};

/* Look whether it has ended, by then. */
static bool has_ended(struct tunnel *t, int64_t deadline_ms)
{
	if (!t->over)
		t->over = proc_wait(&t->command, deadline_ms, &t->status) !=
			  PROC_RUNS;
	return t->over;
}

/* How it ended, where that was not well. */
static bool has_failed(struct tunnel *t, int64_t deadline_ms, struct err *e)
{
	if (!has_ended(t,
		       clock_earlier(deadline_ms, clock_now_ms() + END_MS)) ||
	    t->status == 0)
		return false;
	if (WIFSIGNALED(t->status))
		err_set(e, ERR_NETWORK,
			"the tunnel command was ended by signal %d (%s)",
			WTERMSIG(t->status), strsignal(WTERMSIG(t->status)));
	else
		err_set(e, ERR_NETWORK,
			"the tunnel command ended with status %d%s",
			WEXITSTATUS(t->status),
			WEXITSTATUS(t->status) == STATUS_NOT_FOUND
				? ": there is no such program"
				: "");
	err_hint(e, "run the command of the keyword 'tunnel' by hand: the "
		    "server's greeting must appear");
	return true;
}

static bool tunnel_read(void *self, char *buf, size_t n, int64_t deadline_ms,
			size_t *got, struct err *e)
{
	struct tunnel *t = self;
	bool ok = t->line.ops->read(t->line.self, buf, n, deadline_ms, got, e);

	if (ok && *got > 0)
		return true;
	if (!ok && clock_poll_ms(deadline_ms) == 0)
		return false;
	return !has_failed(t, deadline_ms, e) && ok;
}

static bool tunnel_write(void *self, const char *buf, size_t n,
			 int64_t deadline_ms, struct err *e)
{
	struct tunnel *t = self;

	if (t->line.ops->write(t->line.self, buf, n, deadline_ms, e))
		return true;
	if (clock_poll_ms(deadline_ms) != 0)
		(void)has_failed(t, deadline_ms, e);
	return false;
}

static void tunnel_close(void *self)
{
	static const int signals[] = { 0, SIGTERM, SIGKILL };
	struct tunnel *t = self;

	t->line.ops->close(t->line.self);
	for (size_t i = 0; i < ARRAY_LEN(signals) && !t->over; i++) {
		if (signals[i] != 0)
			proc_signal(&t->command, signals[i]);
		(void)has_ended(t, clock_now_ms() + TUNNEL_PATIENCE_MS);
	}
	free(t);
}

static const struct stream_ops tunnel_ops = { "tunnel", tunnel_read,
					      tunnel_write, tunnel_close };

bool tunnel_open(const char *command, struct stream *out, struct err *e)
{
	struct proc child;
	struct tunnel *t;
	int ends[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_errno(e, "cannot run the tunnel command");
	ok = proc_start_command(command, (int[]){ ends[1], ends[1], -1 },
				&child, e);
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return err_context(e, "tunnel");
	}
	t = mem_zero(1, sizeof(*t));
	t->line = tcp_stream(ends[0]);
	t->command = child;
	*out = (struct stream){ &tunnel_ops, t };
	return true;
}
