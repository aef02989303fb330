/*
 * pipeline: commands that were sent and whose replies are still to come.
 *
 * Push commands in order; each names who wants its reply.  Replies are handed
 * out in the same order by pipeline_sync.  Without PIPELINING every push syncs,
 * so callers are the same either way.
 *
 * Every call has the step's time limit and the deadline of the whole session.
 * Once any of them failed (but for pipeline_read's caller, who judges the reply
 * himself), `broken` says that the session is of no more use.
 */
#ifndef SMTP_PIPELINE_H
#define SMTP_PIPELINE_H

#include "net/wire.h"
#include "smtp/phase.h"

/*
 * Never more than this is in flight, so that neither side can block (RFC 2920,
 * 3.1): 128 replies of a common length fit into any receive buffer.  Octets of
 * a message do not count, since they bring no replies.
 */
#define PIPELINE_BYTES_MAX 16384
#define PIPELINE_DEPTH_MAX 128
/* How long an answer is looked for once writing failed. */
#define PIPELINE_SALVAGE_MS 1000

/* Takes one reply.  False ends the session. */
typedef bool reply_fn(void *who, int index, const struct reply *r,
		      struct err *e);

struct expectation {
	enum phase phase;
	int index;
};

struct pipeline {
	struct wire *wire; /* borrowed */
	int64_t (*now_ms)(void);
	int timeout_s;       /* of each step; 0: by phase, <0: none */
	int64_t deadline_ms; /* of everything; 0: none */
	bool allowed;        /* the server offered PIPELINING */
	bool broken;
	bool surplus; /* broken by more answers than commands */
	/* NULL: the reply is read and forgotten. */
	reply_fn *deliver[PHASE_COUNT];
	void *who; /* borrowed, passed to deliver */
	struct expectation expected[PIPELINE_DEPTH_MAX]; /* a ring */
	int first, count;
	int sent; /* of count, those whose commands were written */
	size_t bytes;
};

/* When a step that begins now has to be over. */
int64_t pipeline_deadline(const struct pipeline *p, enum phase phase);

bool pipeline_push(struct pipeline *p, enum phase phase, int index,
		   struct view command, struct err *e) ATTR_MUST_USE;

/* The same for what the caller has put, or will stream; never syncs for want
 * of PIPELINING. */
bool pipeline_expect(struct pipeline *p, enum phase phase, int index,
		     struct err *e) ATTR_MUST_USE;

/*
 * Write what waits; replies stay where they are.  Where writing fails, the
 * answers that the server has given all the same are handed out first.
 * ERR_PROTOCOL where it said more than it was asked; ERR_DEFERRED where that
 * was 421.
 */
bool pipeline_flush(struct pipeline *p, struct err *e) ATTR_MUST_USE;

/* Octets of a message.  Answers that are already there are handed out first,
 * so that a server which refuses early is heard. */
bool pipeline_stream(struct pipeline *p, struct view bytes,
		     struct err *e) ATTR_MUST_USE;

/* Flush, and hand out replies until at most `keep` are to come. */
bool pipeline_collect(struct pipeline *p, int keep,
		      struct err *e) ATTR_MUST_USE;
bool pipeline_sync(struct pipeline *p, struct err *e) ATTR_MUST_USE;

/*
 * For what is never pipelined: flush, and read one whole reply into r (which
 * may hold its first lines).  Nothing may be expected.
 */
bool pipeline_read(struct pipeline *p, enum phase phase, struct reply *r,
		   struct err *e) ATTR_MUST_USE;

#endif
