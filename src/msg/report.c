#include "config.h"

#include "msg/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "msg/facts.h"
#include "msg/header.h"
#include "msg/mime.h"
#include "msg/stamp.h"
#include "msg/word.h"

/* Bytes of a field's value; a line has to stay under FACTS_LINE_MAX. */
#define VALUE_MAX 900
#define MESSAGE_ID_MAX 250

/* --- fields ----------------------------------------------------------------
 */

/* The code point of the one character in v. */
static uint32_t code_point(struct view v)
{
	uint32_t c = (unsigned char)v.p[0];

	if (v.n > 1)
		c &= 0xffU >> (v.n + 1);
	for (size_t i = 1; i < v.n; i++)
		c = c << 6 | ((unsigned char)v.p[i] & 0x3fU);
	return c;
}

/*
 * v, which is clean UTF-8, up to VALUE_MAX bytes.  Where only ASCII may be, the
 * other characters as in utf-8-addr-xtext of RFC 6533, 3.
 */
static void add_value(struct view v, bool utf8, struct str *out)
{
	CLEAN(str) struct str c = STR_INIT;
	size_t start = out->len;

	while (v.n > 0) {
		size_t n = view_utf8_char(v);

		str_truncate(&c, 0);
		if (n > 1 && !utf8)
			str_addf(&c, "\\x{%02" PRIX32 "}",
				 code_point(view_part(v, 0, n)));
		else
			str_add(&c, view_part(v, 0, n));
		if (out->len - start + c.len > VALUE_MAX)
			return;
		str_add(out, str_view(&c));
		v = view_part(v, n, v.n);
	}
}

static void put_field(struct str *out, const char *name, struct view value,
		      bool utf8)
{
	CLEAN(str) struct str clean = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;

	str_add_printable(&clean, value);
	add_value(str_view(&clean), utf8, &text);
	str_addf(out, "%s: ", name);
	header_fold(strlen(name), str_view(&text), out);
	str_addc(out, '\n');
}

static void put_date(struct str *out, const char *name, int64_t when)
{
	CLEAN(str) struct str text = STR_INIT;

	stamp_add_date((time_t)when, &text);
	put_field(out, name, str_view(&text), false);
}

/* --- the part for programs (RFC 3464, 2) ------------------------------------
 */

static void put_host(const struct report *r, struct str *out)
{
	CLEAN(str) struct str text = STR_INIT;

	/* A name of the net has a dot in it. */
	str_addf(&text, "%s; %s",
		 strchr(r->host, '.') ? "dns" : "x-local-hostname", r->host);
	put_field(out, "Reporting-MTA", str_view(&text), r->smtputf8);
}

static void put_address(const struct report *r,
			const struct report_recipient *who, struct str *out)
{
	bool utf8 = view_has_8bit(view_of(who->address));
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&text, "%s; %s", utf8 ? "utf-8" : "rfc822", who->address);
	put_field(out, "Final-Recipient", str_view(&text), r->smtputf8);
}

/*
 * RFC 3463 for what came without a status: delivery time expired where another
 * try might have helped, else what a reply's first digit says.
 */
static void put_status(const struct report_recipient *who, struct str *out)
{
	const struct err e = { .kind = who->kind };
	bool given = who->status[0] != 0;

	if (given)
		str_addf(out, "Status: %d.%d.%d\n", who->status[0],
			 who->status[1], who->status[2]);
	else if (who->code == 0 && err_retry(&e) != ERR_RETRY_NEVER)
		str_adds(out, "Status: 4.4.7\n");
	else
		str_addf(out, "Status: %d.0.0\n", who->code / 100 == 4 ? 4 : 5);
}

/* A reply of several lines is one line here; our own words are no reply. */
static void put_diagnostic(const struct report *r,
			   const struct report_recipient *who, struct str *out)
{
	struct scan s = scan_of(view_of(who->said ? who->said : ""));
	CLEAN(str) struct str text = STR_INIT;

	if (scan_done(&s))
		return;
	str_adds(&text, who->code != 0 ? "smtp;" : "x-postrider;");
	while (!scan_done(&s)) {
		str_addc(&text, ' ');
		str_add(&text, scan_until(&s, '\n'));
	}
	put_field(out, "Diagnostic-Code", str_view(&text), r->smtputf8);
}

static void put_recipient(const struct report *r,
			  const struct report_recipient *who, struct str *out)
{
	str_addc(out, '\n');
	put_address(r, who, out);
	str_adds(out, "Action: failed\n");
	put_status(who, out);
	put_diagnostic(r, who, out);
	if (who->when != 0)
		put_date(out, "Last-Attempt-Date", who->when);
}

static void add_status_part(const struct report *r, struct str *out)
{
	size_t n = r->n < REPORT_LISTED_MAX ? r->n : REPORT_LISTED_MAX;

	put_host(r, out);
	if (r->envid)
		put_field(out, "Original-Envelope-Id", view_of(r->envid),
			  r->smtputf8);
	put_date(out, "Arrival-Date", r->arrived);
	for (size_t i = 0; i < n; i++)
		put_recipient(r, &r->v[i], out);
}

