#include "config.h"

#include "net/race.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

/* What became of one attempt. */
enum progress {
	UNDER_WAY,
	CONNECTED,
	FAILED
};

static enum progress fail(struct race *r, size_t i, int error)
{
	if (r->fd[i] >= 0)
		close(r->fd[i]);
	r->fd[i] = -1;
	r->error[i] = error;
	return FAILED;
}

static enum progress begin(struct race *r, size_t i)
{
	const struct address *a = &r->to->v[i];
	int rc;

	r->begun = i + 1;
	r->fd[i] = socket(a->sa.ss_family,
			  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->fd[i] < 0 ||
	    (r->source &&
	     bind(r->fd[i], (const struct sockaddr *)&r->source->sa,
		  r->source->len) < 0))
		return fail(r, i, errno);
	rc = connect(r->fd[i], (const struct sockaddr *)&a->sa, a->len);
	if (rc == 0)
		return CONNECTED;
	return errno == EINPROGRESS || errno == EINTR ? UNDER_WAY
						      : fail(r, i, errno);
}

static enum progress look_at(struct race *r, size_t i)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(r->fd[i], SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error == 0 ? CONNECTED : fail(r, i, error);
}

/* Attempts that have news; FAILED where one failed and none connected. */
static enum progress wait_for_news(struct race *r, int64_t until,
				   size_t *winner)
{
	struct pollfd p[RESOLVE_ADDRESSES_MAX];
	enum progress news = UNDER_WAY;

	for (size_t i = 0; i < r->begun; i++)
		p[i] = (struct pollfd){ .fd = r->fd[i], .events = POLLOUT };
	if (poll(p, r->begun, clock_poll_ms(until)) <= 0)
		return UNDER_WAY;
	for (size_t i = 0; i < r->begun; i++) {
		if (p[i].fd < 0 || p[i].revents == 0)
			continue;
		news = look_at(r, i);
		*winner = i;
		if (news == CONNECTED)
			return CONNECTED;
	}
	return news;
}

static bool any_under_way(const struct race *r)
{
	for (size_t i = 0; i < r->begun; i++)
		if (r->fd[i] >= 0)
			return true;
	return false;
}

/* Each turn begins an attempt, ends one, or waits for the next of these. */
static bool run(struct race *r, int64_t deadline_ms, size_t *winner)
{
	int64_t next_ms = clock_now_ms();

	for (;;) {
		bool more = r->begun < r->to->n;
		enum progress news = UNDER_WAY;

		if (!more && !any_under_way(r))
			return false;
		if (more && clock_poll_ms(next_ms) == 0) {
			next_ms = clock_now_ms() + r->stagger_ms;
			*winner = r->begun;
			news = begin(r, r->begun);
		} else {
			news = wait_for_news(
				r,
				more ? clock_earlier(next_ms, deadline_ms)
				     : deadline_ms,
				winner);
		}
		if (news == CONNECTED)
			return true;
		if (news == FAILED)
			next_ms = clock_now_ms();
		if (clock_poll_ms(deadline_ms) == 0)
			return false;
	}
}

bool race_run(struct race *r, int64_t deadline_ms, int *fd, size_t *winner)
{
	bool won;

	r->begun = 0;
	won = run(r, deadline_ms, winner);
	*fd = won ? r->fd[*winner] : -1;
	if (won)
		r->fd[*winner] = -1;
	for (size_t i = 0; i < r->begun; i++)
		if (r->fd[i] >= 0)
			fail(r, i, ETIMEDOUT);
	return won;
}
