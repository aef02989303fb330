/*
 * Input: server bytes, an EHLO reply.  Holds: what is stored is bounded and
 * has no control characters, and each mechanism is a word that AUTH can say.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "smtp/caps.h"
#include "smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct caps *c, size_t size)
{
	struct scan s = scan_of(str_view(&c->auth));
	struct scan lines = scan_of(str_view(&c->all));

	/* A byte that is no UTF-8 becomes one '?', so nothing grows. */
	if (c->all.len > size || c->auth.len > size || c->size < 0)
		abort();
	if (c->offered >> CAP_COUNT != 0)
		abort();
	if (c->by_min_s < 0 || c->hold_max_s < 0 || c->limits.recipients < 0 ||
	    c->limits.transactions < 0 || c->limits.domains < 0 ||
	    c->limits.recipients > 999999)
		abort();
	while (!scan_done(&s))
		if (!caps_is_mechanism(scan_until(&s, ' ')))
			abort();
	while (!scan_done(&lines))
		if (view_has_control(scan_until(&lines, '\n')))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	CLEAN(caps) struct caps c = CAPS_INIT;
	struct err e = ERR_INIT;
	const char *p = (const char *)data;
	const char *end = p + size;

	while (p < end && !r.complete) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		if (!reply_add_line(&r, (struct view){ p, n }, &e))
			return 0;
		p = nl ? nl + 1 : end;
	}
	caps_read(&c, str_chars(&r.text));
	check(&c, size);
	return 0;
}
