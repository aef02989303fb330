/*
 * store: what becomes of the mail of a call: it went, is queued, held or kept
 * as failed, or cannot be kept.
 *
 * By the keyword queue.  With `fallback` a message is tried at once, unless its
 * account is in trouble already; what could be different later is queued, and
 * what was refused for good is kept as failed, the caller being told.  With
 * `always` it is queued before anything is tried.  With `off`, and where the
 * account could not be found again later (deliver/resume.h), nothing is kept.
 *
 * An account that never delivered anything from this queue is not trusted yet:
 * what may be a mistake in its settings (68, 76, 77, 78) fails.
 *
 * Success writes nothing but the time of the account's first one.
 */
#ifndef DELIVER_STORE_H
#define DELIVER_STORE_H

#include "deliver/record.h"
#include "deliver/resume.h"
#include "deliver/submit.h"
#include "queue/standing.h"

enum store_mode {
	STORE_OFF,
	STORE_FALLBACK,
	STORE_ALWAYS,
};

struct store {
	/* Borrowed; filled in by the caller. */
	const struct config *config;
	const struct account *account;
	const char *tag; /* syslog identifier */
	int64_t due;     /* not before that time(2); 0: now */
	bool enter_only; /* nothing is tried, and no run started */
	bool insists;    /* try, though the account is in trouble */
	/* What follows is store_open's. */
	enum store_mode mode;
	struct err cannot; /* why nothing can be kept; ERR_NONE: it can */
	struct spool spool;
	struct item_origin origin;
	struct str name; /* of the standing */
	struct standing standing;
	bool mended;    /* it was in trouble or held: others wait for it */
	bool over_rate; /* so many messages have gone that it waits */
};

#define STORE_INIT ((struct store){ .spool = SPOOL_INIT })

enum stored_as {
	STORED_NOT,  /* nowhere; or nothing of it went anywhere */
	STORED_SENT, /* to all to whom it could be sent */
	STORED_QUEUED,
	STORED_HELD,
	STORED_FAILED,
};

struct stored {
	enum stored_as as;
	struct item item;  /* where it was entered: with its ID */
	struct err cannot; /* why it is STORED_NOT though it should be kept */
	int status;        /* for the caller */
	bool loud;         /* somebody should do something about it */
};

#define STORED_INIT ((struct stored){ .item = ITEM_INIT })

/*
 * Find out what can be done with m, before it is prepared: its draft is made
 * where it can be entered.  m borrows s->spool.
 */
void store_open(struct store *s, struct message *m);
void store_free(struct store *s);

/* Is it tried now? */
bool store_tries(struct store *s);

/*
 * m was tried: out, e (NULL: all were taken) and t are submit_now's.  Or it was
 * not: all three are NULL.  What is to be kept is safe afterwards, or
 * st->cannot says why not.
 */
void store_settle(struct store *s, struct message *m, const struct outcome *out,
		  const struct err *e, const struct submit_trouble *t,
		  struct stored *st);

/* m cannot be sent as it is, as e says; its draft holds what there is. */
void store_refuse(struct store *s, struct message *m, const struct err *e,
		  struct stored *st);
void stored_free(struct stored *st);

/* For the log; id lives as long as st. */
struct fate stored_fate(const struct store *s, const struct stored *st);

/* When it is tried next, by time(2), if it is queued. */
int64_t stored_next_try(const struct store *s, const struct stored *st);

/* False: the account is in trouble, as e says. */
bool store_is_well(const struct store *s, struct err *e);

/* Will there be a run by itself? */
bool store_runs(const struct store *s);

/* See to it that what is queued is delivered.  False: it waits there all the
 * same. */
bool store_start_run(const struct store *s, const struct stored *st,
		     struct err *e) ATTR_MUST_USE;

#endif
