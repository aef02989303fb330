#include "config.h"

#include "config/lex.h"

#include <string.h>

#include "base/ascii.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void lex_init(struct lex *l, struct view text)
{
	if (view_starts(text, BYTE_ORDER_MARK))
		text = view_part(text, strlen(BYTE_ORDER_MARK), text.n);
	*l = (struct lex){ .rest = text };
}

/* Blanks only: another control character is the caller's to refuse. */
static struct view trim_blanks(struct view v)
{
	while (v.n > 0 && ascii_is_blank(v.p[0]))
		v = view_part(v, 1, v.n);
	while (v.n > 0 && ascii_is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

static struct view unquote(struct view v)
{
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		return view_part(v, 1, v.n - 2);
	return v;
}

bool lex_split(struct view line, struct lex_line *out)
{
	size_t n = 0;

	out->length = line.n;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	line = trim_blanks(line);
	if (line.n == 0 || line.p[0] == '#')
		return false;
	while (n < line.n && !ascii_is_blank(line.p[n]))
		n++;
	out->keyword = view_part(line, 0, n);
	out->argument = unquote(trim_blanks(view_part(line, n, line.n)));
	return true;
}

bool lex_next(struct lex *l, struct lex_line *out)
{
	while (l->rest.n > 0) {
		const char *nl = memchr(l->rest.p, '\n', l->rest.n);
		size_t n = nl ? (size_t)(nl - l->rest.p) : l->rest.n;
		struct view line = view_part(l->rest, 0, n);

		l->rest = view_part(l->rest, n + 1, l->rest.n);
		l->line++;
		if (lex_split(line, out)) {
			out->line = l->line;
			return true;
		}
	}
	return false;
}
