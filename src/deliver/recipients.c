#include "config.h"

#include "deliver/recipients.h"

#include "base/err.h"
#include "base/mem.h"
#include "deliver/prepare.h"
#include "msg/address.h"
#include "msg/rewrite.h"
#include "net/idn.h"
#include "smtp/outcome.h"

/* True where e, about one recipient, need not stop the others. */
static bool leave_out(const struct prepare *p, struct message *m,
		      const struct err *e)
{
	if (!p->account->partial ||
	    (e->kind != ERR_MESSAGE && e->kind != ERR_RECIPIENT))
		return false;
	if (m->left_out.n == 0 || outcome_graver(e->kind, m->why_left_out.kind))
		m->why_left_out = *e;
	list_add(&m->left_out, e->text);
	return true;
}

/* The same for each line of bad. */
static void leave_out_all(const struct prepare *p, struct message *m,
			  const char *where, const struct list *bad)
{
	for (size_t i = 0; i < bad->n; i++) {
		struct err e = ERR_INIT;

		err_set(&e, ERR_MESSAGE, "%s: %s", where, bad->v[i]);
		(void)!leave_out(p, m, &e);
	}
}

static bool add_recipients(const struct prepare *p, struct message *m,
			   const char *text, struct err *e)
{
	CLEAN(mailboxes) struct mailboxes boxes = MAILBOXES_INIT;
	CLEAN(list) struct list bad = LIST_INIT;
	struct view v = view_of(text);

	if (view_has_control(v))
		return err_set(e, ERR_USAGE,
			       "the recipient '%s' has a control "
			       "character in it",
			       text);
	if (p->account->partial ? !address_parse_some(v, &boxes, &bad, e)
				: !address_parse_list(v, &boxes, e))
		return err_context(e, "the recipient '%s'", text);
	leave_out_all(p, m, "a recipient", &bad);
	for (size_t i = 0; i < boxes.n; i++) {
		CLEAN(mem_string) char *path = mailbox_path(&boxes.v[i]);

		envelope_add_recipient(&m->envelope, path);
	}
	return true;
}

static bool add_header_recipients(const struct prepare *p, struct message *m,
				  struct err *e)
{
	CLEAN(list) struct list found = LIST_INIT;
	CLEAN(list) struct list bad = LIST_INIT;

	if (!rewrite_recipients(&m->headers, &found,
				p->account->partial ? &bad : NULL, e))
		return false;
	leave_out_all(p, m, "a recipient in the header", &bad);
	for (size_t i = 0; i < found.n; i++)
		envelope_add_recipient(&m->envelope, found.v[i]);
	return true;
}

/* What the envelope would refuse stops nobody else here. */
static bool check_recipient(const char *path, struct err *e)
{
	CLEAN(envelope) struct envelope alone = ENVELOPE_INIT;

	envelope_add_recipient(&alone, path);
	return envelope_finish(&alone, idn_to_ascii, e) ||
	       err_context(e, "the recipient '%s'", path);
}

static bool add_checked(const struct prepare *p, struct message *m,
			const char *path, struct err *e)
{
	struct err why = ERR_INIT;

	if (check_recipient(path, &why)) {
		envelope_add_recipient(&m->envelope, path);
		return true;
	}
	if (leave_out(p, m, &why))
		return true;
	*e = why;
	return false;
}

/* Whom they stand for, as far as they are right. */
static bool resolve_recipients(const struct prepare *p, struct message *m,
			       struct err *e)
{
	CLEAN(list) struct list all = m->envelope.recipients;

	m->envelope.recipients = LIST_INIT;
	for (size_t i = 0; i < all.n; i++) {
		CLEAN(list) struct list whom = LIST_INIT;
		struct err why = ERR_INIT;

		if (!local_resolve(&m->local, all.v[i], &whom, &m->notes,
				   &why) &&
		    !leave_out(p, m, &why)) {
			*e = why;
			return false;
		}
		for (size_t k = 0; k < whom.n; k++)
			if (!add_checked(p, m, whom.v[k], e))
				return false;
	}
	return true;
}

static bool nobody(const struct prepare *p, const struct message *m,
		   struct err *e)
{
	if (m->left_out.n > 0) {
		*e = m->why_left_out;
		return false;
	}
	err_set(e, ERR_USAGE, "no recipients");
	return err_hint(e, p->read_recipients
				   ? "the message has no address in To, "
				     "Cc or Bcc"
				   : "name them as arguments, or give -t "
				     "to take them from the message");
}

bool recipients_choose(const struct prepare *p, struct message *m,
		       struct err *e)
{
	for (size_t i = 0; i < p->recipients->n; i++)
		if (!add_recipients(p, m, p->recipients->v[i], e))
			return false;
	if (p->read_recipients && !add_header_recipients(p, m, e))
		return false;
	if (!resolve_recipients(p, m, e))
		return false;
	return m->envelope.recipients.n > 0 || nobody(p, m, e);
}

static bool stands_for(void *who, const char *path, struct list *out)
{
	struct message *m = who;
	CLEAN(list) struct list told = LIST_INIT; /* of the envelope already */
	struct err ignored = ERR_INIT;

	if (!local_is(&m->local, path))
		return false;
	aliases_begin(&m->local.aliases);
	return local_resolve(&m->local, path, out, &told, &ignored);
}

void recipients_rename(struct message *m)
{
	rewrite_names(&m->headers, stands_for, m);
}
