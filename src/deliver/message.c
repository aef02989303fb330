#include "config.h"

#include "deliver/message.h"

#include <stdlib.h>

#include "queue/spool.h"

void message_free(struct message *m)
{
	envelope_free(&m->envelope);
	headers_free(&m->headers);
	draft_free(&m->draft);
	free(m->message_id);
	list_free(&m->left_out);
	free(m->from_address);
	free(m->from_name);
	list_free(&m->notes);
	local_free(&m->local);
	*m = MESSAGE_INIT;
}

static void note_message_id(struct message *m)
{
	CLEAN(str) struct str raw = STR_INIT;
	CLEAN(str) struct str printable = STR_INIT;
	size_t i = headers_find(&m->headers, "Message-ID", 0);

	free(m->message_id);
	m->message_id = NULL;
	if (i == m->headers.n)
		return;
	field_unfold(&m->headers.v[i], &raw);
	str_add_printable(&printable, str_view(&raw));
	m->message_id = str_detach(&printable);
}

/* Where the queue has no room, the message may go without it. */
static bool open_draft(struct message *m, struct err *e)
{
	draft_free(&m->draft);
	if (m->spool && spool_draft(m->spool, &m->draft, &m->no_spool))
		return true;
	m->spool = NULL;
	return draft_open(&m->draft, e);
}

bool message_write_headers(struct message *m, struct err *e)
{
	CLEAN(str) struct str block = STR_INIT;

	headers_write(&m->headers, &block);
	str_addc(&block, '\n');
	m->facts = FACTS_INIT;
	facts_note(&m->facts, str_view(&block));
	note_message_id(m);
	return open_draft(m, e) && draft_add(&m->draft, str_view(&block), e);
}

bool message_add_body(struct message *m, const struct draft *body,
		      const struct facts *facts, struct err *e)
{
	if (!draft_copy(body, 0, &m->draft, e) || !draft_flush(&m->draft, e))
		return false;
	m->facts = facts_join(&m->facts, facts);
	return true;
}
