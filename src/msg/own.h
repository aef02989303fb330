/*
 * own: header fields in the words of a person, `Name: value`, as options and
 * configuration files have them.
 */
#ifndef MSG_OWN_H
#define MSG_OWN_H

#include "base/list.h"
#include "msg/header.h"

struct err;
struct mailboxes;

/*
 * line into the name of a field (RFC 5322, 2.2) and its value as it stands
 * behind the colon: a blank first, folded, and encoded (RFC 2047) where it is
 * not ASCII; in a field of addresses only their display names are.
 *
 * ERR_USAGE for what is no field, control characters, no value, and fields
 * that are not for this: Bcc and Resent-Bcc, which would reach nobody or show
 * who was hidden, MIME-Version and Content-*, which belong to the body.
 * ERR_MESSAGE for addresses that are none.
 */
bool own_parse(struct view line, struct view *name, struct str *value,
	       struct err *e) ATTR_MUST_USE;

/* A name alone, to remove; ERR_USAGE by the same rules. */
bool own_check_name(struct view name, struct err *e) ATTR_MUST_USE;

/* True for what a message has once at most (RFC 5322, 3.6). */
bool own_is_single(struct view name);

/* True for fields of mailboxes (RFC 5322, 3.6.2, 3.6.3 and 3.6.6). */
bool own_holds_addresses(struct view name);

/* Append mailboxes as a value: comma separated, names encoded, folded. */
void own_add_mailboxes(size_t name_length, const struct mailboxes *all,
		       struct str *out);

/* What to do to a header block; lists borrowed, or NULL. */
struct own_edits {
	const struct list *remove; /* names */
	const struct list *set;    /* lines, each in place of all of its name */
	const struct list *add;    /* lines */
};

/*
 * Remove, then set, then add, each in order.  A field that is set stands where
 * the first of its name stood.  The others stand before the rest; of fields
 * that a message has once, what is there wins over what is to be added.
 * Lines and names that own_parse and own_check_name refuse are passed over.
 */
void own_apply(const struct own_edits *edits, struct headers *h);

#endif
