#include "config.h"

#include "queue/parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"
#include "queue/id.h"

struct parts_name parts_name(const char *id, const char *end)
{
	struct parts_name name;

	snprintf(name.s, sizeof(name.s), "%s%s", id, end);
	return name;
}

bool parts_id(const char *name, const char *end, char id[ITEM_ID_SIZE])
{
	size_t n = strlen(name), tail = strlen(end);

	if (n <= tail || strcmp(name + n - tail, end) != 0 ||
	    !id_fits((struct view){ name, n - tail }))
		return false;
	memcpy(id, name, n - tail);
	id[n - tail] = '\0';
	return true;
}

static enum err_kind kind_of(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return ERR_DEFERRED;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOLCK:
		return ERR_SYSTEM;
	default:
		return ERR_IO;
	}
}

bool parts_errno(const struct spool *s, struct err *e, const char *what)
{
	int number = errno;

	err_errno(e, "%s in the queue '%s'", what, s->path);
	e->kind = kind_of(number);
	if (parts_no_room(number))
		err_hint(e, "make room there, or name another folder by "
			    "queue_dir");
	return false;
}

DIR *parts_open_list(int dir)
{
	int fd = folder_file(dir, ".", O_RDONLY | O_DIRECTORY);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	int why = errno;

	if (!list && fd >= 0) {
		close(fd);
		errno = why;
	}
	return list;
}

/* All of the file; false with errno, EFBIG where it cannot be an item. */
static bool read_all(int fd, struct str *out)
{
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return false;
	errno = EFBIG;
	if (!S_ISREG(st.st_mode) || st.st_size > ITEM_TEXT_MAX)
		return false;
	size = (size_t)st.st_size;
	out->s = mem_resize(out->s, size + 1, 1);
	out->cap = size + 1;
	while (out->len < size) {
		ssize_t got = pread(fd, out->s + out->len, size - out->len,
				    (off_t)out->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		out->len += (size_t)got;
	}
	out->s[out->len] = '\0';
	return true;
}

enum spool_found parts_read(const struct spool *s, int env, const char *id,
			    struct item *it, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	if (!read_all(env, &text)) {
		if (errno != EFBIG) {
			parts_errno(s, e, "cannot read an item");
			return SPOOL_ERROR;
		}
		err_set(e, ERR_IO, "the envelope is no file of ours");
		return SPOOL_BROKEN;
	}
	if (!item_read(it, str_view(&text), e))
		return SPOOL_BROKEN;
	memcpy(it->id, id, strlen(id) + 1);
	return SPOOL_TAKEN;
}

/* What a process that died has left there is overwritten: its lock is ours. */
bool parts_write_new(const struct spool *s, const char *id, struct view text,
		     int *fd)
{
	struct parts_name name = parts_name(id, PARTS_NEW);
	int why;

	*fd = folder_file(s->fd, name.s, O_RDWR | O_CREAT | O_TRUNC);
	if (*fd < 0)
		return false;
	if (fchmod(*fd, 0600) == 0 && file_write(*fd, text) && folder_sync(*fd))
		return true;
	why = errno;
	folder_unlink(s->fd, name.s);
	close(*fd);
	*fd = -1;
	errno = why;
	return false;
}
