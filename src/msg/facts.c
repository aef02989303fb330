#include "config.h"

#include "msg/facts.h"

#include <string.h>

#include "base/ascii.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Eight bytes at a time: this looks at every byte of every message. */
static bool any_8bit(struct view v)
{
	uint64_t word, seen = 0;
	size_t i = 0;

	for (; i + sizeof(word) <= v.n; i += sizeof(word)) {
		memcpy(&word, v.p + i, sizeof(word));
		seen |= word;
	}
	return (seen & HIGH_BITS) != 0 || view_has_8bit(view_part(v, i, v.n));
}

static void add_to_line(struct facts *f, size_t n)
{
	f->current += n;
	if (f->current > f->longest)
		f->longest = f->current;
}

void facts_note(struct facts *f, struct view v)
{
	const char *end, *nl;

	if (v.n == 0)
		return;
	end = v.p + v.n;
	f->octets += v.n;
	f->has_8bit = f->has_8bit || any_8bit(v);
	f->has_nul = f->has_nul || memchr(v.p, '\0', v.n);
	while (v.p < end && (nl = memchr(v.p, '\n', (size_t)(end - v.p)))) {
		add_to_line(f, (size_t)(nl - v.p));
		f->lines++;
		f->current = 0;
		v.p = nl + 1;
	}
	add_to_line(f, (size_t)(end - v.p));
}

uint64_t facts_wire_size(const struct facts *f)
{
	return f->octets + f->lines + (f->current > 0 ? 2 : 0);
}

struct facts facts_join(const struct facts *a, const struct facts *b)
{
	return (struct facts){
		.octets = a->octets + b->octets,
		.lines = a->lines + b->lines,
		.longest = a->longest > b->longest ? a->longest : b->longest,
		.has_8bit = a->has_8bit || b->has_8bit,
		.has_nul = a->has_nul || b->has_nul,
		.current = b->current,
	};
}
