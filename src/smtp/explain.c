#include "config.h"

#include "smtp/explain.h"

#include "base/scan.h"

#define ANY PHASE_COUNT

/* Hints of more than one row. */
#define NOT_THAT_SENDER                                                        \
	"this user may not send as that sender: set 'from' to an address of "  \
	"the account"
#define TOO_LARGE "the message is larger than this server takes"
#define RATE_LIMITED                                                           \
	"the server limits how much is sent: wait, or send more slowly"

/*
 * The first row that fits wins.  A status is compared as text up to its end or
 * a blank; words are looked for in the whole reply, A-Z folded.
 */
static const struct row {
	enum phase phase; /* ANY: at every step */
	int code;
	const char *status; /* NULL: whatever it is */
	const char *words;  /* NULL: whatever it says */
	const char *hint;
} rows[] = {
	{ PHASE_AUTH, 535, "5.7.139", NULL,
	  "sending by SMTP with a password is switched off for this mailbox "
	  "or organisation: sign in by OAuth, or ask its administrator" },
	/* RFC 8689, 5; others use the same status for something else. */
	{ ANY, 550, "5.7.30", "requiretls",
	  "the way to this recipient is not safe all along; without "
	  "require_tls the message is sent as others are" },
	{ ANY, 550, "5.7.30", NULL,
	  "this provider takes no passwords any more: sign in by OAuth" },
	{ PHASE_AUTH, 535, "5.7.3", NULL,
	  "the sign-in has expired or this mailbox may not send by SMTP: "
	  "sign in again" },
	{ PHASE_AUTH, 534, "5.7.9", NULL,
	  "this provider wants an app password or OAuth, not the password of "
	  "the web site" },
	{ PHASE_AUTH, 534, "5.7.14", NULL,
	  "sign in to the provider's web site once, or use an app password" },
	{ PHASE_AUTH, 535, "5.7.8", NULL,
	  "check user and password; many providers want an app password or "
	  "OAuth here" },
	{ PHASE_AUTH, 535, NULL, NULL,
	  "check user and password; some providers want an app password" },
	{ ANY, 501, "5.5.127", NULL,
	  "the access token was about to expire: sign in again" },
	{ PHASE_AUTH, 538, NULL, NULL,
	  "this mechanism needs encryption: set 'tls on'" },
	{ ANY, 454, "4.7.0", "too many login",
	  "too many sign-ins in a short time: wait before the next try" },
	{ ANY, 432, "4.3.2", NULL,
	  "too many connections at once for this mailbox: send one at a "
	  "time" },
	{ ANY, 530, "5.7.0", "starttls",
	  "the server wants encryption first: set 'tls on'" },
	{ ANY, 530, NULL, NULL,
	  "the server wants to know who sends: set 'auth on' and 'user'" },
	{ ANY, 550, "5.7.60", NULL, NOT_THAT_SENDER },
	{ ANY, 554, "5.2.252", NULL, NOT_THAT_SENDER },
	{ ANY, 554, NULL, "sendasdenied", NOT_THAT_SENDER },
	{ ANY, 550, "5.7.26", NULL,
	  "the From address belongs to a domain that does not allow this "
	  "server to send for it: send through that domain's own server" },
	{ ANY, 552, "5.3.4", NULL, TOO_LARGE },
	{ PHASE_BODY, 552, "5.2.3", NULL, TOO_LARGE },
	{ ANY, 421, "4.7.0", NULL, RATE_LIMITED },
	{ ANY, 421, "4.7.28", NULL, RATE_LIMITED },
};

static bool contains_nocase(struct view v, const char *words)
{
	for (size_t i = 0; i < v.n; i++)
		if (view_starts_nocase(view_part(v, i, v.n), words))
			return true;
	return false;
}

#define CODE_LENGTH 4 /* three digits, and a blank or dash */

/* said is "535 5.7.8 words" or "535-5.7.8 words", and more lines. */
static struct view status_of(const char *said)
{
	struct scan s = scan_of(view_of(said));
	struct view first = scan_until(&s, '\n');
	struct scan line = scan_of(view_part(first, CODE_LENGTH, first.n));

	return scan_until(&line, ' ');
}

static bool fits(const struct row *row, enum phase phase, const struct err *e)
{
	return (row->phase == ANY || row->phase == phase) &&
	       row->code == e->code &&
	       (!row->status || view_is(status_of(e->said), row->status)) &&
	       (!row->words || contains_nocase(view_of(e->said), row->words));
}

void explain_reply(enum phase phase, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows) && e->hint[0] == '\0'; i++)
		if (fits(&rows[i], phase, e))
			err_hint(e, "%s", rows[i].hint);
}
