#include "config.h"

#include "msg/reencode.h"

#include "base/err.h"
#include "msg/text.h"

#define ENCODING "Content-Transfer-Encoding"
#define TYPE "Content-Type"

static bool is_identity(struct view v)
{
	return view_is_nocase(v, "7bit") || view_is_nocase(v, "8bit") ||
	       view_is_nocase(v, "binary");
}

static bool is_text(struct view v)
{
	return view_starts_nocase(v, "text/");
}

/* True where no field has that name, or one has and its value will do. */
static bool none_or_one(const struct headers *h, const char *name,
			bool (*will_do)(struct view v))
{
	CLEAN(str) struct str value = STR_INIT;
	size_t at = headers_find(h, name, 0);

	if (at == h->n)
		return true;
	if (headers_find(h, name, at + 1) < h->n)
		return false;
	field_unfold(&h->v[at], &value);
	return will_do(view_trim(str_view(&value)));
}

bool reencode_wanted(const struct headers *h, const struct facts *facts)
{
	return facts->longest > FACTS_LINE_MAX &&
	       none_or_one(h, TYPE, is_text) &&
	       none_or_one(h, ENCODING, is_identity);
}

static const char *type_of(const struct facts *facts, bool utf8)
{
	if (!facts->has_8bit)
		return " text/plain; charset=us-ascii";
	return utf8 ? " text/plain; charset=utf-8"
		    : " text/plain; charset=unknown-8bit";
}

static void set_headers(struct headers *h, const char *type)
{
	size_t at;

	if (!headers_have(h, "MIME-Version"))
		headers_add(h, view_of("MIME-Version"), view_of(" 1.0"));
	if (!headers_have(h, TYPE))
		headers_add(h, view_of(TYPE), view_of(type));
	at = headers_find(h, ENCODING, 0);
	headers_remove(h, ENCODING);
	headers_insert(h, at < h->n ? at : h->n, view_of(ENCODING),
		       view_of(" quoted-printable"));
}

bool reencode_body(struct headers *h, const struct draft *from,
		   struct draft *to, struct facts *facts, struct err *e)
{
	struct facts now = FACTS_INIT;
	struct text_sink sink = { to, &now };
	struct text_place bad;

	if ((to->fd < 0 && !draft_open(to, e)) ||
	    !text_check_utf8(from, &bad, e) || !text_copy_qp(from, &sink, e) ||
	    !draft_flush(to, e))
		return false;
	set_headers(h, type_of(facts, bad.line == 0));
	*facts = now;
	return true;
}
