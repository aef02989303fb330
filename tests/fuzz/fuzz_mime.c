/*
 * Input: the size of a piece, then bytes.  Holds: both encodings decode to
 * what they were given, in lines as long as allowed; a media type has no
 * control characters.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "msg/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(struct view v, size_t max)
{
	while (v.n > 0) {
		const char *nl = memchr(v.p, '\n', v.n);

		if (!nl || (size_t)(nl - v.p) > max || view_starts(v, ".") ||
		    view_starts(v, "From ") ||
		    (nl > v.p && ascii_is_blank(nl[-1])))
			abort();
		v = view_part(v, (size_t)(nl - v.p) + 1, v.n);
	}
}

/* What follows an '=': a line end, or two digits. */
static size_t decode_escape(struct view v, struct str *out)
{
	if (view_starts(v, "\n"))
		return 1;
	if (v.n < 2 || ascii_hex_value(v.p[0]) < 0 ||
	    ascii_hex_value(v.p[1]) < 0)
		abort();
	str_addc(out, (char)(ascii_hex_value(v.p[0]) * 16 +
			     ascii_hex_value(v.p[1])));
	return 2;
}

static void decode_qp(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '=')
			i += decode_escape(view_part(v, i + 1, v.n), out);
		else
			str_addc(out, v.p[i]);
}

static void check_qp(struct view v, size_t piece)
{
	CLEAN(mime_qp) struct mime_qp q = MIME_QP_INIT;
	CLEAN(str) struct str coded = STR_INIT;
	CLEAN(str) struct str back = STR_INIT;

	for (size_t at = 0; at < v.n; at += piece)
		mime_qp_add(&q, view_part(v, at, piece), &coded);
	mime_qp_finish(&q, &coded);
	check_lines(str_view(&coded), MIME_QP_COLUMNS);
	decode_qp(str_view(&coded), &back);
	if (v.n > 0 && v.p[v.n - 1] != '\n')
		str_truncate(&back, back.len - 1);
	if (!view_equal(v, str_view(&back)))
		abort();
}

static void check_b64(struct view v, size_t piece)
{
	struct mime_b64 b;
	CLEAN(str) struct str coded = STR_INIT;
	CLEAN(str) struct str flat = STR_INIT;
	CLEAN(str) struct str back = STR_INIT;

	mime_b64_init(&b);
	for (size_t at = 0; at < v.n; at += piece)
		mime_b64_add(&b, view_part(v, at, piece), &coded);
	mime_b64_finish(&b, &coded);
	check_lines(str_view(&coded), MIME_BASE64_COLUMNS);
	for (size_t i = 0; i < coded.len; i++)
		if (coded.s[i] != '\n')
			str_addc(&flat, coded.s[i]);
	if (!base64_decode(&back, str_view(&flat)) ||
	    !view_equal(v, str_view(&back)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v;

	if (size < 1)
		return 0;
	v = (struct view){ (const char *)data + 1, size - 1 };
	check_qp(v, data[0] + 1U);
	check_b64(v, data[0] + 1U);
	if (mime_is_type(v) && (view_has_control(v) || !memchr(v.p, '/', v.n)))
		abort();
	return 0;
}
