#include "config.h"

#include "deliver/prepare.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/source.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/filter.h"
#include "deliver/recipients.h"
#include "deliver/sender.h"
#include "deliver/settings.h"
#include "msg/address.h"
#include "msg/encode.h"
#include "msg/own.h"
#include "msg/reencode.h"
#include "msg/rewrite.h"
#include "msg/stamp.h"
#include "net/idn.h"

/* What the account says about fields by name goes before what we do to them
 * and add, which fills the gaps. */
static void edit_headers(const struct account *a, struct headers *h)
{
	own_apply(
		&(struct own_edits){
			.remove = &a->remove_header,
			.set = &a->set_header,
			.add = &a->add_header,
		},
		h);
}

static bool open_local(const struct prepare *p, struct message *m,
		       struct err *e)
{
	local_free(&m->local);
	m->local = (struct local){ .account = p->account,
				   .msmtp_name = p->msmtp_name,
				   .default_aliases = p->default_aliases };
	return local_open(&m->local, e);
}

bool prepare_sender(const struct prepare *p, struct message *m, struct err *e)
{
	return open_local(p, m, e) && sender_choose(p, m, e);
}

bool prepare_envelope(const struct prepare *p, struct message *m, struct err *e)
{
	source_hold(p->account->password_fd);
	if (!settings_wishes(p->account, time(NULL), &m->envelope, e) ||
	    !open_local(p, m, e) || !recipients_choose(p, m, e) ||
	    !sender_choose(p, m, e))
		return false;
	edit_headers(p->account, &m->headers);
	if (!sender_improve_from(p, m, e) ||
	    !envelope_finish(&m->envelope, idn_to_ascii, e))
		return false;
	if (p->account->aliases_headers)
		recipients_rename(m);
	return true;
}

/* RFC 5322, 3.6.4 wants a domain of ours to the right of the @. */
static void message_id_domain(const struct prepare *p,
			      const struct envelope *env, struct str *out)
{
	const char *domain = p->account->domain;
	struct view sender = view_of(env->sender);
	size_t at = address_at(sender);

	if (domain[0] && !strchr(domain, '%') &&
	    strcmp(domain, "localhost") != 0)
		str_adds(out, domain);
	else if (at < sender.n)
		str_add(out, view_part(sender, at + 1, sender.n));
	else
		str_adds(out,
			 p->account->host ? p->account->host : "localhost");
}

static const char *full_name(const struct prepare *p)
{
	return p->full_name ? p->full_name : p->account->from_full_name;
}

static void rewrite_headers(const struct prepare *p, struct message *m)
{
	const struct account *a = p->account;
	bool improve = a->set_from_header == FROM_AUTO && m->from_address;
	CLEAN(mem_string) char *sender = sender_responsible(p, m);
	CLEAN(str) struct str date = STR_INIT;
	CLEAN(str) struct str id = STR_INIT;
	CLEAN(str) struct str domain = STR_INIT;

	stamp_add_date(time(NULL), &date);
	message_id_domain(p, &m->envelope, &domain);
	stamp_add_message_id(domain.s, &id);
	rewrite_apply(
		&(struct rewrite){
			.from = improve ? FROM_ON
					: (enum rewrite_from)a->set_from_header,
			.date = (enum rewrite_auto)a->set_date_header,
			.message_id = (enum rewrite_auto)a->set_msgid_header,
			.to = (enum rewrite_to)a->set_to_header,
			.remove_bcc = a->remove_bcc_headers,
			.from_address = improve ? m->from_address
						: m->envelope.sender,
			.domain = domain.s,
			.from_name = improve ? m->from_name : full_name(p),
			.date_text = date.s,
			.message_id_text = id.s,
			.sender = sender,
			.to_ascii = idn_to_ascii,
		},
		&m->envelope, &m->headers);
}

/* The header block as it will be sent. */
static void change_headers(const struct prepare *p, struct message *m)
{
	rewrite_headers(p, m);
	if (p->account->encode_headers)
		encode_headers(&m->headers);
}

/* Lines that are too long for RFC 5322: the body again, encoded. */
static bool reencode(struct message *m, uint64_t body_at,
		     const struct facts *body_facts, struct err *e)
{
	CLEAN(draft) struct draft old = m->draft;
	CLEAN(draft) struct draft plain = DRAFT_INIT;
	CLEAN(draft) struct draft encoded = DRAFT_INIT;
	struct facts facts = *body_facts;

	m->draft = DRAFT_INIT;
	return draft_open(&plain, e) && draft_copy(&old, body_at, &plain, e) &&
	       draft_flush(&plain, e) &&
	       reencode_body(&m->headers, &plain, &encoded, &facts, e) &&
	       message_write_headers(m, e) &&
	       message_add_body(m, &encoded, &facts, e);
}

static bool read_message(const struct prepare *p, struct message *m,
			 struct reader *body, struct err *e)
{
	struct facts facts = FACTS_INIT;
	uint64_t body_at;

	if (!message_write_headers(m, e))
		return false;
	body_at = m->draft.size;
	if (!reader_body(body, &m->draft, &facts, e) ||
	    !draft_flush(&m->draft, e))
		return false;
	if (p->account->long_lines == SETTINGS_REENCODE &&
	    reencode_wanted(&m->headers, &facts))
		return reencode(m, body_at, &facts, e);
	m->facts = facts_join(&m->facts, &facts);
	return true;
}

bool prepare_message(const struct prepare *p, struct message *m,
		     struct reader *body, struct err *e)
{
	change_headers(p, m);
	return read_message(p, m, body, e) && filter_message(p->account, m, e);
}

bool prepare_composed(const struct prepare *p, struct message *m,
		      const struct draft *body, const struct facts *facts,
		      struct err *e)
{
	change_headers(p, m);
	return message_write_headers(m, e) &&
	       message_add_body(m, body, facts, e) &&
	       filter_message(p->account, m, e);
}
