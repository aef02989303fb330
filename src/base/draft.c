#include "config.h"

#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"

static bool no_room(int why)
{
	return why == ENOSPC || why == EDQUOT;
}

static int open_then_unlink(const char *dir)
{
	CLEAN(str) struct str path = STR_INIT;
	int fd;

	str_addf(&path, "%s/postrider.XXXXXX", dir);
	fd = mkostemp(path.s, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.s);
	return fd;
}

static int open_in(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open_then_unlink(dir);
	return fd;
}

bool draft_open(struct draft *d, struct err *e)
{
	const char *const places[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };

	*d = DRAFT_INIT;
	for (size_t i = 0; i < ARRAY_LEN(places) && d->fd < 0; i++)
		if (places[i] && places[i][0] == '/')
			d->fd = open_in(places[i]);
	if (d->fd < 0)
		return err_errno(e, "cannot create a temporary file");
	d->buffer = mem_resize(NULL, DRAFT_BUFFER, 1);
	return true;
}

#define NAME_TRIES 100
#define COPY_CHUNK 4096

/* Whoever finds it before it is locked may think it left behind. */
static int open_locked(int dir, const char *name)
{
	int fd = folder_file(dir, name, O_RDWR | O_CREAT | O_EXCL);
	int why;

	if (fd < 0)
		return -1;
	if (file_lock(fd) && folder_is_name(dir, name, fd))
		return fd;
	why = errno == ENOENT || errno == EAGAIN ? EEXIST : errno;
	if (why != EEXIST)
		folder_unlink(dir, name);
	close(fd);
	errno = why;
	return -1;
}

static bool open_named(struct draft *d, int dir)
{
	errno = EEXIST;
	for (int i = 0; i < NAME_TRIES && d->fd < 0 && errno == EEXIST; i++) {
		CLEAN(str) struct str name = STR_INIT;
		uint64_t chance = 0;

		if (getrandom(&chance, sizeof(chance), 0) < 0)
			return false;
		str_addf(&name, "%016llx" DRAFT_END,
			 (unsigned long long)chance);
		d->fd = open_locked(dir, name.s);
		if (d->fd >= 0)
			d->name = str_detach(&name);
	}
	if (d->fd < 0)
		return false;
	d->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (d->dir >= 0)
		return true;
	folder_unlink(dir, d->name);
	free(d->name);
	d->name = NULL;
	return false;
}

static bool cannot_write_in(const char *folder, struct err *e)
{
	bool full = no_room(errno);

	err_errno(e, "cannot write the message into the folder '%s'", folder);
	if (!full)
		return false;
	e->kind = ERR_DEFERRED;
	return err_hint(e, "make room there");
}

bool draft_open_in(struct draft *d, int dir, const char *path, struct err *e)
{
	*d = DRAFT_INIT;
	d->fd = folder_unnamed(dir);
	if (d->fd < 0 && (errno != EOPNOTSUPP || !open_named(d, dir))) {
		cannot_write_in(path, e);
		draft_free(d);
		return false;
	}
	d->folder = mem_copy(path);
	d->buffer = mem_resize(NULL, DRAFT_BUFFER, 1);
	return true;
}

void draft_unname(struct draft *d)
{
	if (!d->name)
		return;
	folder_unlink(d->dir, d->name);
	close(d->dir);
	free(d->name);
	d->name = NULL;
}

static bool cannot_write(const struct draft *d, struct err *e)
{
	bool full = no_room(errno);

	if (d->folder)
		return cannot_write_in(d->folder, e);
	err_errno(e, "cannot write the temporary copy of the message");
	return !full ? false
		     : err_hint(e, "make room, or set TMPDIR to a folder that "
				   "has it");
}

/* What is in the file, into another. */
static bool copy_file(const struct draft *d, int to)
{
	uint64_t offset = 0;
	struct err ignored;
	char buf[COPY_CHUNK];
	size_t got = 0;

	while (offset < d->flushed) {
		if (!draft_read(d, offset, buf, sizeof(buf), &got, &ignored) ||
		    got == 0)
			return false;
		if (got > d->flushed - offset)
			got = (size_t)(d->flushed - offset);
		if (!file_write(to, (struct view){ buf, got }))
			return false;
		offset += got;
	}
	return true;
}

/* Leave the disk, which has no room for n more bytes. */
static bool displace(struct draft *d, size_t n)
{
	int why = errno, fd;

	if (!no_room(why) || d->displaced || d->flushed + n > DRAFT_MEMORY_MAX)
		return false;
	fd = memfd_create("postrider", MFD_CLOEXEC);
	if (fd < 0 || !copy_file(d, fd) ||
	    !file_write(fd, (struct view){ d->buffer, n })) {
		if (fd >= 0)
			close(fd);
		errno = why;
		return false;
	}
	draft_unname(d);
	close(d->fd);
	d->fd = fd;
	d->displaced = why;
	return true;
}

/* Memory is not to be filled by a message either. */
static bool write_on(struct draft *d, size_t n)
{
	if (d->displaced && d->flushed + n > DRAFT_MEMORY_MAX) {
		errno = d->displaced;
		return false;
	}
	return file_write(d->fd, (struct view){ d->buffer, n });
}

bool draft_flush(struct draft *d, struct err *e)
{
	size_t n = d->buffered;

	d->buffered = 0;
	if (!write_on(d, n) && !displace(d, n))
		return cannot_write(d, e);
	d->flushed += n;
	return true;
}

bool draft_add(struct draft *d, struct view v, struct err *e)
{
	d->size += v.n;
	while (v.n > 0) {
		struct view part = view_part(v, 0, DRAFT_BUFFER - d->buffered);

		memcpy(d->buffer + d->buffered, part.p, part.n);
		d->buffered += part.n;
		if (d->buffered == DRAFT_BUFFER && !draft_flush(d, e))
			return false;
		v = view_part(v, part.n, v.n);
	}
	return true;
}

bool draft_read(const struct draft *d, uint64_t offset, char *buf, size_t n,
		size_t *got, struct err *e)
{
	ssize_t r;

	do
		r = pread(d->fd, buf, n, (off_t)offset);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_errno(e, "cannot read the temporary copy of the "
				    "message");
	*got = (size_t)r;
	return true;
}

bool draft_copy(const struct draft *from, uint64_t offset, struct draft *to,
		struct err *e)
{
	CLEAN(mem_string) char *buf = mem_resize(NULL, DRAFT_BUFFER, 1);
	size_t got = 0;

	for (;;) {
		struct view v = { buf, 0 };

		if (!draft_read(from, offset, buf, DRAFT_BUFFER, &got, e))
			return false;
		if (got == 0)
			return true;
		v.n = got;
		offset += got;
		if (!draft_add(to, v, e))
			return false;
	}
}

void draft_free(struct draft *d)
{
	draft_unname(d);
	if (d->fd >= 0)
		close(d->fd);
	free(d->folder);
	free(d->buffer);
	*d = DRAFT_INIT;
}
