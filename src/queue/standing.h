/*
 * standing: how an account stands with its server: well, in trouble until some
 * time, or held until a person has changed something.
 *
 * One small file for each account in the folder of the queue, NAME.account,
 * NAME being that of item_account_name.
 */
#ifndef QUEUE_STANDING_H
#define QUEUE_STANDING_H

#include "queue/spool.h"

enum standing_state {
	STANDING_GOOD,
	STANDING_TROUBLE, /* nothing is tried before `until` */
	STANDING_HELD,    /* nor by itself at all */
};

/* Earlier holds that are remembered: their time makes no mail older. */
#define STANDING_HOLDS_MAX 8
#define STANDING_TEXT_MAX 16384

struct standing_span {
	int64_t from, to;
};

struct standing {
	enum standing_state state;
	int64_t until;
	int64_t since;        /* the trouble, or the hold, began */
	int failures;         /* in a row */
	int64_t last_success; /* 0: never, so that it is not trusted yet */
	enum item_hold hold;  /* HOLD_CREDENTIALS, HOLD_CONFIGURATION */
	char *label;          /* of the account; owned */
	char *reason;         /* printable; owned, or NULL */
	char *stamp;          /* of the configuration when it was held: another
				 one releases it; owned, or NULL */
	bool told;            /* notify_command was told of this fault */
	struct standing_span holds[STANDING_HOLDS_MAX]; /* that are over */
	size_t n_holds;
};

#define STANDING_INIT ((struct standing){ .state = STANDING_GOOD })

void standing_free(struct standing *st);

/* What makes no sense is as STANDING_INIT: it only saves tries.  One that cannot
 * be read now is well, and trusted: its mail is held, and does not fail. */
void standing_load(const struct spool *s, const char *name,
		   struct standing *st);
bool standing_store(const struct spool *s, const char *name,
		    const struct standing *st, struct err *e) ATTR_MUST_USE;

/* The names of all that are there. */
void standing_list(const struct spool *s, struct list *names);

/*
 * Note what a try brought, at the time now: success (e NULL), or trouble that
 * is the server's, the login's or the configuration's, by its kind.  True where
 * that is worth storing.  A hold begins without a stamp: the caller sets it.
 */
bool standing_note(struct standing *st, const struct err *e, int64_t now,
		   uint32_t seed);

/* The server answers, or a person says so: trouble and hold are over.  True
 * where that is worth storing. */
bool standing_release(struct standing *st, int64_t now);

/* Seconds from then to now in which the account was held: they do not count
 * towards the lifetime of mail. */
int64_t standing_held_s(const struct standing *st, int64_t from, int64_t now);

/* May something be tried at the time now?  stamp: of the configuration; NULL:
 * it is not known. */
bool standing_allows(const struct standing *st, const char *stamp, int64_t now);

#endif
