/* Input: a header block.  Holds: what is written has no line that is neither
 * a field nor its continuation, and no Bcc once that is removed; encoding names
 * changes no address. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/scan.h"
#include "msg/encode.h"
#include "msg/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_block(struct view v, struct headers *h)
{
	struct scan s = scan_of(v);

	while (!scan_done(&s)) {
		const char *start = s.p;
		struct view name;
		struct view rest;

		do {
			scan_until(&s, '\n');
		} while (!scan_done(&s) && scan_peek(&s) == ' ');
		if (header_split((struct view){ start, (size_t)(s.p - start) },
				 &name, &rest))
			headers_add(h, name, rest);
	}
}

static void check_block(const struct headers *h)
{
	CLEAN(str) struct str out = STR_INIT;
	struct scan s;

	headers_write(h, &out);
	s = scan_of(str_view(&out));
	while (!scan_done(&s)) {
		struct view line = scan_until(&s, '\n');
		struct view name;
		struct view rest;

		if (line.n > 0 && ascii_is_blank(line.p[0]))
			continue;
		if (!header_split(line, &name, &rest) ||
		    view_is_nocase(name, "bcc") ||
		    view_is_nocase(name, "resent-bcc"))
			abort();
	}
}

static void check_encoding(struct headers *h)
{
	CLEAN(list) struct list before = LIST_INIT, after = LIST_INIT;
	struct err e = ERR_INIT;
	bool readable = rewrite_recipients(h, &before, NULL, &e);

	encode_headers(h);
	if (!readable)
		return;
	if (!rewrite_recipients(h, &after, NULL, &e) || before.n != after.n)
		abort();
	for (size_t i = 0; i < before.n; i++)
		if (strcmp(before.v[i], after.v[i]) != 0)
			abort();
}

static bool name_bare(void *who, const char *path, struct list *out)
{
	const struct list *known = who;

	if (strchr(path, '@') || known->n == 0)
		return false;
	list_copy(out, known);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(list) struct list all = LIST_INIT;
	CLEAN(envelope) struct envelope env = ENVELOPE_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;
	struct rewrite rw = { .from = FROM_ON,
			      .from_address = "a@x",
			      .date_text = "D",
			      .message_id_text = "<i@x>",
			      .to = size % 2 ? TO_ON : TO_OFF,
			      .remove_bcc = true };

	read_block((struct view){ (const char *)data, size }, &h);
	(void)!rewrite_recipients(&h, &all, NULL, &e);
	for (size_t i = 0; i < all.n; i++)
		envelope_add_recipient(&env, all.v[i]);
	free(rewrite_sender(&h));
	for (size_t i = 0; i < h.n; i++)
		field_unfold(&h.v[i], &text);
	check_encoding(&h);
	if (all.n < 100)
		rewrite_names(&h, name_bare, &all);
	rewrite_apply(&rw, &env, &h);
	check_block(&h);
	return 0;
}
