/* What handover says of what became of a message. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/when.h"
#include "cli/handover.h"

#define MINUTE 60
#define HOUR 3600

static void add_count(struct str *out, int64_t n, const char *unit)
{
	str_addf(out, "%" PRId64 " %s%s", n, unit, n == 1 ? "" : "s");
}

/* A tenth more or less is no news: "1 minute", "4 hours". */
static void add_span(struct str *out, int64_t seconds)
{
	if (seconds < MINUTE)
		add_count(out, 1, "minute");
	else if (seconds < 100 * (int64_t)MINUTE)
		add_count(out, (seconds + MINUTE / 2) / MINUTE, "minute");
	else
		add_count(out, (seconds + HOUR / 2) / HOUR, "hour");
}

static void add_local_time(struct str *out, int64_t when)
{
	time_t t = (time_t)when;
	char text[32];
	struct tm tm;

	if (localtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) > 0)
		str_adds(out, text);
}

/* What happens next, after "queued as ID". */
static void add_next(struct str *out, const struct handover *h,
		     const struct stored *st)
{
	int64_t now = (int64_t)time(NULL);
	int64_t next = stored_next_try(h->store, st);

	if (h->store->due > now) {
		str_adds(out, "; it goes at ");
		add_local_time(out, h->store->due);
	} else if (!store_runs(h->store)) {
		str_adds(out, "; the next queue run takes it");
	} else if (next > now) {
		str_adds(out, "; next try in ");
		add_span(out, next - now);
	}
}

/* Why it did not go at once: the server's words where there are any. */
static void add_reason(struct str *out, const struct handover *h,
		       const struct err *e)
{
	const struct standing *standing = &h->store->standing;

	if (e)
		str_addf(out, ": %s", e->text);
	if (e && e->said[0])
		str_addf(out, ": %.*s", (int)strcspn(e->said, "\n"), e->said);
	if (!e && standing->state != STANDING_GOOD && standing->reason)
		str_addf(out, ": %s", standing->reason);
}

static void say_refused(const struct handover *h, const struct item *it)
{
	const struct envelope *env = &it->envelope;

	for (size_t i = 0; env->recipients.n > 1 && i < env->recipients.n; i++)
		if (it->v[i].progress == ITEM_REFUSED)
			ui_recipient(h->ui, env->recipients.v[i],
				     it->v[i].said);
}

/* "sent to 1 of 3 recipients": what there is beside refusals. */
static void add_sent(struct str *out, const struct handover *h,
		     const struct item *it)
{
	size_t sent = item_count(it, ITEM_SENT);

	if (sent > 0)
		str_addf(out, "sent to %zu of %zu recipients; ", sent,
			 it->envelope.recipients.n + h->message->left_out.n);
}

/* Somebody was refused, and is named; the others are not. */
static void say_partly(const struct handover *h, const struct stored *st,
		       const struct err *e)
{
	const struct item *it = &st->item;
	size_t pending = item_count(it, ITEM_PENDING);
	CLEAN(str) struct str text = STR_INIT;

	/* Who was put off is not to be named, and e may be about that one. */
	if (item_count(it, ITEM_REFUSED) == 0)
		e = &h->message->why_left_out;
	ui_error(h->ui, e);
	ui_left_out(h->ui, &h->message->left_out, e);
	say_refused(h, it);
	add_sent(&text, h, it);
	str_addf(&text, "%s as %s for %zu other%s",
		 st->as == STORED_HELD ? "held" : "queued", it->id, pending,
		 pending == 1 ? "" : "s");
	if (st->as == STORED_QUEUED)
		add_next(&text, h, st);
	ui_note(h->ui, "%s", text.s);
}

static void say_queued(const struct handover *h, const struct stored *st,
		       const struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	if (st->status != 0) {
		say_partly(h, st, e);
		return;
	}
	if (!h->notes)
		return;
	if (st->loud && e)
		ui_error(h->ui, e);
	add_sent(&text, h, &st->item);
	str_addf(&text, "queued as %s", st->item.id);
	if (!e || !st->loud)
		add_reason(&text, h, e);
	add_next(&text, h, st);
	if (e && e->kind == ERR_UNCERTAIN)
		str_adds(&text, "; it may arrive twice");
	ui_note(h->ui, "%s", text.s);
}

static void say_held(const struct handover *h, const struct stored *st,
		     const struct err *e)
{
	struct err bare = e ? *e : ERR_INIT;
	CLEAN(str) struct str text = STR_INIT;

	if (st->status != 0) {
		say_partly(h, st, e);
		return;
	}
	if (!h->notes)
		return;
	bare.hint[0] = '\0';
	if (e)
		ui_error(h->ui, &bare);
	str_addf(&text, "message %s is held in the queue", st->item.id);
	if (!e)
		add_reason(&text, h, NULL);
	str_adds(&text, "; 'postrider flush -a ");
	str_add_word(&text, view_of(h->store->account->label));
	str_adds(&text, "' sends it");
	ui_kept(h->ui, text.s);
	if (e)
		ui_hint(h->ui, e);
}

static void say_failed(const struct handover *h, const struct stored *st,
		       const struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	ui_error(h->ui, e);
	ui_left_out(h->ui, &h->message->left_out, e);
	say_refused(h, &st->item);
	add_sent(&text, h, &st->item);
	if (st->item.unready)
		str_addf(&text,
			 "kept as failed: %s; 'postrider queue show --message "
			 "%s' prints it",
			 st->item.id, st->item.id);
	else
		str_addf(&text,
			 "kept as failed: %s; 'postrider queue release %s' "
			 "sends it again",
			 st->item.id, st->item.id);
	ui_note(h->ui, "%s", text.s);
}

