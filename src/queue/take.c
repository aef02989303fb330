#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "queue/aside.h"
#include "queue/parts.h"
#include "queue/usage.h"

void taken_free(struct taken *t)
{
	if (t->env >= 0)
		close(t->env);
	if (t->msg >= 0)
		close(t->msg);
	item_free(&t->item);
	*t = TAKEN_INIT;
}

static int open_part(const struct spool *s, const char *id, const char *end,
		     int flags)
{
	return folder_file(s->fd, parts_name(id, end).s, flags | O_NONBLOCK);
}

static enum spool_found cannot_read(const struct spool *s, struct err *e)
{
	if (errno == ENOENT)
		return SPOOL_GONE;
	parts_errno(s, e, "cannot read an item");
	return SPOOL_ERROR;
}

/*
 * There was no ID.msg.  It comes before ID.env and goes after it: where ID.env
 * was there before and after a look for it, it is missing.
 */
static enum spool_found without_message(const struct spool *s, const char *id,
					struct err *e)
{
	struct parts_name env = parts_name(id, PARTS_ENV);
	struct stat before, after, msg;

	if (!folder_look(s->fd, env.s, &before))
		return cannot_read(s, e);
	if (folder_look(s->fd, parts_name(id, PARTS_MSG).s, &msg))
		return SPOOL_BUSY;
	if (errno != ENOENT || !folder_look(s->fd, env.s, &after))
		return cannot_read(s, e);
	if (before.st_ino != after.st_ino)
		return SPOOL_BUSY;
	err_set(e, ERR_IO, "its message is missing");
	return aside_set(s, id, e);
}

static enum spool_found lock(const struct spool *s, const char *id, int msg,
			     struct err *e)
{
	if (!file_lock(msg)) {
		if (errno == EAGAIN)
			return SPOOL_BUSY;
		parts_errno(s, e, "cannot lock an item");
		return SPOOL_ERROR;
	}
	return folder_is_name(s->fd, parts_name(id, PARTS_MSG).s, msg)
		       ? SPOOL_TAKEN
		       : SPOOL_GONE;
}

/* Entering or removing it was interrupted. */
static enum spool_found without_envelope(const struct spool *s, const char *id,
					 struct err *e)
{
	if (errno != ENOENT)
		return cannot_read(s, e);
	folder_unlink(s->fd, parts_name(id, PARTS_NEW).s);
	folder_unlink(s->fd, parts_name(id, PARTS_MSG).s);
	return SPOOL_GONE;
}

static enum spool_found read_taken(const struct spool *s, const char *id,
				   struct taken *t, struct err *e)
{
	enum spool_found found = parts_read(s, t->env, id, &t->item, e);
	struct stat st;

	if (found == SPOOL_TAKEN) {
		if (fstat(t->msg, &st) < 0)
			return cannot_read(s, e);
		if (S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size == t->item.facts.octets)
			return SPOOL_TAKEN;
		err_set(e, ERR_IO, "its message has %lld bytes of %llu",
			(long long)st.st_size,
			(unsigned long long)t->item.facts.octets);
		found = SPOOL_BROKEN;
	}
	return found == SPOOL_BROKEN ? aside_set(s, id, e) : found;
}

static enum spool_found take(const struct spool *s, const char *id,
			     struct taken *t, struct err *e)
{
	enum spool_found found;

	t->msg = open_part(s, id, PARTS_MSG, O_RDWR);
	if (t->msg < 0)
		return errno == ENOENT ? without_message(s, id, e)
				       : cannot_read(s, e);
	found = lock(s, id, t->msg, e);
	if (found != SPOOL_TAKEN)
		return found;
	t->env = open_part(s, id, PARTS_ENV, O_RDWR);
	if (t->env < 0)
		return without_envelope(s, id, e);
	return read_taken(s, id, t, e);
}

enum spool_found spool_take(const struct spool *s, const char *id,
			    struct taken *t, struct err *e)
{
	enum spool_found found;

	*t = TAKEN_INIT;
	if (!spool_is_id(view_of(id)))
		return SPOOL_GONE;
	found = take(s, id, t, e);
	if (found != SPOOL_TAKEN)
		taken_free(t);
	return found;
}

bool spool_update(const struct spool *s, struct taken *t, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	const char *id = t->item.id;
	struct parts_name fresh = parts_name(id, PARTS_NEW);
	int fd;

	item_write(&t->item, &text);
	if (!parts_write_new(s, id, str_view(&text), &fd))
		return parts_errno(s, e,
				   "cannot note what became of a message");
	if (!folder_rename(s->fd, fresh.s, parts_name(id, PARTS_ENV).s)) {
		parts_errno(s, e, "cannot note what became of a message");
		folder_unlink(s->fd, fresh.s);
		close(fd);
		return false;
	}
	close(t->env);
	t->env = fd;
	return folder_sync(s->fd) ||
	       parts_errno(s, e, "cannot make safe what became of a message");
}

bool spool_mark(struct taken *t, struct err *e)
{
	size_t offset;
	struct view mark = item_mark(&offset);
	ssize_t put;

	do
		put = pwrite(t->env, mark.p, mark.n, (off_t)offset);
	while (put < 0 && errno == EINTR);
	if (put != (ssize_t)mark.n)
		return err_errno(e, "cannot mark message %s in the queue",
				 t->item.id);
	t->item.in_flight = true;
	return true;
}

static int64_t bytes_of(const struct taken *t)
{
	struct stat msg, env;

	return fstat(t->msg, &msg) == 0 && fstat(t->env, &env) == 0
		       ? msg.st_size + env.st_size
		       : 0;
}

bool spool_remove(const struct spool *s, struct taken *t, struct err *e)
{
	const char *id = t->item.id;
	int64_t bytes = bytes_of(t);

	if (!folder_unlink(s->fd, parts_name(id, PARTS_ENV).s))
		return parts_errno(s, e, "cannot remove a message");
	usage_add(s, -bytes);
	if (!folder_sync(s->fd))
		return parts_errno(
			s, e, "cannot make safe that a message was removed");
	folder_unlink(s->fd, parts_name(id, PARTS_MSG).s);
	return true;
}

enum spool_found spool_look(const struct spool *s, const char *id,
			    struct item *it, struct err *e)
{
	enum spool_found found;
	int env;

	*it = ITEM_INIT;
	if (!spool_is_id(view_of(id)))
		return SPOOL_GONE;
	env = open_part(s, id, PARTS_ENV, O_RDONLY);
	if (env < 0)
		return cannot_read(s, e);
	found = parts_read(s, env, id, it, e);
	close(env);
	if (found == SPOOL_BROKEN)
		err_context(e, "message %s in the queue '%s' is damaged", id,
			    s->path);
	return found;
}
