/* Input: an address list.  Holds: every mailbox makes a path that is one, and
 * a path read again is the same mailbox. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mailbox *m)
{
	CLEAN(mailbox) struct mailbox again = MAILBOX_INIT;
	CLEAN(mem_string) char *path = mailbox_path(m);
	struct view v = view_of(path);
	struct err e = ERR_INIT;

	if (!address_is_path(v) || view_has_control(v) ||
	    (address_at(v) == v.n) != !m->domain)
		abort();
	if (!address_parse_one(v, &again, &e) ||
	    strcmp(again.local, m->local) != 0 || !again.domain != !m->domain ||
	    (m->domain && strcmp(again.domain, m->domain) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	CLEAN(mailboxes) struct mailboxes some = MAILBOXES_INIT;
	CLEAN(mailbox) struct mailbox one = MAILBOX_INIT;
	CLEAN(list) struct list bad = LIST_INIT;
	struct view v = { (const char *)data, size };
	struct err e = ERR_INIT;

	if (address_is_path(v) && !address_parse_one(v, &one, &e))
		abort();
	e = ERR_INIT;
	if (!address_parse_list(v, &all, &e) && all.n > 0)
		abort();
	for (size_t i = 0; i < all.n; i++)
		check(&all.v[i]);
	if (e.kind == ERR_NONE && (!address_parse_some(v, &some, &bad, &e) ||
				   some.n != all.n || bad.n > 0))
		abort();
	if (e.kind != ERR_NONE)
		(void)!address_parse_some(v, &some, &bad, &e);
	for (size_t i = 0; i < some.n; i++)
		check(&some.v[i]);
	return 0;
}
