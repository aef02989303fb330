/* envelope: who sends, who receives, and what is asked of the server. */
#ifndef MSG_ENVELOPE_H
#define MSG_ENVELOPE_H

#include <stdint.h>

#include "base/list.h"
#include "base/str.h"

struct err;

enum { /* DSN NOTIFY as bits (RFC 3461, 4.1); 0: not asked for */
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
};

enum envelope_return {
	RETURN_UNSET,
	RETURN_HEADERS,
	RETURN_FULL
};

/* What shall happen to a message that is late (RFC 2852, 4). */
enum envelope_by {
	BY_UNSET,
	BY_RETURN, /* it comes back */
	BY_NOTIFY, /* the sender is told, and it goes on */
};

#define PRIORITY_MIN (-9) /* RFC 6710, 5 */
#define PRIORITY_MAX 9
/* RFC 2852, 4, and RFC 4865, 4.2: nine digits. */
#define BY_SECONDS_MAX 999999999
#define HOLD_SECONDS_MAX 999999999

/* What is asked of the servers that deliver the message; all 0: nothing. */
struct envelope_wishes {
	enum envelope_by by;
	int by_s;           /* from the time of MAIL on; 1 to BY_SECONDS_MAX */
	bool by_trace;      /* tell about every relay */
	int hold_for_s;     /* 1 to HOLD_SECONDS_MAX */
	int64_t hold_until; /* as in base/when.h */
	bool has_priority;
	int priority;     /* PRIORITY_MIN to PRIORITY_MAX */
	bool require_tls; /* RFC 8689 */
};

/* Where recipients stand in the list, by hash; envelope.c's own. */
struct envelope_index {
	size_t *slot; /* owned; position + 1, 0 where free */
	size_t slots; /* a power of two */
	size_t known; /* recipients that are in it */
};

struct envelope {
	/*
	 * Paths without < and >, checked (address_is_path), domains in
	 * A-labels; "" is the null sender.
	 */
	char *sender;           /* owned; NULL until known */
	struct list recipients; /* in order, without duplicates */
	unsigned notify;        /* NOTIFY_* */
	enum envelope_return ret;
	char *envid;   /* owned, not yet xtext; or NULL */
	bool smtputf8; /* a local part needs RFC 6531 */
	struct envelope_wishes wishes;
	struct envelope_index index;
};

#define ENVELOPE_INIT ((struct envelope){ 0 })

void envelope_free(struct envelope *env);

/*
 * Add a path unless an equal one (address_same) is there, in constant time.
 * Where recipients are changed by other means, empty the list first or add to
 * its end: those are noticed.
 */
void envelope_add_recipient(struct envelope *env, const char *path);
bool envelope_has_recipient(struct envelope *env, const char *path);

/*
 * Turn every domain that is not ASCII into A-labels with to_ascii (net/idn's;
 * it appends to out), merge recipients that are equal then, and set smtputf8
 * where a local part is not ASCII.  ERR_MESSAGE names the address that cannot
 * be, or that is no path at all.
 */
bool envelope_finish(struct envelope *env,
		     bool (*to_ascii)(struct view domain, struct str *out,
				      struct err *e),
		     struct err *e) ATTR_MUST_USE;

/* The same message for n of its recipients, those at index[i]; out is made
 * anew. */
void envelope_copy_some(struct envelope *out, const struct envelope *env,
			const size_t *index, size_t n);

/* Append v as xtext (RFC 3461, 4). */
void envelope_add_xtext(struct str *out, struct view v);

#endif
