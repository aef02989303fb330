/*
 * queues: the folders that a verb of the queue looks at, and their items as
 * people see them: with what holds up their account taken into account.
 *
 * Without a folder that was named these are the default one and the queue_dir
 * of each account.  A configuration that is missing or wrong keeps nobody from
 * the others, and a folder that does not exist is an empty queue.
 */
#ifndef CLI_QUEUES_H
#define CLI_QUEUES_H

#include "cli/ui.h"
#include "config/parse.h"
#include "queue/spool.h"
#include "queue/standing.h"

#define QUEUES_MAX 1000 /* folders */

struct queue {
	struct spool spool;
	/* Of each account that something is known of. */
	struct list accounts; /* their names as files */
	struct standing *standing;
};

struct queues {
	struct queue *v;
	size_t n;
	struct config config;
	bool config_known; /* it was read and has no mistakes */
	struct err err;    /* why a folder could not be opened */
};

#define QUEUES_INIT ((struct queues){ .config = CONFIG_INIT, .err = ERR_INIT })

struct queues_wanted {
	const char *dir;  /* this one alone; or NULL */
	const char *file; /* -C; or NULL */
	bool msmtp_name;
	bool locked_down; /* under the name sendmail */
};

/*
 * Open what there is.  False: -C names no file (ERR_NOINPUT), or no folder at
 * all could be opened though there is one.
 */
bool queues_open(struct queues *q, const struct queues_wanted *w,
		 const struct ui *ui, struct err *e) ATTR_MUST_USE;
void queues_free(struct queues *q);

/* Look again at what is known of its accounts. */
void queue_refresh(struct queue *q);

/* An item as it stands, that of its account included. */
struct seen {
	struct item item;
	enum item_state state;
	enum item_hold hold;
	int64_t next; /* when it is tried; 0: not by itself */
	const struct standing *standing; /* of its account; or NULL */
};

#define SEEN_INIT ((struct seen){ .item = ITEM_INIT })

/* Look at one item; as spool_look. */
enum spool_found queue_look(const struct queue *q, const char *id,
			    struct seen *s, struct err *e) ATTR_MUST_USE;
void seen_free(struct seen *s);

/*
 * The account of that name as a file may be tried at once: trouble with its
 * server ends to be waited for, and, with `held`, what it is held for is taken
 * to be mended.
 */
bool queue_try_account(const struct queue *q, const char *name, bool held,
		       int64_t now, struct err *e) ATTR_MUST_USE;

/*
 * The folder and the whole ID of what begins like `word`, in any case.
 * ERR_NOINPUT: there is none; ERR_USAGE: there are several.
 */
bool queues_find(const struct queues *q, const char *word, struct queue **in,
		 struct str *id, struct err *e) ATTR_MUST_USE;

/*
 * Start a run in each folder where something waits and none is at work, unless
 * the configuration leaves that to others.  What goes wrong is told.
 */
void queues_start(struct queues *q, const struct ui *ui);

#endif
