#include "config.h"

#include "msg/text.h"

#include "base/ascii.h"
#include "base/err.h"
#include "msg/mime.h"
#include "msg/reader.h"

#define TEXT_PIECE 16384

bool text_spool(int fd, struct draft *d, struct facts *facts, struct err *e)
{
	CLEAN(reader) struct reader r;

	reader_init(&r, fd, false);
	return draft_open(d, e) && reader_body(&r, d, facts, e) &&
	       draft_flush(d, e);
}

bool text_put(const struct text_sink *to, struct view v, struct err *e)
{
	facts_note(to->facts, v);
	return draft_add(to->draft, v, e);
}

/* The bytes of v up to the first that is no character; place follows. */
static size_t utf8_run(struct view v, struct text_place *place)
{
	size_t done = 0;

	while (done < v.n) {
		size_t n = 1;

		if (ascii_is_8bit(v.p[done]))
			n = view_utf8_char(view_part(v, done, v.n));
		if (n == 0)
			return done;
		place->byte += n;
		if (v.p[done] == '\n') {
			place->line++;
			place->byte = 1;
		}
		done += n;
	}
	return done;
}

bool text_check_utf8(const struct draft *from, struct text_place *bad,
		     struct err *e)
{
	char buf[TEXT_PIECE];
	uint64_t at = 0;
	size_t got, done;

	*bad = (struct text_place){ 1, 1 };
	do {
		if (!draft_read(from, at, buf, sizeof(buf), &got, e))
			return false;
		done = utf8_run((struct view){ buf, got }, bad);
		at += done; /* a character cut by the piece is read again */
	} while (done > 0);
	if (got == 0)
		bad->line = 0;
	return true;
}

bool text_copy(const struct draft *from, const struct text_sink *to,
	       struct err *e)
{
	char buf[TEXT_PIECE];
	uint64_t at = 0;
	size_t got;

	do {
		if (!draft_read(from, at, buf, sizeof(buf), &got, e) ||
		    !text_put(to, (struct view){ buf, got }, e))
			return false;
		at += got;
	} while (got > 0);
	return true;
}

static bool put_and_clear(const struct text_sink *to, struct str *s,
			  struct err *e)
{
	if (!text_put(to, str_view(s), e))
		return false;
	str_truncate(s, 0);
	return true;
}

bool text_copy_qp(const struct draft *from, const struct text_sink *to,
		  struct err *e)
{
	CLEAN(mime_qp) struct mime_qp q = MIME_QP_INIT;
	CLEAN(str) struct str out = STR_INIT;
	char buf[TEXT_PIECE];
	uint64_t at = 0;
	size_t got;

	do {
		if (!draft_read(from, at, buf, sizeof(buf), &got, e))
			return false;
		mime_qp_add(&q, (struct view){ buf, got }, &out);
		if (!put_and_clear(to, &out, e))
			return false;
		at += got;
	} while (got > 0);
	mime_qp_finish(&q, &out);
	return put_and_clear(to, &out, e);
}
