#include "config.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "base/err.h"

int64_t clock_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_after_s(int64_t seconds)
{
	int64_t now = clock_now_ms();

	if (seconds < 0 || seconds > (CLOCK_NEVER - now) / 1000)
		return CLOCK_NEVER;
	return now + seconds * 1000;
}

int64_t clock_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t clock_share(int64_t deadline_ms, size_t parts)
{
	int64_t now = clock_now_ms();

	if (deadline_ms == CLOCK_NEVER || deadline_ms <= now)
		return deadline_ms;
	return now + (deadline_ms - now) / (int64_t)parts;
}

int clock_poll_ms(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms == CLOCK_NEVER)
		return -1;
	left = deadline_ms - clock_now_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool clock_wait_fd(int fd, short events, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int n = poll(&p, 1, clock_poll_ms(deadline_ms));

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_errno(e, "cannot wait");
		if (clock_poll_ms(deadline_ms) == 0)
			return err_set(e, ERR_NETWORK, "timed out");
	}
}
