#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "queue/parts.h"
#include "queue/usage.h"

#define STANDING_NEW ".account.new" /* of file_replace */
#define FAILED_SHARE 10             /* they may take one part of so many */

/* Lock the file if it is there and nobody has it; -1. */
static int lock_file(const struct spool *s, const char *name)
{
	int fd = folder_file(s->fd, name, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (file_lock(fd) && folder_is_name(s->fd, name, fd))
		return fd;
	close(fd);
	return -1;
}

static bool is_there(const struct spool *s, const char *name)
{
	struct stat st;

	return folder_look(s->fd, name, &st) || errno != ENOENT;
}

/* One that nobody has the lock of and that has no envelope under the lock. */
static void tidy_message(const struct spool *s, const char *id)
{
	struct parts_name msg = parts_name(id, PARTS_MSG);
	struct parts_name env = parts_name(id, PARTS_ENV);
	int fd;

	if (is_there(s, env.s))
		return;
	fd = lock_file(s, msg.s);
	if (fd < 0)
		return;
	if (!is_there(s, env.s)) {
		folder_unlink(s->fd, parts_name(id, PARTS_NEW).s);
		folder_unlink(s->fd, msg.s);
	}
	close(fd);
}

/* Who writes it has the lock of the message, which is there before. */
static void tidy_new(const struct spool *s, const char *id)
{
	struct parts_name msg = parts_name(id, PARTS_MSG);
	int fd = -1;

	if (is_there(s, msg.s)) {
		fd = lock_file(s, msg.s);
		if (fd < 0)
			return;
	}
	folder_unlink(s->fd, parts_name(id, PARTS_NEW).s);
	if (fd >= 0)
		close(fd);
}

static bool has_end(const char *name, const char *end)
{
	size_t n = strlen(name), tail = strlen(end);

	return n > tail && strcmp(name + n - tail, end) == 0;
}

/* Who writes it has its lock. */
static void tidy_draft(const struct spool *s, const char *name)
{
	int fd = lock_file(s, name);

	if (fd < 0)
		return;
	folder_unlink(s->fd, name);
	close(fd);
}

static void tidy_name(const struct spool *s, const char *name)
{
	char id[ITEM_ID_SIZE];

	if (parts_id(name, PARTS_MSG, id))
		tidy_message(s, id);
	else if (parts_id(name, PARTS_NEW, id))
		tidy_new(s, id);
	else if (has_end(name, DRAFT_END) || has_end(name, STANDING_NEW))
		tidy_draft(s, name);
}

static bool tidy_names(const struct spool *s, struct err *e)
{
	DIR *dir = parts_open_list(s->fd);
	const struct dirent *entry;

	if (!dir)
		return parts_errno(s, e, "cannot list the items");
	for (size_t i = 0; i < PARTS_MAX && (entry = readdir(dir)); i++)
		tidy_name(s, entry->d_name);
	closedir(dir);
	return true;
}

bool spool_tidy(const struct spool *s, int64_t now, int64_t keep_failed_s,
		struct list *reports, struct err *e)
{
	CLEAN(census) struct census c = CENSUS_INIT;

	if (!tidy_names(s, e) || !usage_recount(s, &c, reports, e))
		return false;
	if (keep_failed_s >= 0)
		census_drop_older(s, &c, now - keep_failed_s);
	if (s->max_size > 0)
		census_drop(s, &c, s->max_size / FAILED_SHARE);
	return true;
}
