#include "config.h"

#include "queue/release.h"

/* Those who have it do not get it again. */
static void try_refused(struct item *it)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		if (it->v[i].progress != ITEM_REFUSED)
			continue;
		it->v[i].progress = ITEM_PENDING;
		it->v[i].told = false;
	}
}

void item_release(struct item *it, int64_t now, const char *why)
{
	if (it->state == ITEM_FAILED) {
		try_refused(it);
		it->held_s = now > it->created ? now - it->created : 0;
	} else if (it->held_since > 0 && now > it->held_since) {
		it->held_s += now - it->held_since;
	}
	it->held_since = 0;
	it->state = ITEM_WAITING;
	it->hold = HOLD_NONE;
	it->failures = 0;
	if (!item_is_for_later(it, now))
		it->due = now;
	item_note(it, now, "%s", why);
}
