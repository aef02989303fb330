/* The part of a report that people read. */
#include "config.h"

#include <string.h>

#include "base/scan.h"
#include "msg/decode.h"
#include "msg/header.h"
#include "msg/report.h"
#include "msg/stamp.h"

#define SUBJECT_MAX 120 /* bytes of it that are shown */
#define SAID_LINES_MAX 20
#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400

#define INDENT "    "

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* The value of the first Subject in block, unfolded. */
static void find_subject(struct view block, struct str *out)
{
	struct scan s = scan_of(block);
	bool inside = false;

	while (!scan_done(&s) && scan_peek(&s) != '\n') {
		struct view line = scan_until(&s, '\n');
		struct view name;
		struct view rest;

		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (inside)
				str_add(out, line);
			continue;
		}
		if (inside)
			return;
		inside = header_split(line, &name, &rest) &&
			 view_is_nocase(name, "Subject");
		if (inside)
			str_add(out, rest);
	}
}

/* So much of v as max bytes hold of whole characters, and dots for the rest. */
static void add_cut(struct view v, size_t max, struct str *out)
{
	size_t n = 0;

	while (n < v.n) {
		bool clean;
		size_t more = view_next_char(view_part(v, n, v.n), &clean);

		if (n + more > max)
			break;
		n += more;
	}
	str_add(out, view_part(v, 0, n));
	if (n < v.n)
		str_adds(out, "...");
}

void report_add_subject(const struct report *r, struct str *out)
{
	CLEAN(str) struct str raw = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str clean = STR_INIT;

	find_subject(r->original, &raw);
	decode_words(str_view(&raw), &text);
	str_add_printable(&clean, str_view(&text));
	add_cut(view_trim(str_view(&clean)), SUBJECT_MAX, out);
}

static void add_opening(const struct report *r, struct str *out)
{
	CLEAN(str) struct str subject = STR_INIT;

	report_add_subject(r, &subject);
	str_adds(out, "Your message of ");
	stamp_add_date((time_t)r->arrived, out);
	if (subject.len > 0)
		str_addf(out, "\n\n" INDENT "%s\n\n", subject.s);
	else
		str_addc(out, '\n');
	str_addf(out, "could not be delivered to %s:\n\n",
		 r->n == 1 ? "this recipient" : "these recipients");
}

/* "3 days", of the largest unit of which there are two. */
static void add_span(int64_t s, struct str *out)
{
	if (s >= INT64_C(2) * DAY_S)
		str_addf(out, "%lld days", (long long)(s / DAY_S));
	else if (s >= INT64_C(2) * HOUR_S)
		str_addf(out, "%lld hours", (long long)(s / HOUR_S));
	else if (s >= MINUTE_S)
		str_addf(out, "%lld minute%s", (long long)(s / MINUTE_S),
			 plural((size_t)(s / MINUTE_S)));
	else
		str_adds(out, "less than a minute");
}

/* What another try might have mended was tried until somebody gave up. */
static void add_whose_words(const struct report *r,
			    const struct report_recipient *who, struct str *out)
{
	const struct err e = { .kind = who->kind };
	bool in_vain = who->when != 0 && err_retry(&e) != ERR_RETRY_NEVER;

	str_addc(out, '\n');
	if (in_vain) {
		str_adds(out, "It was tried for ");
		add_span(r->now - r->arrived, out);
		str_addf(out, ", and then given up.\n%s:\n\n",
			 who->code != 0 ? "The last answer of the mail server "
					  "was"
					: "The last reason was");
		return;
	}
	str_adds(out, who->code != 0 ? "The answer of the mail server was:\n\n"
				     : "The reason is:\n\n");
}

static void add_said(const struct report *r, const struct report_recipient *who,
		     struct str *out)
{
	struct scan s = scan_of(view_of(who->said ? who->said : "unknown"));

	add_whose_words(r, who, out);
	for (int i = 0; i < SAID_LINES_MAX && !scan_done(&s); i++) {
		str_adds(out, INDENT);
		str_add_printable(out, scan_until(&s, '\n'));
		str_addc(out, '\n');
	}
	str_addc(out, '\n');
}

static bool same_words(const struct report_recipient *a,
		       const struct report_recipient *b)
{
	return a->code == b->code && a->kind == b->kind &&
	       (a->when == 0) == (b->when == 0) &&
	       (a->said != NULL) == (b->said != NULL) &&
	       (!a->said || strcmp(a->said, b->said) == 0);
}

/* Recipients that follow each other and got the same answer share it. */
static void add_recipients(const struct report *r, struct str *out)
{
	size_t n = r->n < REPORT_NAMED_MAX ? r->n : REPORT_NAMED_MAX;

	for (size_t i = 0; i < n; i++) {
		str_adds(out, INDENT);
		str_add_printable(out, view_of(r->v[i].address));
		str_addc(out, '\n');
		if (i + 1 == n || !same_words(&r->v[i], &r->v[i + 1]))
			add_said(r, &r->v[i], out);
	}
	if (n < r->n)
		str_addf(out,
			 "and to %zu more, whom 'postrider queue show %s' "
			 "lists.\n\n",
			 r->n - n, r->id);
}

static void add_others(const struct report *r, struct str *out)
{
	if (r->taken > 0)
		str_addf(out, "The mail server took it for %zu other%s.\n",
			 r->taken, plural(r->taken));
	if (r->pending > 0)
		str_addf(out,
			 "It is still being tried for %zu other%s, which "
			 "needs nothing of you.\n",
			 r->pending, plural(r->pending));
}

static void add_kept(const struct report *r, struct str *out)
{
	if (r->keep_s < 0) {
		str_adds(out, "until you remove it");
		return;
	}
	str_adds(out, "for ");
	add_span(r->keep_s, out);
}

static void add_advice(const struct report *r, struct str *out)
{
	if (r->pending > 0) {
		str_addf(out,
			 "What has happened so far, and what comes next, is "
			 "shown by\n\n" INDENT "postrider queue show %s\n",
			 r->id);
		return;
	}
	str_adds(out, "Nothing more is sent by itself.  The message is kept ");
	add_kept(r, out);
	str_addf(
		out,
		";\n'postrider queue show %s' says more about it.  Once the "
		"cause is gone,\nthis sends it to whom it did not reach:\n\n" INDENT
		"postrider queue release %s\n",
		r->id, r->id);
}

void report_add_words(const struct report *r, struct str *out)
{
	add_opening(r, out);
	add_recipients(r, out);
	add_others(r, out);
	add_advice(r, out);
	str_adds(out, "\n-- \npostrider on ");
	str_add_printable(out, view_of(r->host));
	str_adds(out, ", account '");
	str_add_printable(out, view_of(r->account));
	str_adds(out, "'\n");
}
