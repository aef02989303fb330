#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/when.h"
#include "cli/mode.h"
#include "cli/queue.h"

#define HEADER_MAX 65536 /* of the message, that is shown */
#define BLOCK 16384
#define UTF8_MAX 4
#define LABEL "%-11s "

static void print_clean(struct view v)
{
	CLEAN(str) struct str clean = STR_INIT;

	str_add_printable(&clean, v);
	fputs(str_chars(&clean), stdout);
}

static void print_text(const char *label, const char *value)
{
	printf(LABEL, label);
	print_clean(view_of(value));
	putchar('\n');
}

static void print_time(const char *label, int64_t when, const char *after)
{
	CLEAN(str) struct str text = STR_INIT;

	if (when <= 0)
		return;
	when_add_stamp(&text, when);
	printf(LABEL "%s%s\n", label, text.s, after);
}

static void print_state(const struct seen *s)
{
	const struct item *it = &s->item;
	CLEAN(str) struct str text = STR_INIT;

	str_adds(&text, item_state_word(s->state));
	if (s->state == ITEM_HELD)
		str_addf(&text, ": %s", item_hold_reason(s->hold));
	if (s->state == ITEM_FAILED)
		str_adds(&text, ": it is not tried any more");
	print_text("state", text.s);
	if (it->in_flight)
		print_text("uncertain", "its last part has gone out, and no "
					"answer has been noted");
	if (it->uncertain > 0)
		printf(LABEL "%d time%s; it may have arrived\n", "uncertain",
		       it->uncertain, it->uncertain == 1 ? "" : "s");
}

static void print_next(const struct seen *s, int64_t now)
{
	CLEAN(str) struct str after = STR_INIT;

	str_adds(&after, " (");
	queue_add_next(&after, s, now);
	str_addc(&after, ')');
	print_time("next try", s->next, after.s);
}

static void print_account(const struct seen *s)
{
	const struct item_origin *o = &s->item.origin;

	print_text("account", o->label ? o->label : "?");
	if (o->config)
		print_text("settings", o->config);
	if (s->standing && s->standing->reason &&
	    s->standing->state != STANDING_GOOD)
		print_text("trouble", s->standing->reason);
}

static void print_envelope(const struct queue_call *c, const struct seen *s)
{
	const struct item *it = &s->item;
	CLEAN(str) struct str size = STR_INIT;

	print_text("id", it->id);
	print_state(s);
	print_account(s);
	queue_add_size(&size, queue_size(it));
	printf(LABEL "%s\n", "size", size.s);
	print_time("created", it->created, "");
	print_time("last try", it->last_try, "");
	print_next(s, c->now);
	printf(LABEL "%d\n", "attempts", it->attempts);
	if (it->message_id)
		print_text("message-id", it->message_id);
	if (it->is_notice && it->about)
		print_text("notice of", it->about);
	if (it->answer)
		print_text("answer", it->answer);
	print_text("sender", it->envelope.sender && it->envelope.sender[0]
				     ? it->envelope.sender
				     : "<>");
}

static void print_recipient(const char *address, const struct item_recipient *r)
{
	CLEAN(str) struct str line = STR_INIT;

	str_addf(&line, "%s: %s", address, item_progress_word(r->progress));
	if (r->uncertain)
		str_adds(&line, ", may have arrived");
	if (r->said)
		str_addf(&line, ": %s", r->said);
	print_text("recipient", line.s);
}

static void print_history(const struct item *it)
{
	if (it->history.n > 0)
		puts("\nhistory");
	for (size_t i = 0; i < it->history.n; i++) {
		fputs("  ", stdout);
		print_clean(view_of(it->history.v[i]));
		putchar('\n');
	}
}

/* Text of a message: its tabs and line ends stay. */
static void print_shown(struct view v)
{
	while (v.n > 0) {
		size_t n = 0;

		while (n < v.n && v.p[n] != '\t' && v.p[n] != '\n')
			n++;
		print_clean(view_part(v, 0, n));
		if (n < v.n)
			putchar(v.p[n++]);
		v = view_part(v, n, v.n);
	}
}

/* Where the last character begins, which may go on in the next block. */
static size_t whole_characters(const char *buf, size_t n)
{
	size_t at = n;

	while (at > 0 && n - at < UTF8_MAX &&
	       ((unsigned char)buf[at - 1] & 0xc0) == 0x80)
		at--;
	return at > 0 && (unsigned char)buf[at - 1] >= 0xc0 ? at - 1 : n;
}

static bool open_message(const struct queue *q, const char *id, int *fd,
			 struct err *e)
{
	CLEAN(str) struct str name = STR_INIT;

	str_addf(&name, "%s.msg", id);
	*fd = openat(q->spool.fd, name.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd >= 0 || err_errno(e, "cannot open the message %s", name.s);
}

/* Up to the first empty line. */
static void print_headers(int fd)
{
	char buf[HEADER_MAX];
	ssize_t got = pread(fd, buf, sizeof(buf), 0);
	struct view rest = { buf, got > 0 ? (size_t)got : 0 };

	if (rest.n > 0)
		puts("\nheaders");
	while (rest.n > 0 && rest.p[0] != '\n') {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		fputs("  ", stdout);
		print_shown(view_part(rest, 0, n));
		putchar('\n');
		rest = view_part(rest, n + 1, rest.n);
	}
}

/* As it is for a program, fit to be seen on a terminal. */
static bool print_message(int fd, bool terminal, struct err *e)
{
	char buf[BLOCK];
	size_t kept = 0;

	for (;;) {
		ssize_t got = read(fd, buf + kept, sizeof(buf) - kept);
		size_t n = kept + (got > 0 ? (size_t)got : 0), whole;

		if (got < 0)
			return err_errno(e, "cannot read the message");
		whole = got > 0 && terminal ? whole_characters(buf, n) : n;
		if (terminal)
			print_shown((struct view){ buf, whole });
		else
			fwrite(buf, 1, whole, stdout);
		if (got == 0)
			return true;
		kept = n - whole;
		memmove(buf, buf + whole, kept);
	}
}

static bool show(const struct queue_call *c, const struct queue *q,
		 const struct seen *s, struct err *e)
{
	bool ok = true;
	int fd;

	if (!open_message(q, s->item.id, &fd, e))
		return false;
	if (c->message) {
		ok = print_message(fd, c->terminal, e);
	} else {
		print_envelope(c, s);
		for (size_t i = 0; i < s->item.envelope.recipients.n; i++)
			print_recipient(s->item.envelope.recipients.v[i],
					&s->item.v[i]);
		print_history(&s->item);
		print_headers(fd);
	}
	close(fd);
	return ok;
}

static bool show_named(const struct queue_call *c, const char *word,
		       struct err *e)
{
	CLEAN(seen) struct seen s = SEEN_INIT;
	CLEAN(str) struct str id = STR_INIT;
	struct queue *q;

	return queues_find(&c->queues, word, &q, &id, e) &&
	       queue_look_now(q, id.s, &s, e) && show(c, q, &s, e);
}

int queue_show(struct queue_call *c)
{
	int status = 0;

	if (c->json)
		return queue_list_json(c);
	for (size_t i = 0; i < c->ids.n; i++) {
		struct err e = ERR_INIT;

		if (i > 0 && !c->message)
			putchar('\n');
		if (!show_named(c, c->ids.v[i], &e))
			status = fail(&c->ui, &e);
	}
	return status;
}
