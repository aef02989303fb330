/* outcome: a verdict for each recipient of one message. */
#ifndef SMTP_OUTCOME_H
#define SMTP_OUTCOME_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "smtp/reply.h"

struct verdict {
	bool settled;       /* a verdict was reached */
	enum err_kind kind; /* ERR_NONE: the server took it */
	int code;           /* SMTP reply code; 0 where there was none */
	int status[3];      /* RFC 3463; zeros where none was given */
	char *said; /* owned; the reply as "550 5.1.1 no\n...", printable */
	char *why;  /* owned; in our words, for what no reply explains */
	char *hint; /* owned; what to do, NULL where nobody knows */
};

struct outcome {
	struct verdict *v; /* one for each recipient, in envelope order */
	size_t n;
	int code;        /* of the last reply about the message as a whole */
	char *said;      /* owned; that reply */
	uint64_t octets; /* of the message as sent */
	size_t judged;   /* the first whom a refusal of the whole message left
			    without it; n where there was none */
};

#define OUTCOME_INIT ((struct outcome){ 0 })

void outcome_init(struct outcome *o, size_t recipients);
void outcome_free(struct outcome *o);
void verdict_free(struct verdict *v);

/* Settle v: the server took it, or what e says.  The first verdict stays. */
void verdict_accept(struct verdict *v, const struct reply *r);
void verdict_refuse(struct verdict *v, const struct err *e);

/*
 * True where v says that one transaction takes no more recipients, so that a
 * further one may take this one (RFC 5321, 4.5.3.1.10): 452, or as that is read
 * there 552, unless the status says something else than 5.3.
 */
bool verdict_is_surplus(const struct verdict *v);
bool outcome_has_surplus(const struct outcome *o);

/* Nobody was taken for certain: those who were have no verdict again. */
void outcome_doubt(struct outcome *o);

/* Note r as the last reply about the message as a whole. */
void outcome_note(struct outcome *o, const struct reply *r);

/* The message as a whole was refused by r, for the reason in e. */
void outcome_refuse(struct outcome *o, const struct reply *r,
		    const struct err *e);

/* Give every recipient without a verdict that of e. */
void outcome_settle_rest(struct outcome *o, const struct err *e);

/* True for trouble that another server may not have: this one could not be
 * reached, hung up, or said "not now". */
bool outcome_is_open(enum err_kind kind);

/* The same about one recipient; one without a verdict is open too. */
bool verdict_is_open(const struct verdict *v);

/*
 * What another attempt for some of the recipients gave: its verdict i becomes
 * that of recipient index[i] (i itself where index is NULL), its last reply
 * the last one; later is left without them.  other: it was through another
 * account, whose own troubles (login, TLS, settings) do not replace a verdict.
 * Nor does a name that does not exist replace what may be different later.
 */
void outcome_take(struct outcome *o, struct outcome *later, const size_t *index,
		  bool other);

/* Settled verdicts of that kind. */
size_t outcome_count(const struct outcome *o, enum err_kind kind);

/*
 * The kind that speaks for the whole message: ERR_NONE where all were taken,
 * else the gravest by exit status: 69 beats 67 beats 65 beats 75.
 */
enum err_kind outcome_kind(const struct outcome *o);

/* True where a speaks for the message rather than b, in the same sense. */
bool outcome_graver(enum err_kind a, enum err_kind b);

#endif
