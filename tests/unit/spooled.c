#include "config.h"

#include "spooled.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

#define DEPTH 16

static char place[4096];
static int queues;

int spooled_make_place(void **state)
{
	char name[] = "spoolXXXXXX";

	(void)state;
	return mkdtemp(name) && realpath(name, place) ? 0 : -1;
}

bool spooled_path(char *out, size_t size)
{
	return snprintf(out, size, "%s", place) < (int)size;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

int spooled_remove_place(void **state)
{
	(void)state;
	return nftw(place, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS);
}

struct spool spooled_open(void)
{
	CLEAN(str) struct str path = STR_INIT;
	struct spool s = SPOOL_INIT;
	struct err e = ERR_INIT;

	str_addf(&path, "%s/%d/queue", place, ++queues);
	if (!spool_open(&s, path.s, true, &e))
		fail_msg("%s", e.text);
	return s;
}

void spooled_fill(const struct spool *s, struct draft *d, struct item *it)
{
	struct err e = ERR_INIT;

	assert_true(spool_draft(s, d, &e));
	assert_true(draft_add(d, view_of(SPOOLED_TEXT), &e));
	assert_true(draft_flush(d, &e));
	*it = ITEM_INIT;
	it->envelope.sender = mem_copy("ada@example.org");
	list_add(&it->envelope.recipients, "bob@example.org");
	item_start(it);
}

void spooled_enter(const struct spool *s, char id[ITEM_ID_SIZE])
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;

	spooled_fill(s, &d, &it);
	if (!spool_enter(s, &d, &it, &e))
		fail_msg("%s", e.text);
	memcpy(id, it.id, ITEM_ID_SIZE);
}

bool spooled_has(const struct spool *s, const char *id, const char *end)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", id, end);
	return faccessat(s->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void spooled_put(const struct spool *s, const char *name, const char *text)
{
	int fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

size_t spooled_names(const struct spool *s)
{
	DIR *d = opendir(s->path);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.' &&
		     strcmp(entry->d_name, "usage") != 0;
	closedir(d);
	return n;
}
