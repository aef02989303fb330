/* Input: text.  Holds: what goes into a header is ASCII without controls but
 * for folding, and a reader is shown the text again. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "msg/decode.h"
#include "msg/word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct str *s)
{
	for (size_t i = 0; i < s->len; i++) {
		char c = s->s[i];

		if (c == '\n' && ascii_is_blank(s->s[i + 1]))
			continue;
		if (ascii_is_control(c) || ascii_is_8bit(c))
			abort();
	}
}

/* Text that needs no cleaning, so that it must come back as it was. */
static bool is_plain(struct view v)
{
	CLEAN(str) struct str printable = STR_INIT;

	str_add_printable(&printable, v);
	return view_equal(str_view(&printable), v) &&
	       view_equal(view_trim(v), v);
}

static void check_shown(const struct str *written, struct view v)
{
	CLEAN(str) struct str flat = STR_INIT;
	CLEAN(str) struct str shown = STR_INIT;

	for (size_t i = 0; i < written->len; i++)
		if (written->s[i] != '\n')
			str_addc(&flat, written->s[i]);
	decode_words(str_view(&flat), &shown);
	if (is_plain(v) && !view_equal(str_view(&shown), v))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str name = STR_INIT;
	CLEAN(str) struct str parameter = STR_INIT;
	CLEAN(str) struct str decoded = STR_INIT;
	struct view v = { (const char *)data, size };

	word_add_text(7, v, &text);
	check(&text);
	check_shown(&text, v);
	word_add_name(v, &name);
	check(&name);
	word_add_parameter("filename", v, &parameter);
	check(&parameter);
	decode_words(v, &decoded);
	return 0;
}
