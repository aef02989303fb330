#include "config.h"

#include "deliver/remains.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/sender.h"
#include "msg/address.h"
#include "msg/rewrite.h"

/* A local part may have 64 octets (RFC 5321, 4.5.3.1.1). */
#define SHOWN_MAX 56

/* What was refused for what it is, not for what is missing around it. */
static bool is_worth_keeping(enum err_kind kind)
{
	return kind == ERR_MESSAGE || kind == ERR_RECIPIENT ||
	       kind == ERR_REFUSED || kind == ERR_AUTH || kind == ERR_CONFIG;
}

static void add_boxes(struct envelope *env, const struct mailboxes *boxes)
{
	for (size_t i = 0; i < boxes->n; i++) {
		CLEAN(mem_string) char *path = mailbox_path(&boxes->v[i]);

		if (address_is_path(view_of(path)))
			envelope_add_recipient(env, path);
	}
}

/* What is no address, as a local part, so that people see what it was. */
static void add_as_name(struct envelope *env, const char *text)
{
	CLEAN(str) struct str clean = STR_INIT;
	CLEAN(str) struct str path = STR_INIT;

	for (; *text && clean.len < SHOWN_MAX; text++)
		if (*text > ' ' && *text < 127 && *text != '"' && *text != '\\')
			str_addc(&clean, *text);
		else
			str_addc(&clean, *text == ' ' ? ' ' : '?');
	str_addf(&path, "\"%s\"", clean.len > 0 ? clean.s : "?");
	envelope_add_recipient(env, path.s);
}

static void add_given(const struct prepare *p, struct envelope *env)
{
	for (size_t i = 0; i < p->recipients->n; i++) {
		CLEAN(mailboxes) struct mailboxes boxes = MAILBOXES_INIT;
		CLEAN(list) struct list bad = LIST_INIT;
		struct err ignored = ERR_INIT;

		if (address_parse_some(view_of(p->recipients->v[i]), &boxes,
				       &bad, &ignored))
			add_boxes(env, &boxes);
	}
}

static void add_named(struct message *m)
{
	CLEAN(list) struct list found = LIST_INIT;
	CLEAN(list) struct list bad = LIST_INIT;
	struct err ignored = ERR_INIT;

	if (!rewrite_recipients(&m->headers, &found, &bad, &ignored))
		return;
	for (size_t i = 0; i < found.n; i++)
		if (address_is_path(view_of(found.v[i])))
			envelope_add_recipient(&m->envelope, found.v[i]);
}

/* Everybody who was named, whatever is known of them. */
static void guess_envelope(const struct prepare *p, struct message *m)
{
	struct envelope *env = &m->envelope;
	struct err ignored = ERR_INIT;

	list_clear(&env->recipients);
	add_given(p, env);
	if (p->read_recipients)
		add_named(m);
	if (env->recipients.n == 0)
		add_as_name(env, p->recipients->n > 0 ? p->recipients->v[0]
						      : "nobody");
	if (!sender_choose(p, m, &ignored) ||
	    (env->sender[0] && !address_is_path(view_of(env->sender)))) {
		mem_string_free(&env->sender);
		env->sender = mem_copy("");
	}
}

static bool begin(const struct prepare *p, struct message *m, struct err *e)
{
	guess_envelope(p, m);
	if (p->account->remove_bcc_headers) {
		headers_remove(&m->headers, "Bcc");
		headers_remove(&m->headers, "Resent-Bcc");
	}
	return message_write_headers(m, e);
}

bool remains_read(const struct prepare *p, struct message *m,
		  struct reader *body, const struct err *why, struct err *e)
{
	struct facts facts = FACTS_INIT;

	if (!is_worth_keeping(why->kind))
		return false;
	if (m->draft.fd >= 0)
		return true; /* it is whole: message_filter stopped it */
	if (!begin(p, m, e) || !reader_body(body, &m->draft, &facts, e) ||
	    !draft_flush(&m->draft, e))
		return false;
	m->facts = facts_join(&m->facts, &facts);
	return true;
}

bool remains_composed(const struct prepare *p, struct message *m,
		      const struct draft *body, const struct facts *facts,
		      const struct err *why, struct err *e)
{
	if (!is_worth_keeping(why->kind) || body->fd < 0)
		return false;
	if (m->draft.fd >= 0)
		return true;
	return begin(p, m, e) && message_add_body(m, body, facts, e);
}
