#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/when.h"
#include "cli/mode.h"
#include "cli/queue.h"
#include "deliver/tell.h"

#define WIDTH_USUAL 80
#define WIDTH_LEAST 40
#define INDENT "    "
#define INDENT_N 4
#define MORE_N 24 /* what is around the recipients */

struct listing {
	size_t id_width;
	size_t width;
	size_t shown;
};

bool queue_look_now(const struct queue *q, const char *id, struct seen *s,
		    struct err *e)
{
	switch (queue_look(q, id, s, e)) {
	case SPOOL_TAKEN:
		return true;
	case SPOOL_GONE:
		return err_set(e, ERR_NOINPUT,
			       "message %s is no longer in the queue", id);
	case SPOOL_BUSY:
	case SPOOL_BROKEN:
	case SPOOL_ERROR:
	default:
		return false;
	}
}

static void each_of(struct queue_call *c, const struct queue *q,
		    queue_each_fn *each, void *who, struct err *trouble)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct err e = ERR_INIT;

	if (!spool_list(&q->spool, &ids, &e)) {
		ui_error(&c->ui, &e);
		*trouble = e;
		return;
	}
	for (size_t i = 0; i < ids.n; i++) {
		CLEAN(seen) struct seen s = SEEN_INIT;

		if (queue_look_now(q, ids.v[i], &s, &e)) {
			each(c, q, &s, who);
		} else if (e.kind != ERR_NOINPUT) {
			ui_error(&c->ui, &e);
			*trouble = e;
		}
	}
}

bool queue_each(struct queue_call *c, queue_each_fn *each, void *who,
		struct err *e)
{
	struct err trouble = ERR_INIT;