/* Nothing is kept: by what queue says, or because it could not be. */
static void say_not(const struct handover *h, const struct stored *st,
		    const struct outcome *out, const struct err *e)
{
	const struct message *m = h->message;

	if (e) {
		ui_error(h->ui, e);
		ui_left_out(h->ui, &m->left_out, e);
	}
	if (st->cannot.kind != ERR_NONE)
		ui_error(h->ui, &st->cannot);
	if (out && e)
		ui_outcome(h->ui, &m->envelope, out, m->left_out.n);
	else if (e || st->cannot.kind != ERR_NONE)
		ui_note(h->ui, NOT_SENT);
}

/* Only who was left out before it began did not get it. */
static void say_sent(const struct handover *h, const struct outcome *out,
		     const struct err *e)
{
	const struct message *m = h->message;

	if (!e)
		return;
	ui_error(h->ui, e);
	ui_left_out(h->ui, &m->left_out, e);
	ui_outcome(h->ui, &m->envelope, out, m->left_out.n);
}

void handover_say(const struct handover *h, const struct stored *st,
		  const struct outcome *out, const struct err *e)
{
	switch (st->as) {
	case STORED_SENT:
		say_sent(h, out, e);
		break;
	case STORED_QUEUED:
		say_queued(h, st, e);
		break;
	case STORED_HELD:
		say_held(h, st, e);
		break;
	case STORED_FAILED:
		say_failed(h, st, e);
		break;
	case STORED_NOT:
	default:
		say_not(h, st, out, e);
		break;
	}
}

/* --- for programs ----------------------------------------------------------
 */

static const char *reply_of(const struct outcome *out)
{
	return out && out->said ? out->said : "";
}

static void add_id(struct str *line, const struct stored *st,
		   const struct outcome *out, const struct err *e)
{
	const char *reply = reply_of(out);

	if (st->as == STORED_QUEUED || st->as == STORED_HELD)
		str_addf(line, "queued %s\n", st->item.id);
	else if (st->as == STORED_FAILED)
		str_addf(line, "failed %s\n", st->item.id);
	else if (!e)
		str_addf(line, "sent %.*s\n", (int)strcspn(reply, "\n"), reply);
}

static const char *progress_of(const struct stored *st,
			       const struct outcome *out, size_t i)
{
	if (st->item.v && st->as != STORED_NOT)
		return item_progress_word(st->item.v[i].progress);
	return item_progress_word(out && out->v[i].settled &&
						  out->v[i].kind == ERR_NONE
					  ? ITEM_SENT
					  : ITEM_REFUSED);
}

static void add_recipient(struct str *json, const char *address,
			  const char *progress, const struct verdict *v)
{
	str_adds(json, "{");
	json_add_member(json, "address", view_of(address));
	json_add_member(json, "state", view_of(progress));
	if (v && v->status[0] > 0) {
		CLEAN(str) struct str status = STR_INIT;

		str_addf(&status, "%d.%d.%d", v->status[0], v->status[1],
			 v->status[2]);
		json_add_member(json, "status", str_view(&status));
	}
	if (v && v->said)
		json_add_member(json, "reply", view_of(v->said));
	str_adds(json, "}");
}

static void add_recipients(struct str *json, const struct handover *h,
			   const struct stored *st, const struct outcome *out)
{
	const struct list *to = &h->message->envelope.recipients;

	str_adds(json, ",\"recipients\":[");
	for (size_t i = 0; i < to->n; i++) {
		if (i > 0)
			str_addc(json, ',');
		add_recipient(json, to->v[i], progress_of(st, out, i),
			      out ? &out->v[i] : NULL);
	}
	str_addc(json, ']');
}

static void add_text(struct str *json, const char *name, const char *text)
{
	if (text && text[0])
		json_add_member(json, name, view_of(text));
	else
		json_add_raw_member(json, name, "null");
}

static void add_next_try(struct str *json, const struct handover *h,
			 const struct stored *st)
{
	CLEAN(str) struct str when = STR_INIT;

	if (st->as == STORED_QUEUED)
		when_add_stamp(&when, stored_next_try(h->store, st));
	add_text(json, "next_try", str_chars(&when));
}

static void add_json(struct str *json, const struct handover *h,
		     const struct stored *st, const struct outcome *out,
		     const struct err *e)
{
	const struct fate fate = stored_fate(h->store, st);
	CLEAN(str) struct str status = STR_INIT;

	str_addf(&status, "%d", st->status);
	str_adds(json, "{");
	json_add_raw_member(json, "exitcode", status.s);
	json_add_member(json, "queue", view_of(fate.word));
	add_text(json, "id", fate.id);
	add_text(json, "account", h->store->account->label);
	add_text(json, "sender", h->message->envelope.sender);
	add_text(json, "message_id", h->message->message_id);
	add_next_try(json, h, st);
	add_text(json, "reply", reply_of(out));
	add_text(json, "error", e ? e->text : NULL);
	add_recipients(json, h, st, out);
	str_adds(json, "}\n");
}

void handover_report(const struct handover *h, const struct stored *st,
		     const struct outcome *out, const struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	struct err trouble = ERR_INIT;

	if (h->report == HANDOVER_ID)
		add_id(&text, st, out, e);
	else if (h->report == HANDOVER_JSON)
		add_json(&text, h, st, out, e);
	if (text.len == 0 || file_write(STDOUT_FILENO, str_view(&text)))
		return;
	/* The status is about the message, which may be gone by now. */
	err_errno(&trouble, "cannot write what became of the message");
	ui_error(h->ui, &trouble);
}
