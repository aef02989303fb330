#include "config.h"

#include "queue/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "queue/parts.h"

#define ASIDE_NAME "damaged"
#define NUMBER_SIZE 16 /* of a dot and a number */
#define ASIDE_TRIES 100
#define COUNTED_MAX 65536 /* entries that are looked at */

static int open_aside(int dir)
{
	if (mkdirat(dir, ASIDE_NAME, 0700) < 0 && errno != EEXIST)
		return -1;
	return folder_file(dir, ASIDE_NAME, O_RDONLY | O_DIRECTORY);
}

static bool same_file(int a, const char *name_a, int b, const char *name_b)
{
	struct stat one, other;

	return folder_look(a, name_a, &one) && folder_look(b, name_b, &other) &&
	       one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/* Under a name of its own, whatever is there already. */
static bool link_aside(int from, int to, const char *name)
{
	char other[PARTS_NAME_SIZE + NUMBER_SIZE];

	if (linkat(from, name, to, name, 0) == 0 || errno == ENOENT)
		return true;
	for (int i = 1; i < ASIDE_TRIES && errno == EEXIST; i++) {
		if (same_file(from, name, to, name))
			return true;
		snprintf(other, sizeof(other), "%s.%d", name, i);
		if (linkat(from, name, to, other, 0) == 0)
			return true;
	}
	return false;
}

/*
 * Linked first, and only then removed, the envelope before the message as
 * always: whenever it ends, there is no message that could be taken for one
 * that nobody has accepted.
 */
static bool move(const struct spool *s, int to, const char *id)
{
	static const char *const ends[] = { PARTS_MSG, PARTS_ENV };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (!link_aside(s->fd, to, parts_name(id, ends[i]).s))
			return false;
	return folder_sync(to) && folder_sync(s->fd) &&
	       folder_unlink(s->fd, parts_name(id, PARTS_ENV).s) &&
	       folder_sync(s->fd) &&
	       folder_unlink(s->fd, parts_name(id, PARTS_MSG).s);
}

enum spool_found aside_set(const struct spool *s, const char *id, struct err *e)
{
	int to = open_aside(s->fd);
	bool ok = to >= 0 && move(s, to, id);
	int why = errno;
	struct err fault = *e;

	if (to >= 0)
		close(to);
	if (ok) {
		err_set(e, ERR_IO,
			"message %s in the queue '%s' is damaged (%s): it was "
			"set aside in '%s/" ASIDE_NAME "' and is not sent",
			id, s->path, fault.text, s->path);
		return SPOOL_BROKEN;
	}
	errno = why;
	err_errno(e,
		  "message %s in the queue '%s' is damaged (%s) and could "
		  "not be set aside",
		  id, s->path, fault.text);
	return SPOOL_ERROR;
}

size_t aside_count(const struct spool *s, struct str *in)
{
	int fd = folder_file(s->fd, ASIDE_NAME, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	size_t n = 0;

	str_addf(in, "%s/" ASIDE_NAME, s->path);
	if (!dir && fd >= 0)
		close(fd);
	if (!dir)
		return 0;
	for (int i = 0; i < COUNTED_MAX && (entry = readdir(dir)); i++)
		n += strstr(entry->d_name, PARTS_ENV) != NULL;
	closedir(dir);
	return n;
}
