/*
 * Input: the size of a piece, then text.  Holds: the same in pieces and whole;
 * CR and LF only as CRLF, also at the end; dots doubled and nothing else; the
 * size that facts announce.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "msg/canon.h"
#include "msg/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct view text, bool dots, size_t piece, struct str *out)
{
	struct canon c;

	canon_init(&c, dots);
	for (size_t at = 0; at < text.n; at += piece) {
		struct view part = view_part(text, at, piece);
		size_t before = out->len;

		canon_add(&c, part, out);
		if (out->len - before > 2 * part.n + 1)
			abort();
	}
	canon_finish(&c, out);
}

static void check_line_ends(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\r' && (i + 1 == v.n || v.p[i + 1] != '\n'))
			abort();
		if (v.p[i] == '\n' && (i == 0 || v.p[i - 1] != '\r'))
			abort();
	}
	if (v.n > 0 && v.p[v.n - 1] != '\n')
		abort();
}

/* What a server does: RFC 5321, 4.5.2. */
static void undo_dots(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '.' || (i > 0 && v.p[i - 1] != '\n'))
			str_addc(out, v.p[i]);
		else if (++i < v.n && v.p[i] == '.')
			str_addc(out, '.');
		else
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(str) struct str plain = STR_INIT;
	CLEAN(str) struct str pieces = STR_INIT;
	CLEAN(str) struct str dots = STR_INIT;
	CLEAN(str) struct str undone = STR_INIT;
	struct facts facts = FACTS_INIT;
	struct view text;

	if (size < 2)
		return 0;
	text = (struct view){ (const char *)data + 1, size - 1 };
	run(text, false, text.n, &plain);
	run(text, false, data[0] % 16 + 1, &pieces);
	run(text, true, data[0] / 16 + 1, &dots);
	check_line_ends(str_view(&plain));
	undo_dots(str_view(&dots), &undone);
	if (!view_equal(str_view(&plain), str_view(&pieces)) ||
	    !view_equal(str_view(&plain), str_view(&undone)))
		abort();
	facts_note(&facts, text);
	if (!memchr(text.p, '\r', text.n) &&
	    facts_wire_size(&facts) != plain.len)
		abort();
	return 0;
}
