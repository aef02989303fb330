/* rewrite_names of msg/rewrite.h: who is meant by local names. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"
#include "msg/decode.h"
#include "msg/rewrite.h"
#include "msg/word.h"

struct naming {
	bool (*find)(void *who, const char *path, struct list *out);
	void *who;
	size_t written; /* in all fields */
};

/* A field being written. */
struct value {
	struct str text;
	struct envelope seen; /* whom it names already */
	bool changed;
};

static void add_mailbox(struct value *v, const char *name, const char *path)
{
	CLEAN(str) struct str decoded = STR_INIT;
	CLEAN(str) struct str phrase = STR_INIT;

	if (envelope_has_recipient(&v->seen, path))
		return;
	envelope_add_recipient(&v->seen, path);
	if (v->text.len > 0)
		str_adds(&v->text, ", ");
	if (name) {
		decode_words(view_of(name), &decoded);
		word_add_name(str_view(&decoded), &phrase);
	}
	if (phrase.len > 0)
		str_addf(&v->text, "%s <%s>", phrase.s, path);
	else
		str_adds(&v->text, path);
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

static void replace_value(struct field *f, struct view text)
{
	struct str out = STR_INIT;

	str_addc(&out, ' ');
	header_fold(strlen(f->name), text, &out);
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
		replace_value(f, str_view(&v.text));
	str_free(&v.text);
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
