#include "config.h"

#include "msg/canon.h"

#include <string.h>

void canon_init(struct canon *c, bool dots)
{
	*c = (struct canon){ .dots = dots, .at_line_start = true };
}

static void end_line(struct canon *c, struct str *out)
{
	str_add(out, (struct view){ "\r\n", 2 });
	c->at_line_start = true;
}

/* Text without CR and LF. */
static void add_text(struct canon *c, struct view v, struct str *out)
{
	if (v.n == 0)
		return;
	if (c->dots && c->at_line_start && v.p[0] == '.')
		str_addc(out, '.');
	str_add(out, v);
	c->at_line_start = false;
}

/* Text without LF, in which each CR ends a line. */
static void add_line(struct canon *c, struct view v, struct str *out)
{
	const char *end = v.p + v.n;
	const char *cr;

	while (v.p < end && (cr = memchr(v.p, '\r', (size_t)(end - v.p)))) {
		add_text(c, (struct view){ v.p, (size_t)(cr - v.p) }, out);
		end_line(c, out);
		v.p = cr + 1;
		c->after_cr = v.p == end;
	}
	add_text(c, (struct view){ v.p, (size_t)(end - v.p) }, out);
}

void canon_add(struct canon *c, struct view v, struct str *out)
{
	if (c->after_cr && v.n > 0) {
		c->after_cr = false;
		v = view_part(v, v.p[0] == '\n', v.n);
	}
	while (v.n > 0) {
		const char *nl = memchr(v.p, '\n', v.n);
		size_t n = nl ? (size_t)(nl - v.p) : v.n;

		add_line(c, view_part(v, 0, n), out);
		if (!nl)
			return;
		if (!c->after_cr) /* else this LF belongs to that CR */
			end_line(c, out);
		c->after_cr = false;
		v = view_part(v, n + 1, v.n);
	}
}

void canon_finish(struct canon *c, struct str *out)
{
	if (!c->at_line_start)
		end_line(c, out);
	c->after_cr = false;
}
