#include "config.h"

#include "msg/own.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"
#include "msg/word.h"

/* --- which field it is -----------------------------------------------------
 */

static bool is_one_of(struct view name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (view_is_nocase(name, names[i]))
			return true;
	return false;
}

bool own_is_single(struct view name)
{
	static const char *const names[] = {
		"From",    "Sender", "To",         "Cc",          "Reply-To",
		"Subject", "Date",   "Message-ID", "In-Reply-To", "References",
	};

	return is_one_of(name, names, ARRAY_LEN(names));
}

bool own_holds_addresses(struct view name)
{
	static const char *const names[] = {
		"From",      "To",         "Cc",           "Bcc",
		"Reply-To",  "Sender",     "Resent-From",  "Resent-To",
		"Resent-Cc", "Resent-Bcc", "Resent-Sender"
	};

	return is_one_of(name, names, ARRAY_LEN(names));
}

static bool is_name(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_visible(name.p[i]) || name.p[i] == ':')
			return false;
	return name.n > 0;
}

static bool refuse(struct view name, const char *why, struct err *e)
{
	CLEAN(mem_string) char *text = mem_copy_n(name.p, name.n);

	return err_set(e, ERR_USAGE, "'%s' %s", text, why);
}

bool own_check_name(struct view name, struct err *e)
{
	if (!is_name(name))
		return refuse(name, "is no name of a header field", e);
	if (view_is_nocase(name, "Bcc") || view_is_nocase(name, "Resent-Bcc"))
		return refuse(name, "is never added, set or removed by name",
			      e);
	if (view_is_nocase(name, "MIME-Version") ||
	    view_starts_nocase(name, "Content-"))
		return refuse(name, "belongs to the body and is left alone", e);
	return true;
}

/* --- its value --------------------------------------------------------------
 */

static void add_mailbox(const struct mailbox *m, struct str *out)
{
	if (!m->name || !m->name[0]) {
		mailbox_add_path(m, out);
		return;
	}
	word_add_name(view_of(m->name), out);
	str_adds(out, " <");
	mailbox_add_path(m, out);
	str_addc(out, '>');
}

/* Blanks in a quoted name are folding places too: RFC 5322, 3.2.4. */
void own_add_mailboxes(size_t name_length, const struct mailboxes *all,
		       struct str *out)
{
	CLEAN(str) struct str text = STR_INIT;

	for (size_t i = 0; i < all->n; i++) {
		if (i > 0)
			str_adds(&text, ", ");
		add_mailbox(&all->v[i], &text);
	}
	header_fold(name_length, str_view(&text), out);
}

/* ASCII is the user's own encoding, and only folded. */
static bool add_value(struct view name, struct view text, struct str *out,
		      struct err *e)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;

	str_addc(out, ' ');
	if (!view_has_8bit(text)) {
		header_fold(name.n, text, out);
		return true;
	}
	if (!own_holds_addresses(name)) {
		word_add_text(name.n, text, out);
		return true;
	}
	if (!address_parse_list(text, &all, e))
		return false;
	own_add_mailboxes(name.n, &all, out);
	return true;
}

bool own_parse(struct view line, struct view *name, struct str *value,
	       struct err *e)
{
	struct view text;

	if (view_has_control(line))
		return err_set(e, ERR_USAGE, "it has a control character");
	if (!header_split(line, name, &text))
		return err_set(e, ERR_USAGE,
			       "it is not of the form 'Name: value'");
	text = view_trim(text);
	if (text.n == 0)
		return refuse(*name, "has no value", e);
	return own_check_name(*name, e) && add_value(*name, text, value, e);
}

/* --- what to do with it -----------------------------------------------------
 */

static void remove_all(const struct list *names, struct headers *h)
{
	struct err ignored = ERR_INIT;

	for (size_t i = 0; names && i < names->n; i++)
		if (own_check_name(view_of(names->v[i]), &ignored))
			headers_remove(h, names->v[i]);
}

/* In front is where *front says, which then moves on. */
static void set_one(struct view name, struct view value, size_t *front,
		    struct headers *h)
{
	CLEAN(mem_string) char *text = mem_copy_n(name.p, name.n);
	size_t at = headers_find(h, text, 0);

	if (at == h->n)
		at = (*front)++;
	headers_remove(h, text);
	headers_insert(h, at, name, value);
}

static void add_one(struct view name, struct view value, size_t *front,
		    struct headers *h)
{
	CLEAN(mem_string) char *text = mem_copy_n(name.p, name.n);

	if (!own_is_single(name) || !headers_have(h, text))
		headers_insert(h, (*front)++, name, value);
}

static void take_all(const struct list *lines,
		     void (*take)(struct view name, struct view value,
				  size_t *front, struct headers *h),
		     size_t *front, struct headers *h)
{
	for (size_t i = 0; lines && i < lines->n; i++) {
		CLEAN(str) struct str value = STR_INIT;
		struct err ignored = ERR_INIT;
		struct view name = VIEW_NONE;

		if (own_parse(view_of(lines->v[i]), &name, &value, &ignored))
			take(name, str_view(&value), front, h);
	}
}

void own_apply(const struct own_edits *edits, struct headers *h)
{
	size_t front = 0;

	remove_all(edits->remove, h);
	take_all(edits->set, set_one, &front, h);
	take_all(edits->add, add_one, &front, h);
}
