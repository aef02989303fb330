#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/mode.h"
#include "cli/queue.h"

/*
 * Programs read this: an ID, a mark, a size, a time of three words and the
 * sender; below it the reason in parentheses, and recipients, far to the right;
 * an empty line ends a message.
 */
#define ID_WIDTH 16
#define RECIPIENT_AT 46
#define KIB 1024

struct total {
	uint64_t bytes;
	size_t n;
};

/* "Sun Nov 22 13:00:00" in local time, English whatever the language. */
static void add_date(struct str *out, int64_t when)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return;
	str_addf(out, "%s %s %2d %02d:%02d:%02d", days[tm.tm_wday],
		 months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
}

static char mark_of(enum item_state state)
{
	switch (state) {
	case ITEM_HELD:
		return '!';
	case ITEM_FAILED:
		return '#';
	case ITEM_WAITING:
	default:
		return ' ';
	}
}

static void add_line(struct str *out, struct view text)
{
	str_add_printable(out, text);
	str_addc(out, '\n');
}

static void add_reason(struct str *out, const struct seen *s)
{
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str line = STR_INIT;

	queue_add_answer(&words, s);
	if (words.len == 0)
		return;
	str_addf(&line, "%*s(%s)", 4, "", words.s);
	add_line(out, str_view(&line));
}

/* Those who have it are no longer in the queue. */
static void add_recipients(struct str *out, const struct item *it)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		CLEAN(str) struct str line = STR_INIT;

		if (it->v[i].progress == ITEM_SENT)
			continue;
		str_addf(&line, "%*s%s", RECIPIENT_AT, "",
			 it->envelope.recipients.v[i]);
		add_line(out, str_view(&line));
	}
}

static void print_item(struct total *total, const struct seen *s)
{
	const struct item *it = &s->item;
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str line = STR_INIT;

	if (total->n++ == 0)
		printf("%-*s %9s %-19s %s\n", ID_WIDTH, "----Queue ID----",
		       "--Size---", "---Arrival Time----",
		       "-Sender/Recipient------");
	total->bytes += queue_size(it);
	str_addf(&line, "%s%c", it->id, mark_of(s->state));
	while (line.len < ID_WIDTH)
		str_addc(&line, ' ');
	str_addf(&line, " %9llu ", (unsigned long long)queue_size(it));
	add_date(&line, it->created);
	str_addf(&line, " %s", queue_sender(it));
	add_line(&out, str_view(&line));
	add_reason(&out, s);
	add_recipients(&out, it);
	puts(out.s);
}

static void print_each(struct queue_call *c, const struct queue *q,
		       const struct seen *s, void *who)
{
	(void)c;
	(void)q;
	print_item(who, s);
}

int queue_mailq(const struct ui *ui, struct queues *q)
{
	struct queue_call c = { .ui = *ui, .queues = *q };
	struct total total = { 0 };
	struct err e = q->err;
	bool ok = queue_each(&c, print_each, &total, &e);

	if (total.n > 0)
		printf("-- %llu Kbytes in %zu Request%s.\n",
		       (unsigned long long)((total.bytes + KIB - 1) / KIB),
		       total.n, total.n == 1 ? "" : "s");
	else if (ok && e.kind == ERR_NONE)
		puts("Mail queue is empty");
	return e.kind == ERR_NONE ? 0 : err_exit_status(&e);
}