/* --- parts of the multipart -------------------------------------------------
 */

static bool is_short_lined(const struct facts *f)
{
	return !f->has_nul && f->longest <= FACTS_LINE_MAX;
}

static void add_encoded(struct view content, struct str *out)
{
	CLEAN(mime_qp) struct mime_qp qp = MIME_QP_INIT;

	mime_qp_add(&qp, content, out);
	mime_qp_finish(&qp, out);
}

/* raw: 8 bits stay what they are (RFC 2046, 5.2.1, and RFC 6533, 6). */
static void add_part(const struct report *r, const char *type,
		     struct view content, bool raw, struct str *out)
{
	struct facts f = FACTS_INIT;
	const char *encoding = "quoted-printable";

	facts_note(&f, content);
	if (is_short_lined(&f) && (raw || !f.has_8bit))
		encoding = f.has_8bit ? "8bit" : "7bit";
	str_addf(out,
		 "%s--%s\n"
		 "Content-Type: %s\n"
		 "Content-Transfer-Encoding: %s\n\n",
		 out->len > 0 ? "\n" : "", r->boundary, type, encoding);
	if (encoding[0] == 'q') {
		add_encoded(content, out);
		return;
	}
	str_add(out, content);
	if (f.current > 0)
		str_addc(out, '\n');
}

/* The header block, cut where a field ends if it is too long. */
static struct view block_of(struct view original)
{
	struct scan s = scan_of(original);
	size_t end = 0;

	while (!scan_done(&s) && scan_peek(&s) != '\n') {
		size_t at = (size_t)(s.p - original.p);

		if (!ascii_is_blank(scan_peek(&s)))
			end = at;
		(void)scan_until(&s, '\n');
		if ((size_t)(s.p - original.p) > REPORT_BLOCK_MAX)
			return view_part(original, 0, end);
	}
	return view_part(original, 0, (size_t)(s.p - original.p));
}

static void add_original(const struct report *r, struct str *out)
{
	struct facts f = FACTS_INIT;
	struct view block = block_of(r->original);
	bool utf8 = r->smtputf8 && view_is_utf8(block);

	facts_note(&f, r->original);
	if (r->whole && r->original.n <= REPORT_WHOLE_MAX && is_short_lined(&f))
		add_part(r, utf8 ? "message/global" : "message/rfc822",
			 r->original, true, out);
	else if (utf8)
		add_part(r, "message/global-headers", block, true, out);
	else
		add_part(r, "text/rfc822-headers", block, false, out);
}

static void add_body(const struct report *r, struct str *out)
{
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str status = STR_INIT;

	report_add_words(r, &words);
	add_part(r, "text/plain; charset=utf-8", str_view(&words), false, out);
	add_status_part(r, &status);
	add_part(r,
		 r->smtputf8 ? "message/global-delivery-status"
			     : "message/delivery-status",
		 str_view(&status), true, out);
	add_original(r, out);
	str_addf(out, "\n--%s--\n", r->boundary);
}

/* --- the header block -------------------------------------------------------
 */

static bool is_id_char(char c)
{
	return ascii_is_visible(c) && c != '<' && c != '>';
}

/* Fit to be repeated: what the message says there may be anything. */
static bool is_message_id(struct view v)
{
	struct scan s = scan_of(v);
	struct view id;

	return v.n <= MESSAGE_ID_MAX && scan_byte(&s, '<') &&
	       scan_while(&s, is_id_char, &id) && scan_byte(&s, '>') &&
	       scan_done(&s);
}

static void put_subject(const struct report *r, struct str *out)
{
	CLEAN(str) struct str subject = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str value = STR_INIT;

	report_add_subject(r, &subject);
	str_addf(&text, "Not delivered%s%s", subject.len > 0 ? ": " : "",
		 str_chars(&subject));
	word_add_text(strlen("Subject"), str_view(&text), &value);
	str_addf(out, "Subject: %s\n", value.s);
}

static void put_header(const struct report *r, bool eight_bit, struct str *out)
{
	CLEAN(str) struct str from = STR_INIT;

	str_addf(&from, REPORT_AUTHOR " <%s>", r->from);
	put_field(out, "From", str_view(&from), true);
	put_field(out, "To", view_of(r->to), true);
	put_subject(r, out);
	put_date(out, "Date", r->now);
	str_addf(out, "Message-ID: %s\n", r->message_id);
	if (r->about && is_message_id(view_of(r->about)))
		str_addf(out, "In-Reply-To: %s\nReferences: %s\n", r->about,
			 r->about);
	str_addf(out,
		 "Auto-Submitted: auto-replied\n"
		 "MIME-Version: 1.0\n"
		 "Content-Type: multipart/report; report-type=delivery-status;"
		 "\n boundary=\"%s\"\n"
		 "Content-Transfer-Encoding: %s\n\n",
		 r->boundary, eight_bit ? "8bit" : "7bit");
}

void report_write(const struct report *r, struct str *out)
{
	CLEAN(str) struct str body = STR_INIT;

	add_body(r, &body);
	put_header(r, view_has_8bit(str_view(&body)), out);
	str_add(out, str_view(&body));
}
