#include "config.h"

#include "cli/flush_pick.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "queue/release.h"

void picks_free(struct picks *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].id);
	free(p->v);
	*p = PICKS_INIT;
}

static void add(struct picks *p, struct queue *q, const struct item *it)
{
	p->v = mem_resize(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct pick){ .queue = q,
				      .id = mem_copy(it->id),
				      .last_try = it->last_try,
				      .attempts = it->attempts };
}

/* --- which ones ------------------------------------------------------------
 */

static bool has_part(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; strlen(text) >= n; text++) {
		if (ascii_ncasecmp(text, part, n) == 0)
			return true;
		if (*text == '\0')
			break;
	}
	return false;
}

/* No list asks for nothing. */
static bool is_like(const struct list *parts, const char *text)
{
	if (!parts || parts->n == 0)
		return true;
	for (size_t i = 0; i < parts->n; i++)
		if (has_part(text, parts->v[i]))
			return true;
	return false;
}

static bool any_recipient_is_like(const struct list *parts,
				  const struct item *it)
{
	if (!parts || parts->n == 0)
		return true;
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == ITEM_PENDING &&
		    is_like(parts, it->envelope.recipients.v[i]))
			return true;
	return false;
}

static bool fits(const struct flush *f, const struct item *it)
{
	const char *sender = it->envelope.sender ? it->envelope.sender : "";
	const char *label = it->origin.label ? it->origin.label : "";

	if (f->account && strcmp(label, f->account) != 0)
		return false;
	return is_like(f->like_id, it->id) && is_like(f->like_sender, sender) &&
	       any_recipient_is_like(f->like_recipient, it);
}

static bool is_mended(enum item_hold hold)
{
	return hold == HOLD_CREDENTIALS || hold == HOLD_CONFIGURATION;
}

/* Without IDs. */
static bool wants(const struct flush *f, const struct seen *s, int64_t now)
{
	if (!fits(f, &s->item))
		return false;
	if (s->state == ITEM_HELD)
		return f->account && is_mended(s->hold);
	if (s->state != ITEM_WAITING)
		return false;
	if (f->all || f->account)
		return !item_is_for_later(&s->item, now);
	return s->next <= now;
}

/* --- making them due -------------------------------------------------------
 */

static bool change(struct taken *t, const struct queue *q, int64_t now,
		   struct err *e)
{
	struct item *it = &t->item;

	if (it->state == ITEM_HELD && is_mended(it->hold))
		item_release(it, now, "released: the account is tried again");
	else if (it->state == ITEM_WAITING && it->due > now)
		it->due = now;
	else
		return true;
	return spool_update(&q->spool, t, e);
}

/* One that somebody has is being tried, or gone. */
static bool make_due(const struct queue *q, const struct seen *s, int64_t now,
		     struct err *e)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;

	if (s->item.state == ITEM_WAITING && s->item.due <= now)
		return true;
	switch (spool_take(&q->spool, s->item.id, &t, e)) {
	case SPOOL_TAKEN:
		return change(&t, q, now, e);
	case SPOOL_BUSY:
	case SPOOL_GONE:
		return true;
	case SPOOL_BROKEN:
	case SPOOL_ERROR:
	default:
		return false;
	}
}

/* What only is due waits as long as its account does. */
static bool is_plain(const struct flush *f)
{
	return !f->all && !f->account && !f->ids;
}

static bool pick(const struct flush *f, struct queue *q, const struct seen *s,
		 struct picks *picks, int64_t now, struct err *e)
{
	CLEAN(str) struct str account = STR_INIT;

	add(picks, q, &s->item);
	if (is_plain(f))
		return true;
	item_account_name(&s->item.origin, &account);
	return make_due(q, s, now, e) &&
	       queue_try_account(q, account.s, f->account != NULL, now, e);
}

static void pick_in(const struct flush *f, struct queue *q, struct picks *picks,
		    struct err *trouble)
{
	CLEAN(list) struct list ids = LIST_INIT;
	int64_t now = time(NULL);
	struct err e = ERR_INIT;

