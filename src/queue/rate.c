#include "config.h"

#include "queue/rate.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/scan.h"

/* A ring of numbers of that many bytes each; in front of it how many it has,
 * and which is the oldest. */
#define CELL 20
#define HEAD 2
/* Somebody else counts his message just now. */
#define BUSY_MS 10

static bool read_cell(int fd, int64_t at, int64_t *n)
{
	char text[CELL];
	struct scan s;

	if (pread(fd, text, CELL, (off_t)(at * CELL)) != CELL)
		return false;
	s = scan_of((struct view){ text, CELL - 1 });
	return scan_byte(&s, ' ') && scan_number(&s, n) && scan_done(&s);
}

static bool write_cell(int fd, int64_t at, int64_t n)
{
	char text[CELL + 1];

	if (snprintf(text, sizeof(text), " %018lld\n", (long long)n) != CELL)
		return false;
	return pwrite(fd, text, CELL, (off_t)(at * CELL)) == CELL;
}

/* The oldest of the last `count`; one that does not count where there are
 * fewer, or the number has changed. */
static bool find_oldest(int fd, int64_t count, int64_t *at, int64_t *when)
{
	int64_t had = 0;

	*at = 0;
	*when = 0;
	if (read_cell(fd, 0, &had) && had == count && read_cell(fd, 1, at) &&
	    *at < count) {
		(void)!read_cell(fd, HEAD + *at, when);
		return true;
	}
	*at = 0;
	return ftruncate(fd, 0) == 0 && write_cell(fd, 0, count);
}

static bool take(int fd, int64_t count, int64_t period_ms, int64_t now_ms,
		 int64_t *wait_ms)
{
	int64_t at, when;

	if (!find_oldest(fd, count, &at, &when))
		return true;
	/* One of the future comes of a clock that was wrong. */
	if (when <= now_ms && when > now_ms - period_ms) {
		*wait_ms = when + period_ms - now_ms;
		return false;
	}
	(void)(write_cell(fd, HEAD + at, now_ms) &&
	       write_cell(fd, 1, (at + 1) % count));
	return true;
}

bool rate_take(const struct spool *s, const char *name, int64_t count,
	       int64_t period_ms, int64_t now_ms, int64_t *wait_ms)
{
	CLEAN(str) struct str file = STR_INIT;
	bool may = true;
	int fd;

	*wait_ms = 0;
	str_addf(&file, "%s.rate", name);
	fd = folder_file(s->fd, file.s, O_RDWR | O_CREAT);
	if (fd < 0)
		return true;
	count = count < RATE_MAX ? count : RATE_MAX;
	if (file_lock(fd)) {
		may = take(fd, count, period_ms, now_ms, wait_ms);
	} else {
		may = false;
		*wait_ms = BUSY_MS;
	}
	close(fd);
	return may;
}
