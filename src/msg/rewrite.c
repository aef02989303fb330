#include "config.h"

#include "msg/rewrite.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"
#include "msg/word.h"

#define UNDISCLOSED "undisclosed-recipients:;"

static const char *const open_fields[] = { "To", "Cc" };
static const char *const hidden_fields[] = { "Bcc", "Resent-Bcc" };
static const char *const plain_fields[] = { "To", "Cc", "Bcc" };
static const char *const resent_fields[] = { "Resent-To", "Resent-Cc",
					     "Resent-Bcc" };

/* --- recipients and sender that a header block names ---------------------- */

static bool is_one_of(const struct field *f, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (field_is(f, names[i]))
			return true;
	return false;
}

static bool is_resent(const struct field *f)
{
	return ascii_ncasecmp(f->name, "Resent-", 7) == 0;
}

/* bad: see address_parse_some; NULL: one that is wrong is an error. */
static bool add_paths(const struct field *f, struct list *out, struct list *bad,
		      struct err *e)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	struct view value = field_value(f);

	if (bad ? !address_parse_some(value, &all, bad, e)
		: !address_parse_list(value, &all, e))
		return err_context(e, "in the field %s", f->name);
	for (size_t i = 0; i < all.n; i++) {
		CLEAN(mem_string) char *path = mailbox_path(&all.v[i]);

		list_add(out, path);
	}
	return true;
}

/*
 * The end of the Resent block that starts at field i.  Blocks are told apart
 * by what stands between them, or, where nothing does, by a field that each
 * has once (RFC 5322, 3.6.6).
 */
static size_t block_end(const struct headers *h, size_t i)
{
	static const char *const once[] = { "Resent-From", "Resent-Date",
					    "Resent-Sender",
					    "Resent-Message-ID" };
	bool seen[ARRAY_LEN(once)] = { false };

	for (; i < h->n && is_resent(&h->v[i]); i++)
		for (size_t k = 0; k < ARRAY_LEN(once); k++) {
			if (!field_is(&h->v[i], once[k]))
				continue;
			if (seen[k])
				return i;
			seen[k] = true;
		}
	return i;
}

bool rewrite_recipients(const struct headers *h, struct list *out,
			struct list *bad, struct err *e)
{
	const char *const *names = plain_fields;
	size_t from = 0;
	size_t to = h->n;

	while (from < h->n && !is_resent(&h->v[from]))
		from++;
	if (from < h->n) {
		names = resent_fields;
		to = block_end(h, from);
	} else {
		from = 0;
	}
	for (size_t i = from; i < to; i++)
		if (is_one_of(&h->v[i], names, ARRAY_LEN(plain_fields)) &&
		    !add_paths(&h->v[i], out, bad, e))
			return false;
	return true;
}

char *rewrite_sender(const struct headers *h)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	struct err ignored = ERR_INIT;
	size_t i = headers_find(h, "From", 0);
	size_t resent = headers_find(h, "Resent-From", 0);

	if (resent < i)
		i = resent;
	if (i == h->n ||
	    !address_parse_list(field_value(&h->v[i]), &all, &ignored) ||
	    all.n == 0)
		return NULL;
	return mailbox_path(&all.v[0]);
}

/* --- what we write -------------------------------------------------------- */

/* A recipient list being written: folded between its mailboxes. */
struct line {
	struct str *out;
	size_t column;
	bool empty;
};

static void line_add(struct line *l, const char *path)
{
	size_t n = view_of(path).n;

	if (!l->empty) {
		str_addc(l->out, ',');
		l->column++;
	}
	if (!l->empty && l->column + n + 2 >= HEADER_FOLD_AT) {
		str_addc(l->out, '\n');
		l->column = 0;
	}
	str_addc(l->out, ' ');
	str_adds(l->out, path);
	l->column += n + 1;
	l->empty = false;
}

/* Paths of all fields of these names; false where one cannot be read. */
static bool gather(const struct headers *h, const char *const *names, size_t n,
		   struct list *out)
{
	struct err ignored = ERR_INIT;
	bool ok = true;

	for (size_t i = 0; i < h->n; i++)
		if (is_one_of(&h->v[i], names, n))
			ok = add_paths(&h->v[i], out, NULL, &ignored) && ok;
	return ok;
}

/*
 * True where every hidden path is one of all's.  One that is not was changed
 * on its way into the envelope (an alias, a domain), and nobody can say which
 * of the recipients it became.  A bare name may have become several.
 */
static bool all_known(const struct list *all, struct envelope *hidden)
{
	size_t known = 0;

	for (size_t i = 0; i < hidden->recipients.n; i++) {
		struct view v = view_of(hidden->recipients.v[i]);

		if (address_at(v) == v.n)
			return false;
	}
	for (size_t i = 0; i < all->n; i++)
		if (envelope_has_recipient(hidden, all->v[i]))
			known++;
	return known == hidden->recipients.n;
}

/* The value of a To that names nobody who was meant to be hidden. */
static void add_to_value(const struct envelope *env, const struct headers *h,
			 struct str *out)
{
	CLEAN(list) struct list shown = LIST_INIT;
	CLEAN(list) struct list bcc = LIST_INIT;
	CLEAN(envelope) struct envelope hidden = ENVELOPE_INIT;
	bool readable = gather(h, hidden_fields, 2, &bcc);
	struct line l = { out, sizeof("To:") - 1, true };

