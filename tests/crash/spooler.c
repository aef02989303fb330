/*
 * spooler: what the queue does with one message, for power.py to watch.
 *
 *	spooler live QUEUE [named]	enter it, change it, remove it; says
 *					"accepted", "changed", "removed", or
 *					"refused" and ends
 *	spooler examine QUEUE...	for each a line: what a run would find
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/faults.h"
#include "base/mem.h"
#include "queue/spool.h"

#define NOW INT64_C(1795354295)

static const char text[] = "Subject: power\n\nIt may fail at any time.\n";
#define PART 20 /* bytes of it that are written at a time */

static int fail(const struct err *e)
{
	fprintf(stderr, "spooler: %s\n", e->text);
	return 1;
}

static bool say(const char *word)
{
	return write(STDOUT_FILENO, word, strlen(word)) > 0;
}

static bool write_draft(const struct spool *s, struct draft *d, struct err *e)
{
	if (!spool_draft(s, d, e))
		return false;
	for (size_t i = 0; i < strlen(text); i += PART)
		if (!draft_add(d, view_part(view_of(text), i, PART), e) ||
		    !draft_flush(d, e))
			return false;
	return true;
}

static bool enter(const struct spool *s, struct item *it, struct err *e)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;

	it->created = NOW;
	it->envelope.sender = mem_copy("ada@example.org");
	list_add(&it->envelope.recipients, "bob@example.org");
	item_start(it);
	return write_draft(s, &d, e) && spool_enter(s, &d, it, e);
}

static bool change(const struct spool *s, const char *id, struct err *e)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;

	if (spool_take(s, id, &t, e) != SPOOL_TAKEN || !spool_mark(&t, e))
		return false;
	t.item.attempts++;
	t.item.in_flight = false;
	return spool_update(s, &t, e);
}

static bool take_out(const struct spool *s, const char *id, struct err *e)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;

	return spool_take(s, id, &t, e) == SPOOL_TAKEN &&
	       spool_remove(s, &t, e);
}

static int live(const char *path)
{
	CLEAN(spool) struct spool s = SPOOL_INIT;
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;

	if (!spool_open(&s, path, true, &e))
		return fail(&e);
	if (!enter(&s, &it, &e)) {
		say("refused");
		return fail(&e);
	}
	if (!say("accepted") || !change(&s, it.id, &e) || !say("changed") ||
	    !take_out(&s, it.id, &e) || !say("removed"))
		return fail(&e);
	return 0;
}

/* "item ATTEMPTS", "bad" where it is not what was entered. */
static void show_item(const struct spool *s, const char *id)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char buf[sizeof(text) + 1];
	struct err e = ERR_INIT;
	ssize_t n;

	if (spool_take(s, id, &t, &e) != SPOOL_TAKEN) {
		printf(" bad");
		return;
	}
	n = pread(t.msg, buf, sizeof(buf), 0);
	if (n != sizeof(text) - 1 || memcmp(buf, text, (size_t)n) != 0 ||
	    strcmp(t.item.envelope.sender, "ada@example.org") != 0 ||
	    strcmp(t.item.envelope.recipients.v[0], "bob@example.org") != 0)
		printf(" bad");
	else
		printf(" item %d", t.item.attempts);
}

static void examine(const char *path)
{
	CLEAN(spool) struct spool s = SPOOL_INIT;
	CLEAN(list) struct list reports = LIST_INIT;
	CLEAN(list) struct list ids = LIST_INIT;
	struct err e = ERR_INIT;

	if (!spool_open(&s, path, false, &e)) {
		printf("%s\n", e.kind == ERR_NOINPUT ? " none" : " bad");
		return;
	}
	if (!spool_tidy(&s, NOW, -1, &reports, &e) || !spool_list(&s, &ids, &e))
		printf(" bad");
	for (size_t i = 0; i < reports.n; i++)
		printf(" damage");
	for (size_t i = 0; i < ids.n; i++)
		show_item(&s, ids.v[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 64;
	if (strcmp(argv[1], "live") == 0) {
		if (argc > 3)
			faults_set(FAULT_UNNAMED, EOPNOTSUPP, 1, true);
		return live(argv[2]);
	}
	for (int i = 2; i < argc; i++)
		examine(argv[i]);
	return 0;
}
