/*
 * spool: the folder in which items are kept so that none is lost.
 *
 * ID.msg is the message, LF line ends, never changed; ID.env the item.
 *
 *     S0  neither      no such item
 *     S1  ID.msg       being entered (it is locked), or entering or removing
 *                      was interrupted (it is not)
 *     S2  both         in the queue
 *     S3  ID.env       damage: set aside
 *
 * Entering: the draft is locked, fsynced, linked as ID.msg; ID.env is written,
 * fsynced, linked; the folder is fsynced; then only is the message accepted.
 * Changing: ID.env is replaced: write, fsync, rename, fsync of the folder.
 * Removing: ID.env, fsync of the folder, ID.msg.  Locks are OFD locks on
 * ID.msg, which no rename replaces.  Whoever gets the lock of an S1 removes it.
 *
 * Errors: ERR_DEFERRED where there is no room (disk, quota, queue_max_size),
 * ERR_IO for other trouble with the disk, ERR_SYSTEM.
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include "base/draft.h"
#include "queue/item.h"

struct spool {
	char *path;       /* owned, absolute */
	int fd;           /* of the folder; -1: not open */
	int usage;        /* of the file that counts its bytes; -1: none */
	int64_t max_size; /* bytes of all items; 0: no limit */
};

#define SPOOL_INIT ((struct spool){ .fd = -1, .usage = -1 })

/*
 * Append the folder of this user: $XDG_STATE_HOME/postrider/queue,
 * ~/.local/state/postrider/queue, root's LOCALSTATEDIR/spool/postrider.  False:
 * this user has no usable home.
 */
bool spool_default_path(struct str *out);

/*
 * Open the folder, made with its parents (0700, each fsynced into its parent)
 * with `make` where it is missing.  It must be the user's, and nobody else's to
 * write.  ERR_NOINPUT: without `make`, there is none.  s->max_size stays as it
 * is.
 */
bool spool_open(struct spool *s, const char *path, bool make,
		struct err *e) ATTR_MUST_USE;
void spool_free(struct spool *s);

/* A draft that can be entered. */
bool spool_draft(const struct spool *s, struct draft *d,
		 struct err *e) ATTR_MUST_USE;

/*
 * Make draft (flushed, of spool_draft) and it one item, whose ID is then in
 * it->id; created and due are set to the time now where they are 0, and
 * facts.octets to the draft's size.  It needs a sender (perhaps "") and a
 * recipient.  True: it is safe.  False: it is not in the queue, or e says that
 * it may be.  The lock lasts until the draft is freed.
 */
bool spool_enter(const struct spool *s, struct draft *draft, struct item *it,
		 struct err *e) ATTR_MUST_USE;

/* An item that nobody else can change. */
struct taken {
	int msg; /* of ID.msg, locked, for reading; -1: none */
	int env; /* of ID.env as it is now, for the mark */
	struct item item;
};

#define TAKEN_INIT ((struct taken){ .msg = -1, .env = -1 })

enum spool_found {
	SPOOL_TAKEN,
	SPOOL_BUSY,   /* somebody else has it */
	SPOOL_GONE,   /* there is no such item (any more) */
	SPOOL_BROKEN, /* it was damaged and has been set aside; e says so */
	SPOOL_ERROR,  /* it cannot be read now */
};

enum spool_found spool_take(const struct spool *s, const char *id,
			    struct taken *t, struct err *e) ATTR_MUST_USE;

/* Replace ID.env by t->item.  Where it fails what is there is the old one, or
 * the new one that a power failure may undo. */
bool spool_update(const struct spool *s, struct taken *t,
		  struct err *e) ATTR_MUST_USE;

/* Before the last flight of its message: set item.in_flight on disk, in place
 * and without fsync. */
bool spool_mark(struct taken *t, struct err *e) ATTR_MUST_USE;

/* False where ID.env is still there, and where a power failure may bring it
 * back. */
bool spool_remove(const struct spool *s, struct taken *t,
		  struct err *e) ATTR_MUST_USE;
void taken_free(struct taken *t); /* gives the lock back */

/* Look at an item without a lock: SPOOL_TAKEN, SPOOL_GONE, SPOOL_ERROR, or
 * SPOOL_BROKEN, which the next run sets aside. */
enum spool_found spool_look(const struct spool *s, const char *id,
			    struct item *it, struct err *e) ATTR_MUST_USE;

/* The IDs of all items, in the order in which they came. */
bool spool_list(const struct spool *s, struct list *ids,
		struct err *e) ATTR_MUST_USE;

/*
 * Remove what interrupted work has left behind, set damage aside (into the
 * folder "damaged"), count anew what is there, and drop failed items that are
 * older than keep_failed_s (-1: never) or, the oldest first, take more than a
 * tenth of max_size.  reports has a sentence for each that was set aside.
 */
bool spool_tidy(const struct spool *s, int64_t now, int64_t keep_failed_s,
		struct list *reports, struct err *e) ATTR_MUST_USE;

/* True where id has the form of an ID. */
bool spool_is_id(struct view id);

#endif
