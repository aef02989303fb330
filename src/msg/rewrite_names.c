/* rewrite_names of msg/rewrite.h: who is meant by local names. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"
#include "msg/decode.h"
#include "msg/own.h"
#include "msg/rewrite.h"

struct naming {
	bool (*find)(void *who, const char *path, struct list *out);
	void *who;
	size_t written; /* in all fields */
};

/* A field being written. */
struct value {
	struct mailboxes all;
	struct envelope seen; /* whom it names already */
	bool changed;
};

static void add_mailbox(struct value *v, const char *name, const char *path)
{
	CLEAN(str) struct str decoded = STR_INIT;
	struct err ignored = ERR_INIT;
	size_t had = v->all.n;

	if (envelope_has_recipient(&v->seen, path) ||
	    !address_parse_list(view_of(path), &v->all, &ignored))
		return;
	envelope_add_recipient(&v->seen, path);
	if (!name || v->all.n == had)
		return;
	decode_words(view_of(name), &decoded);
	v->all.v[had].name = str_detach(&decoded);
}

static void add_whom(struct naming *n, struct value *v,
		     const struct mailbox *box)
{
	CLEAN(mem_string) char *path = mailbox_path(box);
	CLEAN(list) struct list whom = LIST_INIT;

	if (!n->find(n->who, path, &whom) || whom.n == 0) {
		add_mailbox(v, box->name, path);
		return;
	}
	v->changed = true;
	n->written += whom.n;
	for (size_t i = 0; i < whom.n; i++)
		add_mailbox(v, whom.n == 1 ? box->name : NULL, whom.v[i]);
}

static void replace_value(struct field *f, const struct mailboxes *all)
{
	struct str out = STR_INIT;

	str_addc(&out, ' ');
	own_add_mailboxes(strlen(f->name), all, &out);
	free(f->value);
	f->length = out.len;
	f->value = str_detach(&out);
}

static void name_field(struct naming *n, struct field *f)
{
	CLEAN(mailboxes) struct mailboxes boxes = MAILBOXES_INIT;
	struct value v = { .seen = ENVELOPE_INIT };
	struct err ignored = ERR_INIT;

	if (!address_parse_list(field_value(f), &boxes, &ignored))
		return;
	for (size_t i = 0; i < boxes.n && n->written < REWRITE_NAMES_MAX; i++)
		add_whom(n, &v, &boxes.v[i]);
	if (v.changed && n->written < REWRITE_NAMES_MAX)
		replace_value(f, &v.all);
	mailboxes_free(&v.all);
	envelope_free(&v.seen);
}

void rewrite_names(struct headers *h,
		   bool (*find)(void *who, const char *path, struct list *out),
		   void *who)
{
	struct naming n = { .find = find, .who = who };

	for (size_t i = 0; i < h->n; i++)
		if (field_is(&h->v[i], "To") || field_is(&h->v[i], "Cc"))
			name_field(&n, &h->v[i]);
}
