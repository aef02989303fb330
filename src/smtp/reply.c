#include "config.h"

#include "smtp/reply.h"

#include "base/scan.h"

static bool bad(struct err *e, const char *why)
{
	return err_set(e, ERR_PROTOCOL, "unreadable reply from server: %s",
		       why);
}

static bool scan_status(struct scan s, int status[3])
{
	return scan_fixed(&s, 1, &status[0]) && scan_byte(&s, '.') &&
	       scan_small(&s, &status[1]) && scan_byte(&s, '.') &&
	       scan_small(&s, &status[2]) &&
	       (scan_done(&s) || scan_byte(&s, ' '));
}

static bool check_code(const struct reply *r, int code, struct err *e)
{
	if (code < 200 || code > 599)
		return bad(e, "the code is out of range");
	if (r->code != 0 && r->code != code)
		return bad(e, "the code changes between lines");
	return true;
}

/* The first line's status speaks for the reply (RFC 2034, section 4). */
static void note_status(struct reply *r, int code, struct view text)
{
	int status[3];

	if (r->lines > 0 || !scan_status(scan_of(text), status) ||
	    status[0] != code / 100)
		return;
	r->has_status = true;
	for (int i = 0; i < 3; i++)
		r->status[i] = status[i];
}

bool reply_add_line(struct reply *r, struct view line, struct err *e)
{
	struct scan s = scan_of(line);
	int code;
	bool more;

	if (line.n > REPLY_LINE_MAX || r->lines >= REPLY_LINES_MAX)
		return bad(e, "it is too long");
	if (!scan_fixed(&s, 3, &code))
		return bad(e, "a line does not start with a code");
	if (!check_code(r, code, e))
		return false;
	more = scan_byte(&s, '-');
	if (!more && !scan_byte(&s, ' ') && !scan_done(&s))
		return bad(e, "a code is not followed by a space");
	note_status(r, code, scan_rest(&s));
	if (r->lines > 0)
		str_addc(&r->text, '\n');
	str_add_printable(&r->text, scan_rest(&s));
	r->code = code;
	r->lines++;
	r->complete = !more;
	return true;
}

void reply_add_said(const struct reply *r, struct str *out)
{
	struct scan s = scan_of(str_view(&r->text));

	for (int i = 0; i < r->lines; i++) {
		struct view line = scan_until(&s, '\n');

		bool last = i + 1 == r->lines;

		str_addf(out, "%s%03d", i > 0 ? "\n" : "", r->code);
		if (line.n > 0 || !last)
			str_addc(out, last ? ' ' : '-');
		str_add(out, line);
	}
}

bool reply_said(const struct reply *r, struct err *e)
{
	CLEAN(str) struct str said = STR_INIT;

	reply_add_said(r, &said);
	return err_said(e, r->code, str_chars(&said));
}

void reply_free(struct reply *r)
{
	str_free(&r->text);
	*r = REPLY_INIT;
}
