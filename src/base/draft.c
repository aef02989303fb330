#include "config.h"

#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

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

static bool cannot_write(struct err *e)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	err_errno(e, "cannot write the temporary copy of the message");
	return !full ? false
		     : err_hint(e, "make room, or set TMPDIR to a folder that "
				   "has it");
}

bool draft_flush(struct draft *d, struct err *e)
{
	size_t n = d->buffered;

	d->buffered = 0;
	return file_write(d->fd, (struct view){ d->buffer, n }) ||
	       cannot_write(e);
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
	size_t got;

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
	if (d->fd >= 0)
		close(d->fd);
	free(d->buffer);
	*d = DRAFT_INIT;
}
