/*
 * tell: who hears of it when mail in the queue does not go.
 */
#ifndef DELIVER_TELL_H
#define DELIVER_TELL_H

#include "deliver/resume.h"
#include "queue/spool.h"

enum tell_event {
	TELL_FAILED,
	TELL_HELD,
	TELL_UNCERTAIN,
	TELL_TROUBLE,
};

/*
 * Run notify_command, if there is one, with POSTRIDER_EVENT, _ID, _ACCOUNT,
 * _SENDER, _RECIPIENTS, _REASON in its environment; it may be NULL for what is
 * about an account as a whole.  What goes wrong with it is logged, no more.
 */
void tell_command(const struct account *a, enum tell_event event,
		  const struct item *it, const char *reason);

/*
 * Enter a notice (RFC 3464) to the sender about those recipients of t->item
 * that were refused and of whom the sender has not been told, and note that in
 * t->item, which is stored.  Nothing for a null sender or about a notice.  It
 * goes through the same account, or, where that one is at fault, through its
 * fallback; nowhere where there is none.
 */
bool tell_sender(const struct spool *s, struct taken *t,
		 const struct resumed *r, struct err *e) ATTR_MUST_USE;

#endif