	for (size_t i = 0; i < bcc.n; i++)
		envelope_add_recipient(&hidden, bcc.v[i]);
	if (headers_have(h, "To") || headers_have(h, "Cc"))
		(void)gather(h, open_fields, 2, &shown);
	else if (readable && all_known(&env->recipients, &hidden))
		list_copy(&shown, &env->recipients);
	for (size_t i = 0; i < shown.n; i++) {
		if (envelope_has_recipient(&hidden, shown.v[i]))
			continue;
		line_add(&l, shown.v[i]);
		envelope_add_recipient(&hidden, shown.v[i]); /* once only */
	}
	if (l.empty)
		str_adds(out, " " UNDISCLOSED);
}

/* The null sender has no address, and RFC 5322 wants one: the postmaster's
 * counterpart at our domain, or an empty group (RFC 6854). */
static void add_null_sender(const struct rewrite *rw, struct str *out)
{
	CLEAN(str) struct str path = STR_INIT;

	if (rw->domain) {
		str_adds(&path, "MAILER-DAEMON@");
		str_adds(&path, rw->domain);
	}
	str_adds(out,
		 address_is_path(str_view(&path)) ? path.s : "MAILER-DAEMON:;");
}

static void add_address(const struct rewrite *rw, struct str *out)
{
	if (rw->from_address[0] == '\0')
		add_null_sender(rw, out);
	else
		str_add_clean(out, view_of(rw->from_address));
}

static void add_from_value(const struct rewrite *rw, struct str *out)
{
	CLEAN(str) struct str address = STR_INIT;
	CLEAN(str) struct str name = STR_INIT;
	CLEAN(str) struct str all = STR_INIT;

	add_address(rw, &address);
	if (rw->from_name && address.s[address.len - 1] != ';')
		word_add_name(view_of(rw->from_name), &name);
	if (name.len > 0)
		str_addf(&all, "%s <%s>", name.s, address.s);
	else
		str_add(&all, str_view(&address));
	str_addc(out, ' ');
	header_fold(sizeof("From") - 1, str_view(&all), out);
}

/* --- applying it ------------------------------------------------------------
 */

/* Put a field in front, and the next behind it. */
static void put(struct headers *h, size_t *at, const char *name,
		const struct str *value)
{
	headers_insert(h, (*at)++, view_of(name), str_view(value));
}

static void put_text(struct headers *h, size_t *at, const char *name,
		     const char *text)
{
	CLEAN(str) struct str value = STR_INIT;

	if (!text || headers_have(h, name))
		return;
	str_addc(&value, ' ');
	str_adds(&value, text);
	put(h, at, name, &value);
}

/* True where all fields of that name are empty, which is as good as none. */
static bool is_blank(const struct headers *h, const char *name)
{
	for (size_t i = headers_find(h, name, 0); i < h->n;
	     i = headers_find(h, name, i + 1))
		if (view_trim(field_value(&h->v[i])).n > 0)
			return false;
	return true;
}

static void apply_from(const struct rewrite *rw, size_t *at, struct headers *h)
{
	CLEAN(str) struct str value = STR_INIT;

	if (rw->from == FROM_OFF || !rw->from_address)
		return;
	if (rw->from == FROM_ON || is_blank(h, "From"))
		headers_remove(h, "From");
	if (headers_have(h, "From"))
		return;
	add_from_value(rw, &value);
	put(h, at, "From", &value);
}

static void apply_to(const struct rewrite *rw, const struct envelope *env,
		     size_t *at, struct headers *h)
{
	CLEAN(str) struct str value = STR_INIT;

	if (rw->to == TO_OFF)
		return;
	if (rw->to == TO_ON)
		add_to_value(env, h, &value);
	else
		str_adds(&value, " " UNDISCLOSED);
	for (size_t i = 0; i < ARRAY_LEN(plain_fields); i++)
		headers_remove(h, plain_fields[i]);
	put(h, at, "To", &value);
}

/* True where From is that one mailbox and no other. */
static bool is_from(const struct rewrite *rw, const struct headers *h)
{
	static const char *const from = "From";
	CLEAN(list) struct list paths = LIST_INIT;
	CLEAN(envelope) struct envelope authors = ENVELOPE_INIT;
	struct err ignored = ERR_INIT;

	if (!gather(h, &from, 1, &paths))
		return false;
	for (size_t i = 0; i < paths.n; i++)
		envelope_add_recipient(&authors, paths.v[i]);
	if (rw->to_ascii && !envelope_finish(&authors, rw->to_ascii, &ignored))
		return false;
	return authors.recipients.n == 1 &&
	       envelope_has_recipient(&authors, rw->sender);
}

static bool is_resent_message(const struct headers *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (is_resent(&h->v[i]))
			return true;
	return false;
}

static void apply_sender(const struct rewrite *rw, size_t *at,
			 struct headers *h)
{
	if (rw->sender && rw->sender[0] && headers_have(h, "From") &&
	    !is_resent_message(h) && !is_from(rw, h))
		put_text(h, at, "Sender", rw->sender);
}

void rewrite_apply(const struct rewrite *rw, const struct envelope *env,
		   struct headers *h)
{
	size_t at = 0;

	apply_from(rw, &at, h);
	apply_to(rw, env, &at, h);
	if (rw->date == ADD_AUTO)
		put_text(h, &at, "Date", rw->date_text);
	if (rw->message_id == ADD_AUTO)
		put_text(h, &at, "Message-ID", rw->message_id_text);
	apply_sender(rw, &at, h);
	for (size_t i = 0; rw->remove_bcc && i < ARRAY_LEN(hidden_fields); i++)
		headers_remove(h, hidden_fields[i]);
}
