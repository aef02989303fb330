#include "config.h"

#include "deliver/keep.h"

#include "base/maildir.h"

bool keep_sent(const struct account *a, const struct message *m, struct err *e)
{
	return !a->save_sent ||
	       maildir_add(a->save_sent, MAILDIR_SEEN, VIEW_NONE, &m->draft, e);
}

bool keep_captured(const struct account *a, const struct message *m,
		   struct err *e)
{
	const struct list *to = &m->envelope.recipients;
	CLEAN(str) struct str head = STR_INIT;

	str_addf(&head, "X-Envelope-From: <%s>\n", m->envelope.sender);
	for (size_t i = 0; i < to->n; i++)
		str_addf(&head, "X-Envelope-To: <%s>\n", to->v[i]);
	return maildir_add(a->capture, MAILDIR_NEW, str_view(&head), &m->draft,
			   e);
}
