#include "config.h"

#include "queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"
#include "queue/id.h"
#include "queue/parts.h"
#include "queue/usage.h"

#define ROOT_PATH LOCALSTATEDIR "/spool/postrider"

/* $XDG_STATE_HOME counts as $HOME does: somebody else's is no place for us. */
static const char *state_home(void)
{
	const char *path = getenv("XDG_STATE_HOME");
	struct stat st;

	if (!path || path[0] != '/')
		return NULL;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? path : NULL;
	return S_ISDIR(st.st_mode) && st.st_uid == getuid() ? path : NULL;
}

bool spool_default_path(struct str *out)
{
	const char *state = state_home(), *home;

	if (geteuid() == 0) {
		str_adds(out, ROOT_PATH);
		return true;
	}
	if (state) {
		str_addf(out, "%s/postrider/queue", state);
		return true;
	}
	home = file_home();
	if (home)
		str_addf(out, "%s/.local/state/postrider/queue", home);
	return home != NULL;
}

static bool check_owner(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot look at the queue '%s'", path);
	if (st.st_uid != geteuid()) {
		err_set(e, ERR_IO, "the queue '%s' belongs to user %lu", path,
			(unsigned long)st.st_uid);
		return err_hint(e, "work on it as that user");
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(e, ERR_IO, "others can write to the queue '%s'", path);
		return err_hint(e, "chmod 700 '%s'", path);
	}
	return true;
}

static bool cannot_open(struct err *e)
{
	if (e->kind == ERR_NOINPUT)
		return false;
	e->kind = parts_no_room(errno) ? ERR_DEFERRED : ERR_IO;
	return err_context(e, "there is no queue");
}

bool spool_open(struct spool *s, const char *path, bool make, struct err *e)
{
	int64_t max_size = s->max_size;

	*s = SPOOL_INIT;
	s->max_size = max_size;
	if (!folder_open(path, make, &s->fd, e))
		return cannot_open(e);
	s->path = mem_copy(path);
	if (check_owner(path, s->fd, e) && usage_open(s, make, e))
		return true;
	spool_free(s);
	s->max_size = max_size;
	return false;
}

void spool_free(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->usage >= 0)
		close(s->usage);
	free(s->path);
	*s = SPOOL_INIT;
}

bool spool_draft(const struct spool *s, struct draft *d, struct err *e)
{
	return draft_open_in(d, s->fd, s->path, e);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool spool_list(const struct spool *s, struct list *ids, struct err *e)
{
	DIR *dir = parts_open_list(s->fd);
	const struct dirent *entry;
	char id[ITEM_ID_SIZE];

	if (!dir)
		return parts_errno(s, e, "cannot list the items");
	errno = 0;
	while (ids->n < PARTS_MAX && (entry = readdir(dir))) {
		if (parts_id(entry->d_name, PARTS_ENV, id))
			list_add(ids, id);
		errno = 0;
	}
	if (errno != 0)
		parts_errno(s, e, "cannot list the items");
	else
		e = NULL;
	closedir(dir);
	if (ids->n > 0)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_name);
	return e == NULL;
}

bool spool_is_id(struct view id)
{
	return id_fits(id);
}
