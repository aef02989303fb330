/*
 * tell: who hears of it when mail in the queue does not go: the sender by a
 * notice, others by notify_command, and people who look.
 */
#ifndef DELIVER_TELL_H
#define DELIVER_TELL_H

#include "deliver/resume.h"
#include "queue/spool.h"
#include "queue/standing.h"

/* --- notify_command --------------------------------------------------------
 */

enum tell_event {
	TELL_FAILED,
	TELL_HELD,
	TELL_UNCERTAIN,
	TELL_TROUBLE,
};

/* After so long, or the account's deadline if that is less, the command is
 * ended, and this process starts no other. */
#define TELL_COMMAND_S 30

/*
 * Run notify_command, if there is one, with POSTRIDER_EVENT, _ID, _ACCOUNT,
 * _SENDER, _RECIPIENTS, _REASON in its environment; it may be NULL for what is
 * about an account as a whole.  What goes wrong with it is logged, no more.
 */
void tell_command(const struct account *a, enum tell_event event,
		  const struct item *it, const char *reason);

/*
 * True where a notify_command has started this process: what it sends is a
 * notice, though about no item, about which neither a sender nor a command
 * hears: that could go on for ever.
 */
bool tell_is_within(void);

/*
 * e is what standing_note was told, and st what it made of that: the log and
 * notify_command hear once of each fault that is told loudly (exit status 76,
 * 77 and 78).  True where st->told was set by this, so that the caller stores
 * st.  it, or NULL, is the item that met the fault.
 */
bool tell_fault(const struct account *a, struct standing *st,
		const struct err *e, const struct item *it);

/* --- notices ---------------------------------------------------------------
 */

/* True where a notice about it is due that has not been entered. */
bool tell_owes(const struct item *it);

/*
 * Enter a notice (RFC 3464) to the sender about those recipients of t->item
 * that were refused and of whom the sender has not been told, and note that in
 * t->item, which is stored.  Nothing for a null sender, about a notice, or
 * where the envelope wants none (RFC 3461, 4.1).  It goes through the same
 * account, or, where that one is at fault, through its fallback; nowhere where
 * there is none: that is logged, and the item goes on owing it.
 *
 * t->item is on disk as it is, failed or with recipients refused: killed at
 * any point in here the sender gets a second notice, or none and the item
 * owes it.  False: the notice, or the note, could not be stored.
 */
bool tell_sender(const struct spool *s, struct taken *t,
		 const struct resumed *r, struct err *e) ATTR_MUST_USE;

/*
 * The same for an item that another run, or an earlier try, left owing: a
 * notice about it that is in the queue counts as entered, and it is not logged
 * again that there is no way.
 */
bool tell_sender_again(const struct spool *s, struct taken *t,
		       const struct resumed *r, struct err *e) ATTR_MUST_USE;

enum told {
	TOLD_SENDER,
	TOLD_NOBODY, /* nobody is to be told */
	TOLD_NOT,    /* there was no way; why says so */
};

/*
 * Give an item up: all who are pending are refused, it is failed and stored,
 * and its sender is told of all who were refused, even if it was before.  The
 * caller has a run started for the notice.  False: the item is what it was.
 */
bool tell_bounce(const struct spool *s, struct taken *t, int64_t now,
		 enum told *told, struct err *why, struct err *e) ATTR_MUST_USE;

/* --- people who look -------------------------------------------------------
 */

/*
 * Append a line for each account that is held or whose server is in trouble:
 * what failed, what becomes of its mail, what to do; and one about messages
 * that were damaged and set aside.  Nothing where all is well.
 */
void tell_loudest(const struct spool *s, int64_t now, struct str *out);

#endif
