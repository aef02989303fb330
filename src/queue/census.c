#include "config.h"

#include "queue/census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/mem.h"
#include "queue/parts.h"

void census_free(struct census *c)
{
	free(c->failed);
	*c = CENSUS_INIT;
}

/* When the last of it was decided. */
static int64_t failed_since(const struct item *it)
{
	int64_t since = it->created > it->last_try ? it->created : it->last_try;

	for (size_t i = 0; it->v && i < it->envelope.recipients.n; i++)
		if (it->v[i].when > since)
			since = it->v[i].when;
	return since;
}

static void note_failed(struct census *c, const struct item *it, int64_t bytes)
{
	struct census_failed *f;

	if (c->n == c->cap) {
		c->cap = c->cap > 0 ? 2 * c->cap : 16;
		c->failed = mem_resize(c->failed, c->cap, sizeof(*c->failed));
	}
	f = &c->failed[c->n++];
	memcpy(f->id, it->id, sizeof(f->id));
	f->bytes = bytes;
	f->since = failed_since(it);
	c->failed_bytes += bytes;
}

/* Bytes of one file, 0 where it is not there. */
static int64_t size_of(const struct spool *s, const char *id, const char *end)
{
	struct stat st;

	return folder_look(s->fd, parts_name(id, end).s, &st) ? st.st_size : 0;
}

/* To take it is to look closer, and to set aside what is damaged. */
static void examine(const struct spool *s, const char *id, struct list *reports)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	struct err why = ERR_INIT;

	if (reports && spool_take(s, id, &t, &why) == SPOOL_BROKEN)
		list_add(reports, why.text);
}

static void count_one(const struct spool *s, struct census *c, const char *id,
		      struct list *reports)
{
	CLEAN(item) struct item it = ITEM_INIT;
	int64_t msg = size_of(s, id, PARTS_MSG);
	int64_t bytes = msg + size_of(s, id, PARTS_ENV);
	struct err why = ERR_INIT;
	enum spool_found found = spool_look(s, id, &it, &why);

	if (found == SPOOL_GONE)
		return;
	c->bytes += bytes;
	if (found == SPOOL_BROKEN ||
	    (found == SPOOL_TAKEN && (uint64_t)msg != it.facts.octets))
		examine(s, id, reports);
	else if (found == SPOOL_TAKEN && it.state == ITEM_FAILED)
		note_failed(c, &it, bytes);
}

bool census_take(const struct spool *s, struct census *c, struct list *reports,
		 struct err *e)
{
	CLEAN(list) struct list ids = LIST_INIT;

	if (!spool_list(s, &ids, e))
		return false;
	for (size_t i = 0; i < ids.n; i++)
		count_one(s, c, ids.v[i], reports);
	return true;
}

/* It may have been released, or sent, since it was counted. */
static void drop_one(const struct spool *s, struct census *c, size_t i)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	struct err ignored;

	if (spool_take(s, c->failed[i].id, &t, &ignored) != SPOOL_TAKEN ||
	    t.item.state != ITEM_FAILED || !spool_remove(s, &t, &ignored))
		return;
	c->bytes -= c->failed[i].bytes;
	c->failed_bytes -= c->failed[i].bytes;
	c->failed[i].bytes = 0;
}

void census_drop(const struct spool *s, struct census *c, int64_t at_most)
{
	for (size_t i = 0; i < c->n && c->failed_bytes > at_most; i++)
		if (c->failed[i].bytes > 0)
			drop_one(s, c, i);
}

void census_drop_older(const struct spool *s, struct census *c, int64_t then)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->failed[i].since < then)
			drop_one(s, c, i);
}
