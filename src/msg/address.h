/*
 * address: mailboxes and groups of RFC 5322, 3.4 and 4.4, and RFC 6532.
 *
 * Reads what people and programs write: display names, quoted local parts,
 * comments (nested), folding, groups, literals, source routes (dropped),
 * several addresses in one text separated by commas.
 */
#ifndef MSG_ADDRESS_H
#define MSG_ADDRESS_H

#include "base/list.h"
#include "base/str.h"

struct err;

#define ADDRESS_LOCAL_MAX 255  /* generous: RFC 5321 says 64 */
#define ADDRESS_DOMAIN_MAX 255 /* RFC 5321, 4.5.3.1.2 */
#define ADDRESS_COUNT_MAX 100000
#define ADDRESS_BAD_MAX 100 /* of address_parse_some */

struct mailbox {
	char *name;   /* display name, quoting undone; NULL where none */
	char *local;  /* local part, quoting undone, e.g. `john doe` */
	char *domain; /* as written, literals with brackets; NULL: bare name */
};

struct mailboxes {
	struct mailbox *v;
	size_t n, cap;
};

#define MAILBOX_INIT ((struct mailbox){ 0 })
#define MAILBOXES_INIT ((struct mailboxes){ 0 })

void mailbox_free(struct mailbox *m);
void mailboxes_free(struct mailboxes *m);
/* Free all but the first n. */
void mailboxes_cut(struct mailboxes *m, size_t n);

/*
 * Append every mailbox of text (a header value, or an argument of the command
 * line).  ERR_MESSAGE where it is no address list: control characters other
 * than folding, no local part, no closing quote or angle, over the limits;
 * nothing is appended then.  Blank text, empty groups and stray commas are no
 * mailboxes and no error.
 *
 * Beyond the standard, because it is met and its meaning is certain: blanks
 * and any printable character but ()<>@,:;" in an unquoted display name, bytes
 * that are no UTF-8 in it, `a@b <a@b>` (both the same), and a group that is
 * empty up to the end of the text.  A comment is the name where there is no
 * other: `root (Cron Daemon)`.  The name's encoded words stay encoded.
 * A bare name is one word: `a b` and `a@x b@y` are errors.
 *
 * Domains are letters, digits, hyphen, underscore and UTF-8 in labels that
 * are not empty, or a literal [IPv4] or [IPv6:...]; a last dot is dropped.
 * Time is linear in text, nothing recurses.
 */
bool address_parse_list(struct view text, struct mailboxes *out,
			struct err *e) ATTR_MUST_USE;

/*
 * The same, but an address that is none is left out: what is wrong with it is
 * added to bad, and reading goes on behind the next comma.  False only for
 * control characters and where there are too many of these.
 */
bool address_parse_some(struct view text, struct mailboxes *out,
			struct list *bad, struct err *e) ATTR_MUST_USE;

/* Exactly one mailbox.  "<>" and "" are not one. */
bool address_parse_one(struct view text, struct mailbox *out,
		       struct err *e) ATTR_MUST_USE;

/*
 * Append local@domain (or a bare local part) as RFC 5321 writes it inside
 * < and >: the local part quoted only where it must be.  What no parsed
 * mailbox holds, control characters and broken UTF-8, becomes '?'.
 */
void mailbox_add_path(const struct mailbox *m, struct str *out);

/* The same as an owned string. */
char *mailbox_path(const struct mailbox *m);

/*
 * True where path is one valid RFC 5321/6531 path without < and >, or a bare
 * local part: no comments, no folding, no control characters (C1 neither), no
 * last dot, within the limits.  "" is not one.
 */
bool address_is_path(struct view path);

/* Position of the @ that divides path, or path.n where it has none; quoted
 * local parts are understood. */
size_t address_at(struct view path);

/* Equal as recipients: local parts by byte, domains without case. */
bool address_same(const char *a, const char *b);

/* What address.c and address_read.c share: atext; a character of a label; a
 * domain or literal; UTF-8 without control characters (C1 neither). */
bool address_is_atext(char c);
bool address_is_label_char(char c);
bool address_is_domain(struct view v);
bool address_is_clean(struct view v);

#endif