	for (size_t i = 0; i < c->queues.n; i++)
		each_of(c, &c->queues.v[i], each, who, &trouble);
	if (trouble.kind == ERR_NONE)
		return true;
	*e = trouble;
	return false;
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH_USUAL;
	return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

const char *queue_sender(const struct item *it)
{
	const char *sender = it->envelope.sender;

	return sender && sender[0] ? sender : "<>";
}

/* What was said about the account speaks for its mail, too. */
static const char *said_of(const struct seen *s)
{
	if (s->item.answer)
		return s->item.answer;
	if (s->state == ITEM_FAILED || !s->standing ||
	    s->standing->state == STANDING_GOOD)
		return NULL;
	return s->standing->reason;
}

static void add_part(struct str *out, const char *before, const char *words)
{
	if (out->len > 0)
		str_adds(out, ": ");
	str_addf(out, "%s%s", before, words);
}

void queue_add_answer(struct str *out, const struct seen *s)
{
	const char *said = said_of(s);
	bool held = s->state == ITEM_HELD;
	bool by_hand = held && s->hold == HOLD_USER;
	bool by_account = s->hold == HOLD_CREDENTIALS ||
			  s->hold == HOLD_CONFIGURATION;

	if (queue_is_uncertain(&s->item) && s->hold != HOLD_UNCERTAIN &&
	    !(said && strstr(said, "uncertain")))
		add_part(out, "", "uncertain");
	if (held && (!said || !by_account))
		add_part(out, by_hand ? "held " : "",
			 item_hold_reason(s->hold));
	if (said && !by_hand)
		add_part(out, "", said);
}

/* Columns that s takes, as near as counting characters gets. */
static size_t columns(struct view s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The whole text, printable, cut where the line ends. */
static void print_cut(struct view text, size_t width)
{
	CLEAN(str) struct str clean = STR_INIT;
	size_t n = 0, at = 0;

	str_add_printable(&clean, text);
	while (at < clean.len && n + 1 < width) {
		at++;
		while (at < clean.len &&
		       ((unsigned char)clean.s[at] & 0xc0) == 0x80)
			at++;
		n++;
	}
	printf("%.*s%s\n", (int)at, str_chars(&clean),
	       at < clean.len ? ">" : "");
}

static void add_recipient(struct str *out, const struct item *it, size_t i)
{
	str_adds(out, it->envelope.recipients.v[i]);
	if (it->v[i].progress != ITEM_PENDING)
		str_addf(out, " (%s)", item_progress_word(it->v[i].progress));
}

/* The first one always, the others where the line has room. */
static bool add_fitting(struct str *out, const struct item *it, size_t i,
			size_t room)
{
	CLEAN(str) struct str one = STR_INIT;

	add_recipient(&one, it, i);
	if (out->len > 0 &&
	    columns(str_view(out)) + columns(str_view(&one)) > room)
		return false;
	if (out->len > 0)
		str_adds(out, ", ");
	str_add(out, str_view(&one));
	return true;
}

/* Those last who have it. */
static void add_recipients(struct str *out, const struct item *it, size_t room)
{
	size_t n = it->envelope.recipients.n, shown = 0;

	for (size_t i = 0; i < n; i++)
		if (it->v[i].progress != ITEM_SENT)
			shown += add_fitting(out, it, i, room);
	for (size_t i = 0; i < n; i++)
		if (it->v[i].progress == ITEM_SENT)
			shown += add_fitting(out, it, i, room);
	if (shown < n)
		str_addf(out, " and %zu more", n - shown);
}

#define COLUMNS "%-*s  %-8s %5s %6s  %-8s "

static void print_heading(const struct listing *l)
{
	printf(COLUMNS "%s\n", (int)l->id_width, "ID", "STATE", "AGE", "SIZE",
	       "NEXT TRY", "SENDER");
}

static void print_below(const char *before, const struct str *text,
			const struct listing *l)
{
	if (text->len == 0)
		return;
	printf(INDENT "%s", before);
	print_cut(str_view(text), l->width - INDENT_N - strlen(before));
}

static void print_for_people(struct queue_call *c, const struct queue *q,
			     const struct seen *s, void *who)
{
	struct listing *l = who;
	CLEAN(str) struct str line = STR_INIT;
	CLEAN(str) struct str age = STR_INIT;
	CLEAN(str) struct str size = STR_INIT;
	CLEAN(str) struct str next = STR_INIT;
	CLEAN(str) struct str to = STR_INIT;
	CLEAN(str) struct str answer = STR_INIT;

	(void)q;
	if (l->shown++ == 0)
		print_heading(l);
	queue_add_span(&age, c->now - s->item.created);
	queue_add_size(&size, queue_size(&s->item));
	queue_add_next(&next, s, c->now);
	str_addf(&line, COLUMNS "%s", (int)l->id_width, s->item.id,
		 item_state_word(s->state), age.s, size.s, next.s,
		 queue_sender(&s->item));
	print_cut(str_view(&line), l->width);
	add_recipients(&to, &s->item, l->width - MORE_N);
	print_below("to ", &to, l);
	queue_add_answer(&answer, s);
	print_below("", &answer, l);
}

static void add_field(struct str *out, struct view v)
{
	str_add_printable(out, v);
	str_addc(out, '\t');
}

/* A line of fields, each ended by a tab but for the last. */
static void print_for_programs(struct queue_call *c, const struct queue *q,
			       const struct seen *s, void *who)
{
	struct listing *l = who;
	const struct item *it = &s->item;
	CLEAN(str) struct str line = STR_INIT;
	CLEAN(str) struct str to = STR_INIT;
	CLEAN(str) struct str answer = STR_INIT;

	(void)c;
	(void)q;
	l->shown++;
	str_addf(&line, "%s\t%s\t", it->id, item_state_word(s->state));
	when_add_stamp(&line, it->created);
	str_addf(&line, "\t%llu\t", (unsigned long long)queue_size(it));
	if (s->next > 0)
		when_add_stamp(&line, s->next);
	else
		str_addc(&line, '-');
	str_addc(&line, '\t');
	add_field(&line, view_of(queue_sender(it)));
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		str_adds(&to, i > 0 ? "," : "");
		str_adds(&to, it->envelope.recipients.v[i]);
	}
	add_field(&line, str_view(&to));
	queue_add_answer(&answer, s);
	str_add_printable(&line, str_view(&answer));
	puts(line.s);
}

static size_t id_width(const struct queues *queues)
{
	size_t width = strlen("ID");

	for (size_t i = 0; i < queues->n; i++) {
		CLEAN(list) struct list ids = LIST_INIT;
		struct err ignored = ERR_INIT;

		if (!spool_list(&queues->v[i].spool, &ids, &ignored))
			continue;
		for (size_t j = 0; j < ids.n; j++)
			if (strlen(ids.v[j]) > width)
				width = strlen(ids.v[j]);
	}
	return width;
}

static void print_alarms(const struct queue_call *c)
{
	CLEAN(str) struct str out = STR_INIT;

	for (size_t i = 0; i < c->queues.n; i++)
		tell_loudest(&c->queues.v[i].spool, c->now, &out);
	fputs(str_chars(&out), stdout);
}

int queue_list(struct queue_call *c)
{
	struct listing l = { .width = terminal_width() };
	struct err e = c->queues.err;
	bool ok;

	if (c->json)
		return queue_list_json(c);
	if (c->terminal)
		l.id_width = id_width(&c->queues);
	print_alarms(c);
	ok = queue_each(c, c->terminal ? print_for_people : print_for_programs,
			&l, &e);
	if (ok && l.shown == 0 && e.kind == ERR_NONE)
		puts("the queue is empty");
	return e.kind == ERR_NONE ? 0 : err_exit_status(&e);
}
