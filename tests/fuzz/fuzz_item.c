/*
 * Input: a file ID.env.  Holds: what is read as an item is written so that it
 * is the same when it is read again, has a recipient for each verdict, and the
 * mark can be set in it in place.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "msg/address.h"
#include "queue/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_recipients(const struct item *it)
{
	const struct list *all = &it->envelope.recipients;

	if (all->n == 0 || !it->v || it->history.n > ITEM_HISTORY_MAX ||
	    it->origin.keys.n != it->origin.values.n)
		abort();
	for (size_t i = 0; i < all->n; i++)
		if (!address_is_path(view_of(all->v[i])))
			abort();
}

static void check_again(struct str *text)
{
	CLEAN(item) struct item again = ITEM_INIT;
	CLEAN(str) struct str twice = STR_INIT;
	struct err e = ERR_INIT;
	size_t offset;
	struct view mark = item_mark(&offset);

	if (!item_read(&again, str_view(text), &e))
		abort();
	item_write(&again, &twice);
	if (!view_equal(str_view(text), str_view(&twice)))
		abort();
	item_free(&again);
	memcpy(text->s + offset, mark.p, mark.n);
	if (!item_read(&again, str_view(text), &e) || !again.in_flight)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(item) struct item it = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str name = STR_INIT;
	struct view input = { (const char *)data, size };
	struct err e = ERR_INIT;

	if (!item_read(&it, input, &e))
		return 0;
	check_recipients(&it);
	item_account_name(&it.origin, &name);
	item_write(&it, &text);
	check_again(&text);
	return 0;
}
