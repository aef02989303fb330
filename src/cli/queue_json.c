#include "config.h"

#include <stdio.h>

#include "base/json.h"
#include "base/when.h"
#include "cli/mode.h"
#include "cli/queue.h"

static void add_text(struct str *out, const char *name, const char *value)
{
	if (value)
		json_add_member(out, name, view_of(value));
	else
		json_add_raw_member(out, name, "null");
}

static void add_time(struct str *out, const char *name, int64_t when)
{
	CLEAN(str) struct str text = STR_INIT;

	if (when > 0)
		when_add_stamp(&text, when);
	add_text(out, name, when > 0 ? text.s : NULL);
}

static void add_number(struct str *out, const char *name, uint64_t n)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&text, "%llu", (unsigned long long)n);
	json_add_raw_member(out, name, text.s);
}

static void add_recipient(struct str *out, const char *address,
			  const struct item_recipient *r)
{
	CLEAN(str) struct str status = STR_INIT;

	str_addc(out, '{');
	add_text(out, "address", address);
	add_text(out, "state", item_progress_word(r->progress));
	if (r->status[0] > 0)
		str_addf(&status, "%d.%d.%d", r->status[0], r->status[1],
			 r->status[2]);
	add_text(out, "status", status.s);
	add_text(out, "reply", r->said);
	str_addc(out, '}');
}

static void add_recipients(struct str *out, const struct item *it)
{
	str_adds(out, ",\"recipients\":[");
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		if (i > 0)
			str_addc(out, ',');
		add_recipient(out, it->envelope.recipients.v[i], &it->v[i]);
	}
	str_addc(out, ']');
}

bool queue_is_uncertain(const struct item *it)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].uncertain)
			return true;
	return it->in_flight || it->uncertain > 0 || it->hold == HOLD_UNCERTAIN;
}

void queue_add_json(struct str *out, const struct seen *s)
{
	const struct item *it = &s->item;
	bool held = s->state == ITEM_HELD;

	str_addc(out, '{');
	add_text(out, "id", it->id);
	add_text(out, "account", it->origin.label);
	add_text(out, "state", item_state_word(s->state));
	add_text(out, "hold_reason", held ? item_hold_word(s->hold) : NULL);
	json_add_raw_member(out, "uncertain",
			    queue_is_uncertain(it) ? "true" : "false");
	add_number(out, "size", queue_size(it));
	add_time(out, "created", it->created);
	add_time(out, "next_try", s->next);
	add_number(out, "attempts", (uint64_t)it->attempts);
	add_text(out, "sender", it->envelope.sender);
	add_text(out, "message_id", it->message_id);
	add_recipients(out, it);
	str_addc(out, '}');
}

static void print_one(bool *first, const struct seen *s)
{
	CLEAN(str) struct str out = STR_INIT;

	str_adds(&out, *first ? "\n" : ",\n");
	*first = false;
	queue_add_json(&out, s);
	fputs(out.s, stdout);
}

static void print_each(struct queue_call *c, const struct queue *q,
		       const struct seen *s, void *who)
{
	(void)c;
	(void)q;
	print_one(who, s);
}

static bool print_named(struct queue_call *c, bool *first, struct err *e)
{
	for (size_t i = 0; i < c->ids.n; i++) {
		CLEAN(seen) struct seen s = SEEN_INIT;
		CLEAN(str) struct str id = STR_INIT;
		struct queue *q;

		if (!queues_find(&c->queues, c->ids.v[i], &q, &id, e) ||
		    !queue_look_now(q, id.s, &s, e))
			return false;
		print_one(first, &s);
	}
	return true;
}

int queue_list_json(struct queue_call *c)
{
	struct err e = c->queues.err;
	bool first = true;
	bool ok;

	fputs("[", stdout);
	ok = c->ids.n > 0 ? print_named(c, &first, &e)
			  : queue_each(c, print_each, &first, &e);
	puts(first ? "]" : "\n]");
	if (!ok && c->ids.n > 0)
		ui_error(&c->ui, &e);
	return e.kind == ERR_NONE ? 0 : err_exit_status(&e);
}
