/*
 * record: the log line about one attempt, by the account's logfile, syslog,
 * journal and log_format.
 *
 * host tls auth [user] from recipients [mailsize] [smtpstatus smtpmsg]
 * [errormsg] [note] account id tls_version time_ms queue [capture] exitcode, in
 * this order; socket in place of host where there is only a socket.
 */
#ifndef DELIVER_RECORD_H
#define DELIVER_RECORD_H

#include "config/account.h"
#include "msg/envelope.h"
#include "smtp/outcome.h"

/* What became of a message beside the answers that it had. */
struct fate {
	const char *id;   /* in the queue; NULL: it is in none */
	const char *word; /* of queue=: no, sent, queued, held, failed */
	int status;       /* what the caller gets */
	bool loud;        /* somebody should do something */
};

struct record {
	/* Borrowed; NULL where it did not come to that. */
	const struct account *account; /* whose server was tried */
	const struct account *log; /* who says where to log; NULL: account */
	const char *host;          /* the server; NULL: account's */
	const struct envelope *envelope;
	const struct outcome *outcome;
	const struct err *err;    /* NULL: success */
	const struct fate *fate;  /* NULL: no queue, and the status of err */
	const char *tls_version;  /* "TLS1.3" */
	const char *tag;          /* syslog identifier */
	const struct list *notes; /* what else is worth a word, or NULL */
	int64_t started_ms;       /* of clock_now_ms */
	uint64_t octets;          /* of the message, a line end being one */
};

/* trouble is set where a log could not be written; nothing else changes. */
void record_attempt(const struct record *r, struct err *trouble);

/*
 * What people should hear of that is no attempt (LOG_ERR): account id errormsg;
 * id "-" for what is about no one message.  words are printable.
 */
void record_event(const struct account *a, const char *tag, const char *id,
		  const char *words);

/*
 * A submission that failed before there was an account to say where to log:
 * to syslog as by default, since half of all callers throw our words away.
 */
void record_early_failure(const char *tag, const struct err *e);

#endif
