/*
 * rewrite: what we add to a header block, remove from it and change in it.
 *
 * A pure function of its arguments: no clock, no files, no environment.
 */
#ifndef MSG_REWRITE_H
#define MSG_REWRITE_H

#include "msg/envelope.h"
#include "msg/header.h"

enum rewrite_from {
	FROM_AUTO,
	FROM_ON,
	FROM_OFF
}; /* set_from_header */
enum rewrite_auto {
	ADD_AUTO,
	ADD_OFF
}; /* set_date_header and such */
enum rewrite_to {
	TO_OFF,
	TO_ON,
	TO_UNDISCLOSED
}; /* set_to_header */

struct rewrite {
	enum rewrite_from from;
	enum rewrite_auto date, message_id;
	enum rewrite_to to;
	bool remove_bcc;
	/* Borrowed. */
	const char *from_address; /* the envelope's sender; "" is the null
				   * sender; NULL: no From is added */
	const char *from_name;    /* full name, or NULL */
	const char *domain;       /* of MAILER-DAEMON, or NULL */
	const char *date_text;
	const char *message_id_text;
	const char *sender; /* of a Sender field where one is wanted (RFC
			     * 5322, 3.6.2); NULL or "": none is */
	/* For domains in From that are not ASCII, as sender's is; or NULL. */
	bool (*to_ascii)(struct view domain, struct str *out, struct err *e);
};

/*
 * Apply to h.  Added fields stand before the rest in the order From, To,
 * Date, Message-ID, Sender; one whose text is NULL is not added.  Bcc and
 * Resent-Bcc go unless remove_bcc is false.
 *
 * A From for the null sender is MAILER-DAEMON@domain, with from_name before
 * it, or without a domain the empty group MAILER-DAEMON:; (RFC 6854).
 *
 * Sender is added where there is none and From, which must be there, is not
 * that one mailbox alone; never to a message that is resent (a Resent- field).
 *
 * To, where set, takes the place of To, Cc and Bcc.  It lists the addresses,
 * without names, of To and Cc where either is there, else the envelope's
 * recipients; never one that Bcc or Resent-Bcc name.  The envelope's are not
 * listed at all where a Bcc cannot be read or is not found among them as it
 * was written (an alias hides who is who).  Where nobody is left it is
 * undisclosed-recipients:;.
 */
void rewrite_apply(const struct rewrite *rw, const struct envelope *env,
		   struct headers *h);

/*
 * Append the recipients named in To, Cc and Bcc, or, where there is any
 * Resent- field, in Resent-To, -Cc and -Bcc of the first block alone, to out
 * (paths, bare names included, duplicates too).  A block ends at the first
 * other field, or where a second Resent-From, -Date, -Sender or -Message-ID
 * begins another.  ERR_MESSAGE, naming the field, where one is malformed; with
 * bad, a list, such are left out and described there (address_parse_some).
 */
bool rewrite_recipients(const struct headers *h, struct list *out,
			struct list *bad, struct err *e) ATTR_MUST_USE;

/*
 * The first address of From (or of Resent-From where that comes before any
 * From), as a path; NULL where it has none or cannot be read.  Owned.
 */
char *rewrite_sender(const struct headers *h);

/* So many addresses that stand for names are written. */
#define REWRITE_NAMES_MAX 10000

/*
 * In To and Cc, put whom a mailbox stands for in its place: find appends their
 * paths, or returns false where it stays.  The display name stays where it is
 * one.  A field in which nothing changes, or that cannot be read, is left as
 * it is, as are those where the limit is reached.
 */
void rewrite_names(struct headers *h,
		   bool (*find)(void *who, const char *path, struct list *out),
		   void *who);

#endif
