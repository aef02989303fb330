/*
 * Input: what a server said, an address, a Message-ID, an envelope ID and a
 * message, with a NUL after each but the last.  Holds: the report has no field
 * that we did not make, no line that SMTP does not carry, and 8 bits only where
 * an address has them.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/facts.h"
#include "msg/header.h"
#include "msg/report.h"

#define BOUNDARY "=_0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fields[] = {
	"From",
	"To",
	"Subject",
	"Date",
	"Message-ID",
	"In-Reply-To",
	"References",
	"MIME-Version",
	"Auto-Submitted",
	"Content-Type",
	"Content-Transfer-Encoding",
	"Reporting-MTA",
	"Arrival-Date",
	"Original-Envelope-Id",
	"Final-Recipient",
	"Action",
	"Status",
	"Diagnostic-Code",
	"Last-Attempt-Date",
};

static bool is_ours(struct view name)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (view_is(name, fields[i]))
			return true;
	return false;
}

/* Up to a line that ends it. */
static void check_fields(struct scan *s, const char *end)
{
	while (!scan_done(s)) {
		struct view line = scan_until(s, '\n');
		struct view name;
		struct view rest;

		if (view_is(line, end))
			return;
		if (line.n == 0 || ascii_is_blank(line.p[0]))
			continue;
		if (!header_split(line, &name, &rest) || !is_ours(name))
			abort();
	}
}

static void check(const struct report *r)
{
	CLEAN(str) struct str out = STR_INIT;
	struct facts f = FACTS_INIT;
	struct scan s;

	report_write(r, &out);
	facts_note(&f, str_view(&out));
	if (f.has_nul || f.longest > FACTS_LINE_MAX || f.current > 0)
		abort();
	if (f.has_8bit && !r->smtputf8)
		abort();
	s = scan_of(str_view(&out));
	check_fields(&s, "");
	while (!scan_done(&s) && !view_is(scan_until(&s, '\n'), "--" BOUNDARY))
		;
	while (!scan_done(&s) && !view_is(scan_until(&s, '\n'), "--" BOUNDARY))
		;
	check_fields(&s, "--" BOUNDARY);
}

static char *next(struct scan *s)
{
	struct view v = scan_until(s, '\0');

	return mem_copy_n(v.p, v.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan s = scan_of((struct view){ (const char *)data, size });
	CLEAN(mem_string) char *said = next(&s);
	CLEAN(mem_string) char *address = next(&s);
	CLEAN(mem_string) char *about = next(&s);
	CLEAN(mem_string) char *envid = next(&s);
	const struct report_recipient who = {
		.address = address,
		.kind = ERR_REFUSED,
		.code = 550,
		.said = said,
	};
	struct report r = {
		.from = "a@example.org",
		.to = "b@example.org",
		.host = "host",
		.account = "work",
		.boundary = BOUNDARY,
		.message_id = "<1@example.org>",
		.id = "ID",
		.about = about,
		.envid = envid,
		.original = scan_rest(&s),
		.v = &who,
		.n = 1,
	};

	check(&r);
	r.smtputf8 = true;
	check(&r);
	r.whole = true;
	check(&r);
	return 0;
}
