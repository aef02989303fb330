#include "config.h"

#include "base/json.h"

#include "base/ascii.h"

static void add_char(struct str *out, struct view c)
{
	if (*c.p == '"' || *c.p == '\\')
		str_addf(out, "\\%c", *c.p);
	else if (*c.p == '\n')
		str_adds(out, "\\n");
	else if (ascii_is_control(*c.p))
		str_addf(out, "\\u%04x", (unsigned)(unsigned char)*c.p);
	else
		str_add(out, c);
}

void json_add_string(struct str *out, struct view v)
{
	str_addc(out, '"');
	while (v.n > 0) {
		size_t n = view_utf8_char(v);

		if (n == 0)
			str_adds(out, "\xef\xbf\xbd");
		else
			add_char(out, (struct view){ v.p, n });
		v = view_part(v, n > 0 ? n : 1, v.n);
	}
	str_addc(out, '"');
}

static void add_name(struct str *out, const char *name)
{
	bool first = out->len == 0 || out->s[out->len - 1] == '{' ||
		     out->s[out->len - 1] == '[';

	if (!first)
		str_addc(out, ',');
	json_add_string(out, view_of(name));
	str_addc(out, ':');
}

void json_add_member(struct str *out, const char *name, struct view value)
{
	add_name(out, name);
	json_add_string(out, value);
}

void json_add_raw_member(struct str *out, const char *name, const char *value)
{
	add_name(out, name);
	str_adds(out, value);
}
