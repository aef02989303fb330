#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "queue/id.h"
#include "queue/parts.h"
#include "queue/usage.h"

#define ID_TRIES 1000
/* An envelope grows by what servers say, and must still be read then. */
#define TEXT_MAX (ITEM_TEXT_MAX / 2)

struct entering {
	const struct spool *s;
	struct draft *draft;
	struct item *it;
	struct str text; /* of the item */
	int env;         /* owned; -1: not made */
	bool odd_umask;  /* which takes rights from ourselves */
};

static bool cannot(const struct entering *en, struct err *e)
{
	return parts_errno(en->s, e, "cannot keep the message");
}

/* What could not be read again later must not be accepted now. */
static bool write_text(struct entering *en, struct err *e)
{
	CLEAN(item) struct item again = ITEM_INIT;
	struct item *it = en->it;

	if (it->created == 0)
		it->created = (int64_t)time(NULL);
	if (it->due == 0)
		it->due = it->created;
	it->facts.octets = en->draft->size;
	item_write(it, &en->text);
	if (en->text.len > TEXT_MAX)
		return err_set(e, ERR_MESSAGE,
			       "the envelope is too long for the queue");
	return item_read(&again, str_view(&en->text), e) ||
	       err_context(e, "cannot write down the message for the queue");
}

/* The file must be whole and ours alone, whatever the umask was. */
static bool check_draft(struct entering *en, struct err *e)
{
	struct stat st;

	if (fstat(en->draft->fd, &st) < 0)
		return cannot(en, e);
	if (en->draft->displaced) { /* which has been said to be no room */
		errno = en->draft->displaced;
		return cannot(en, e);
	}
	if ((uint64_t)st.st_size != en->draft->size)
		return err_set(e, ERR_IO,
			       "the copy of the message is not whole");
	en->odd_umask = (st.st_mode & 0777) != 0600;
	return !en->odd_umask || fchmod(en->draft->fd, 0600) == 0 ||
	       cannot(en, e);
}

/* vfat, exFAT and some network file systems cannot do it. */
static bool cannot_link(const struct entering *en, struct err *e)
{
	bool never = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;

	cannot(en, e);
	if (never)
		err_hint(e, "its file system seems to have no hard links: name "
			    "a folder on another one by queue_dir");
	return false;
}

static bool link_message(const struct entering *en, struct err *e)
{
	for (int i = 0; i < ID_TRIES; i++) {
		if (!id_choose(en->it->id))
			break;
		if (folder_link(en->s->fd, en->draft->fd, en->draft->name,
				parts_name(en->it->id, PARTS_MSG).s)) {
			draft_unname(en->draft);
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	cannot_link(en, e);
	en->it->id[0] = '\0';
	return false;
}

/* A file with the text of the item, safe on disk. */
static bool make_env(struct entering *en, bool *named)
{
	en->env = folder_unnamed(en->s->fd);
	*named = en->env < 0 && errno == EOPNOTSUPP;
	if (*named)
		return parts_write_new(en->s, en->it->id, str_view(&en->text),
				       &en->env);
	return en->env >= 0 && (!en->odd_umask || fchmod(en->env, 0600) == 0) &&
	       file_write(en->env, str_view(&en->text)) && folder_sync(en->env);
}

static bool link_env(struct entering *en)
{
	struct parts_name fresh = parts_name(en->it->id, PARTS_NEW);
	bool named, ok;
	int why;

	ok = make_env(en, &named) &&
	     folder_link(en->s->fd, en->env, named ? fresh.s : NULL,
			 parts_name(en->it->id, PARTS_ENV).s);
	why = errno;
	if (named)
		folder_unlink(en->s->fd, fresh.s);
	errno = why;
	return ok;
}

/*
 * Take back what was linked, so that nothing is there that could be sent, even
 * after a power failure.  Where that fails too the message may be sent, and the
 * caller must hear it.
 */
static bool undo(struct entering *en, bool linked, struct err *e)
{
	const struct spool *s = en->s;
	const char *id = en->it->id;
	bool ok = folder_unlink(s->fd, parts_name(id, PARTS_ENV).s) &&
		  (!linked || folder_sync(s->fd));

	ok = folder_unlink(s->fd, parts_name(id, PARTS_MSG).s) && ok;
	if (!ok && linked) {
		err_context(e,
			    "message %s could not be taken out of the queue "
			    "again and may still be sent",
			    id);
	}
	en->it->id[0] = '\0';
	return false;
}

static bool enter(struct entering *en, struct err *e)
{
	bool linked = false;

	if (!file_lock(en->draft->fd) || !folder_sync(en->draft->fd))
		return cannot(en, e);
	if (!link_message(en, e))
		return false;
	linked = link_env(en);
	if (linked && folder_sync(en->s->fd))
		return true;
	cannot(en, e);
	return undo(en, linked, e);
}

static void entering_free(struct entering *en)
{
	if (en->env >= 0)
		close(en->env);
	str_free(&en->text);
}

bool spool_enter(const struct spool *s, struct draft *draft, struct item *it,
		 struct err *e)
{
	CLEAN(entering)
	struct entering en = { s, draft, it, STR_INIT, -1, false };
	int64_t bytes;

	it->id[0] = '\0';
	if (!write_text(&en, e) || !check_draft(&en, e))
		return false;
	bytes = (int64_t)(draft->size + en.text.len);
	if (!usage_reserve(s, bytes, e))
		return false;
	if (enter(&en, e))
		return true;
	usage_add(s, -bytes);
	return false;
}
