#include "config.h"

#include "queue/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/scan.h"
#include "queue/census.h"
#include "queue/parts.h"

#define USAGE_NAME "usage"
#define TEXT_SIZE 20 /* 18 digits and a line end, and a NUL */
#define LOCK_TRIES 200
#define LOCK_PAUSE_NS 500000

bool usage_open(struct spool *s, bool make, struct err *e)
{
	s->usage = folder_file(s->fd, USAGE_NAME, O_RDWR);
	if (s->usage >= 0 || !make)
		return true;
	if (errno == ENOENT && folder_settle(s->path))
		s->usage = folder_file(s->fd, USAGE_NAME, O_RDWR | O_CREAT);
	if (s->usage >= 0)
		return true;
	return parts_errno(s, e, "cannot keep anything");
}

/* It is held for a moment only; whoever stands still with it shall not stop
 * everybody else. */
static bool lock(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (file_lock(fd))
			return true;
		if (errno != EAGAIN)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void unlock(int fd)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_OFD_SETLK, &whole) < 0 && errno == EINTR)
		;
}

static int64_t read_count(int fd)
{
	char text[TEXT_SIZE];
	ssize_t got = pread(fd, text, sizeof(text), 0);
	struct scan s = scan_of(
		(struct view){ text, got > 0 ? (size_t)got : 0 });
	int64_t count;

	return scan_number(&s, &count) && scan_byte(&s, '\n') ? count : -1;
}

int64_t usage_get(const struct spool *s)
{
	return s->usage >= 0 ? read_count(s->usage) : -1;
}

static bool write_count(int fd, int64_t count)
{
	char text[TEXT_SIZE];
	int n = snprintf(text, sizeof(text), "%018lld\n", (long long)count);

	return pwrite(fd, text, (size_t)n, 0) == n;
}

int64_t usage_add(const struct spool *s, int64_t bytes)
{
	int64_t count;

	if (s->usage < 0 || !lock(s->usage))
		return -1;
	count = read_count(s->usage);
	if (count >= 0) {
		count = count + bytes > 0 ? count + bytes : 0;
		if (!write_count(s->usage, count))
			count = -1;
	}
	unlock(s->usage);
	return count;
}

static void usage_set(const struct spool *s, int64_t count)
{
	if (s->usage < 0 || !lock(s->usage))
		return;
	(void)write_count(s->usage, count > 0 ? count : 0);
	unlock(s->usage);
}

static bool full(const struct spool *s, int64_t held, int64_t bytes,
		 struct err *e)
{
	err_set(e, ERR_DEFERRED,
		"the queue '%s' is full: it holds %lld bytes, %lld more would "
		"be over queue_max_size (%lld)",
		s->path, (long long)held, (long long)bytes,
		(long long)s->max_size);
	return err_hint(e, "'postrider queue' shows what it holds");
}

/* What came and went since was added to or taken from `before`. */
static void set_from(const struct spool *s, const struct census *c,
		     int64_t before)
{
	int64_t after = usage_get(s);

	usage_set(s,
		  c->bytes + (before >= 0 && after >= 0 ? after - before : 0));
}

bool usage_recount(const struct spool *s, struct census *c,
		   struct list *reports, struct err *e)
{
	int64_t before = usage_get(s);

	if (!census_take(s, c, reports, e))
		return false;
	set_from(s, c, before);
	return true;
}

bool usage_reserve(const struct spool *s, int64_t bytes, struct err *e)
{
	CLEAN(census) struct census c = CENSUS_INIT;
	int64_t count = usage_add(s, bytes), over;

	if (s->max_size <= 0 || s->usage < 0 ||
	    (count >= 0 && count <= s->max_size))
		return true;
	if (count >= 0)
		usage_add(s, -bytes);
	if (!usage_recount(s, &c, NULL, e))
		return false;
	over = c.bytes + bytes - s->max_size;
	if (over > c.failed_bytes)
		return full(s, c.bytes, bytes, e);
	census_drop(s, &c, c.failed_bytes - over);
	usage_add(s, bytes);
	return true;
}