	if (!spool_list(&q->spool, &ids, &e)) {
		ui_error(f->ui, &e);
		*trouble = e;
		return;
	}
	for (size_t i = 0; i < ids.n; i++) {
		CLEAN(seen) struct seen s = SEEN_INIT;
		enum spool_found found = queue_look(q, ids.v[i], &s, &e);

		if (found == SPOOL_GONE ||
		    (found == SPOOL_TAKEN && !wants(f, &s, now)))
			continue;
		if (found == SPOOL_TAKEN && pick(f, q, &s, picks, now, &e))
			continue;
		ui_error(f->ui, &e);
		*trouble = e;
	}
}

/* --- by name ---------------------------------------------------------------
 */

static bool cannot_be_tried(const struct seen *s, struct err *e)
{
	const char *id = s->item.id;
	CLEAN(str) struct str word = STR_INIT;

	if (s->state == ITEM_WAITING)
		return false;
	err_set(e, ERR_DEFERRED, "message %s is %s, and is not tried", id,
		item_state_word(s->state));
	str_add_word(&word, view_of(s->item.origin.label));
	if (s->state == ITEM_HELD && is_mended(s->hold))
		err_hint(e, "once that is mended: postrider flush -a %s",
			 word.s);
	else
		err_hint(e, "'postrider queue release %s' sends it", id);
	return true;
}

static bool pick_named(const struct flush *f, const char *word,
		       struct picks *picks, struct err *e)
{
	CLEAN(seen) struct seen s = SEEN_INIT;
	CLEAN(str) struct str id = STR_INIT;
	struct queue *q;

	if (!queues_find(f->queues, word, &q, &id, e))
		return false;
	if (queue_look(q, id.s, &s, e) == SPOOL_GONE)
		return err_set(e, ERR_NOINPUT,
			       "message %s is no longer in the queue", id.s);
	return e->kind == ERR_NONE && !cannot_be_tried(&s, e) &&
	       pick(f, q, &s, picks, time(NULL), e);
}

static bool pick_all_named(const struct flush *f, struct picks *picks,
			   struct err *trouble)
{
	for (size_t i = 0; i < f->ids->n; i++) {
		struct err e = ERR_INIT;

		if (pick_named(f, f->ids->v[i], picks, &e))
			continue;
		ui_error(f->ui, &e);
		*trouble = e;
	}
	return true;
}

/* --- all of it -------------------------------------------------------------
 */

static bool knows_account(const struct flush *f)
{
	struct queues *qs = f->queues;

	for (size_t i = 0; i < qs->config.n; i++)
		if (strcmp(qs->config.v[i].label, f->account) == 0)
			return true;
	return !qs->config_known;
}

/* Those without mail in the queue are tried by the next that comes. */
static bool release_accounts(const struct flush *f, bool *known, struct err *e)
{
	for (size_t i = 0; i < f->queues->n; i++) {
		const struct queue *q = &f->queues->v[i];

		for (size_t j = 0; j < q->accounts.n; j++) {
			const char *label = q->standing[j].label;

			if (!label || strcmp(label, f->account) != 0)
				continue;
			*known = true;
			if (!queue_try_account(q, q->accounts.v[j], true,
					       time(NULL), e))
				return false;
		}
	}
	return true;
}

bool flush_pick(const struct flush *f, struct picks *picks, struct err *e)
{
	bool known = !f->account || knows_account(f);

	if (f->ids && f->ids->n > 0)
		return pick_all_named(f, picks, e);
	for (size_t i = 0; i < f->queues->n; i++)
		pick_in(f, &f->queues->v[i], picks, e);
	if (f->account && !release_accounts(f, &known, e))
		return false;
	if (known || picks->n > 0)
		return true;
	err_set(e, ERR_CONFIG, "there is no account '%s'", f->account);
	return err_hint(e, "'postrider config' shows which files were read");
}
