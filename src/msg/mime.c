#include "config.h"

#include "msg/mime.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/scan.h"
#include "msg/word.h"

/* --- quoted-printable ------------------------------------------------------
 */

void mime_qp_free(struct mime_qp *q)
{
	str_free(&q->held);
	*q = MIME_QP_INIT;
}

/* Have room for n columns and the '=' of a soft line break. */
static void qp_room(struct mime_qp *q, size_t n, struct str *out)
{
	if (q->column + n < MIME_QP_COLUMNS)
		return;
	str_adds(out, "=\n");
	q->column = 0;
}

static size_t qp_encoded(struct mime_qp *q, char c, struct str *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;
	char code[] = { '=', digits[byte >> 4], digits[byte & 15] };

	qp_room(q, sizeof(code), out);
	str_add(out, (struct view){ code, sizeof(code) });
	q->column += sizeof(code);
	return 1;
}

static size_t qp_literal(struct mime_qp *q, struct view v, struct str *out)
{
	str_add(out, v);
	q->column += v.n;
	return v.n;
}

static bool is_literal(char c)
{
	return ascii_is_visible(c) && c != '=';
}

/* What stands for itself, as far as it fits into this line. */
static size_t qp_run(struct mime_qp *q, struct view v, struct str *out)
{
	size_t room = MIME_QP_COLUMNS - 1 - q->column;
	size_t n = 1;

	while (n < v.n && n < room && is_literal(v.p[n]))
		n++;
	return qp_literal(q, view_part(v, 0, n), out);
}

/*
 * Encode a little from the front of v, which is not empty, and return how
 * much; 0 where what follows v decides, which cannot be where v is the last.
 */
static size_t qp_step(struct mime_qp *q, struct view v, bool last,
		      struct str *out)
{
	static const char from[] = "From ";
	size_t known = v.n < strlen(from) ? v.n : strlen(from);

	if (v.p[0] == '\n') {
		str_addc(out, '\n');
		q->column = 0;
		return 1;
	}
	if (ascii_is_blank(v.p[0])) {
		if (v.n == 1 && !last)
			return 0;
		if (v.n == 1 || v.p[1] == '\n')
			return qp_encoded(q, v.p[0], out);
		qp_room(q, 1, out);
		return qp_literal(q, view_part(v, 0, 1), out);
	}
	if (!is_literal(v.p[0]))
		return qp_encoded(q, v.p[0], out);
	qp_room(q, 1, out);
	if (q->column == 0 && v.p[0] == '.')
		return qp_encoded(q, '.', out);
	if (q->column == 0 && memcmp(v.p, from, known) == 0) {
		if (known < strlen(from) && !last)
			return 0;
		if (known == strlen(from))
			return qp_encoded(q, 'F', out);
	}
	return qp_run(q, v, out);
}

static size_t qp_steps(struct mime_qp *q, struct view v, bool last,
		       struct str *out)
{
	size_t done = 0;

	while (done < v.n) {
		size_t n = qp_step(q, view_part(v, done, v.n), last, out);

		if (n == 0)
			break;
		done += n;
	}
	return done;
}

void mime_qp_add(struct mime_qp *q, struct view v, struct str *out)
{
	CLEAN(str) struct str all = q->held;
	size_t done;

	q->held = STR_INIT;
	if (all.len > 0) {
		str_add(&all, v);
		v = str_view(&all);
	}
	done = qp_steps(q, v, false, out);
	str_add(&q->held, view_part(v, done, v.n));
}

void mime_qp_finish(struct mime_qp *q, struct str *out)
{
	qp_steps(q, str_view(&q->held), true, out);
	str_truncate(&q->held, 0);
	if (q->column > 0)
		str_addc(out, '\n');
	q->column = 0;
}

/* --- base64 ----------------------------------------------------------------
 */

void mime_b64_init(struct mime_b64 *b)
{
	*b = (struct mime_b64){ 0 };
}

/* At most one line's worth: what is left of its columns. */
static void b64_put(struct mime_b64 *b, const void *p, size_t n,
		    struct str *out)
{
	char text[MIME_BASE64_COLUMNS];
	size_t length = base64_length(n);

	base64_encode(p, n, text);
	str_add(out, (struct view){ text, length });
	b->column += length;
	if (b->column == MIME_BASE64_COLUMNS) {
		str_addc(out, '\n');
		b->column = 0;
	}
}

void mime_b64_add(struct mime_b64 *b, struct view v, struct str *out)
{
	while (b->held_n > 0 && b->held_n < 3 && v.n > 0) {
		b->held[b->held_n++] = (unsigned char)v.p[0];
		v = view_part(v, 1, v.n);
	}
	if (b->held_n == 3) {
		b64_put(b, b->held, 3, out);
		b->held_n = 0;
	}
	while (v.n >= 3) {
		size_t room = (MIME_BASE64_COLUMNS - b->column) / 4 * 3;
		size_t n = v.n - v.n % 3 < room ? v.n - v.n % 3 : room;

		b64_put(b, v.p, n, out);
		v = view_part(v, n, v.n);
	}
	if (v.n > 0) {
		memcpy(b->held, v.p, v.n);
		b->held_n = v.n;
	}
}

void mime_b64_finish(struct mime_b64 *b, struct str *out)
{
	if (b->held_n > 0)
		b64_put(b, b->held, b->held_n, out);
	if (b->column > 0)
		str_addc(out, '\n');
	mime_b64_init(b);
}

/* --- types and boundaries --------------------------------------------------
 */

/* RFC 2045, 5.1: token. */
static bool scan_token(struct scan *s)
{
	struct view token;

	return scan_while(s, word_is_token_char, &token);
}

static bool scan_quoted(struct scan *s)
{
	if (!scan_byte(s, '"'))
		return false;
	while (!scan_done(s) && scan_peek(s) != '"') {
		scan_byte(s, '\\');
		if (scan_done(s))
			return false;
		s->p++;
	}
	return scan_byte(s, '"');
}

static bool scan_parameter(struct scan *s)
{
	scan_skip_space(s);
	return scan_token(s) && scan_byte(s, '=') &&
	       (scan_token(s) || scan_quoted(s));
}

bool mime_is_type(struct view type)
{
	struct scan s = scan_of(type);

	if (view_has_control(type) || !scan_token(&s) || !scan_byte(&s, '/') ||
	    !scan_token(&s))
		return false;
	while (!scan_done(&s)) {
		scan_skip_space(&s);
		if (!scan_byte(&s, ';') || !scan_parameter(&s))
			return false;
	}
	return true;
}

/* Only its being new counts, so a kernel that gives nothing does no harm. */
void mime_add_boundary(struct str *out)
{
	uint64_t bits[2] = { (uint64_t)clock_now_ms(), (uint64_t)getpid() };
	ssize_t got;

	do
		got = getrandom(bits, sizeof(bits), 0);
	while (got < 0 && errno == EINTR);
	str_addf(out, "=_%016llx%016llx", (unsigned long long)bits[0],
		 (unsigned long long)bits[1]);
}
