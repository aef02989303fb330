/* The notice that the sender of a message gets (RFC 3464). */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "config/subst.h"
#include "deliver/record.h"
#include "deliver/sender.h"
#include "deliver/tell.h"
#include "msg/address.h"
#include "msg/mime.h"
#include "msg/report.h"
#include "msg/stamp.h"

#define READ_CHUNK 65536
#define TAG "postrider"

static bool is_owed(const struct item_recipient *r)
{
	return r->progress == ITEM_REFUSED && !r->told;
}

/* RFC 3461, 4.1: without NOTIFY a failure is told. */
static bool may_tell(const struct item *it)
{
	unsigned notify = it->envelope.notify;

	return !it->is_notice && it->envelope.sender &&
	       it->envelope.sender[0] &&
	       (notify == 0 || (notify & NOTIFY_FAILURE) != 0);
}

bool tell_owes(const struct item *it)
{
	if (!may_tell(it))
		return false;
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (is_owed(&it->v[i]))
			return true;
	return false;
}

/* --- which way --------------------------------------------------------------
 */

static void load_standing(const struct spool *s, const struct item_origin *o,
			  struct standing *st)
{
	CLEAN(str) struct str name = STR_INIT;

	item_account_name(o, &name);
	standing_load(s, name.s, st);
}

/* Its server has just refused somebody: it answers. */
static bool has_answered(const struct item *it)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (is_owed(&it->v[i]) && it->v[i].code != 0 &&
		    (it->v[i].kind == ERR_RECIPIENT ||
		     it->v[i].kind == ERR_REFUSED))
			return true;
	return false;
}

static bool works(const struct spool *s, const struct item *it)
{
	CLEAN(standing) struct standing st = STANDING_INIT;

	load_standing(s, &it->origin, &st);
	return st.state == STANDING_GOOD ||
	       (st.state == STANDING_TROUBLE && has_answered(it));
}

/* What was said on a command line was about the other account. */
static void fallback_origin(const struct item_origin *o,
			    const struct account *a, struct item_origin *out)
{
	out->label = mem_copy(a->label);
	out->config = mem_copy(o->config);
	out->msmtp_name = o->msmtp_name;
	out->system_only = o->system_only;
}

/* The account that takes the notice, and how it is found again; NULL: there is
 * none that works. */
static const struct account *choose(const struct spool *s,
				    const struct item *it,
				    const struct resumed *r,
				    struct item_origin *o)
{
	if (works(s, it)) {
		item_origin_copy(o, &it->origin);
		return &r->account;
	}
	for (size_t i = 0; i < r->fallbacks.n; i++) {
		CLEAN(standing) struct standing st = STANDING_INIT;

		fallback_origin(&it->origin, &r->fallbacks.v[i], o);
		load_standing(s, o, &st);
		if (st.state == STANDING_GOOD)
			return &r->fallbacks.v[i];
		item_origin_free(o);
	}
	return NULL;
}

/* --- what it says -----------------------------------------------------------
 */

/* What is about to be made. */
struct notice {
	struct item item;
	struct draft draft;
	struct report_recipient *v;
	size_t n;
	struct str original, host, boundary, id, text;
	char *from;
};

#define NOTICE_INIT ((struct notice){ .draft = DRAFT_INIT })

static void notice_free(struct notice *n)
{
	draft_free(&n->draft);
	item_free(&n->item);
	free(n->v);
	str_free(&n->original);
	str_free(&n->host);
	str_free(&n->boundary);
	str_free(&n->id);
	str_free(&n->text);
	free(n->from);
}

/* As much as is sent back; what cannot be read is left out. */
static void read_original(const struct taken *t, bool whole, struct str *out)
{
	size_t max = whole ? REPORT_WHOLE_MAX + 1 : REPORT_BLOCK_MAX + 1;
	CLEAN(mem_string) char *buf = mem_resize(NULL, READ_CHUNK, 1);

	while (out->len < max) {
		size_t want = max - out->len;
		ssize_t got = pread(t->msg, buf,
				    want < READ_CHUNK ? want : READ_CHUNK,
				    (off_t)out->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		str_add(out, (struct view){ buf, (size_t)got });
	}
}

/* RFC 8689, 5: what had to go by TLS all the way does not go back otherwise. */
static bool wants_whole(const struct item *it)
{
	return it->envelope.ret == RETURN_FULL &&
	       !it->envelope.wishes.require_tls;
}

static void list_recipients(const struct item *it, struct notice *n)
{
	n->v = mem_zero(it->envelope.recipients.n + 1, sizeof(*n->v));
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		const struct item_recipient *r = &it->v[i];
		struct report_recipient *to = &n->v[n->n];

		if (!is_owed(r))
			continue;
		to->address = it->envelope.recipients.v[i];
		to->kind = r->kind;
		to->code = r->code;
		memcpy(to->status, r->status, sizeof(to->status));
		to->said = r->said;
		to->when = r->when;
		n->n++;
	}
}

/*
 * Smarthosts refuse an author whom they do not know: the account's own address
 * is one they take, and so is that of the message, which they took before.
 */
static char *author(const struct account *a, const struct item *it)
{
	char *own = sender_of_account(a);

	if (own && address_at(view_of(own)) < strlen(own))
		return own;
	free(own);
	return mem_copy(it->envelope.sender);
}

static void name_things(const struct account *a, const struct item *it,
			struct notice *n)
{
	const struct subst_values values = { .lookups = &subst_of_system };
	struct err ignored = ERR_INIT;
	size_t at;

	n->from = author(a, it);
	at = address_at(view_of(n->from));
	stamp_add_message_id(at < strlen(n->from) ? n->from + at + 1 : NULL,
			     &n->id);
	mime_add_boundary(&n->boundary);
	if (!subst_expand("%H", &values, &n->host, &ignored))
		str_adds(&n->host, "localhost");
}

static void write_text(const struct taken *t, const struct account *a,
		       int64_t now, struct notice *n)
{
	const struct item *it = &t->item;
	bool whole = wants_whole(it);

	list_recipients(it, n);
	name_things(a, it, n);
	read_original(t, whole, &n->original);
	report_write(
		&(struct report){
			.from = n->from,
			.to = it->envelope.sender,
			.host = str_chars(&n->host),
			.account = it->origin.label,
			.boundary = n->boundary.s,
			.message_id = n->id.s,
			.now = now,
			.id = it->id,
			.about = it->message_id,
			.envid = it->envelope.envid,
			.arrived = it->created,
			.keep_s = a->keep_failed,
			.smtputf8 = it->envelope.smtputf8,
			.whole = whole,
			.original = str_view(&n->original),
			.v = n->v,
			.n = n->n,
			.taken = item_count(it, ITEM_SENT),
			.pending = item_count(it, ITEM_PENDING),
		},
		&n->text);
}

static void fill_item(const struct item *it, int64_t now, struct notice *n)
{
	struct item *to = &n->item;

	to->tag = mem_copy(it->tag);
	to->created = now;
	to->due = now;
	to->is_notice = true;
	to->about = mem_copy(it->id);
	to->message_id = mem_copy(n->id.s);
	to->envelope.sender = mem_copy("");
	to->envelope.smtputf8 = view_has_8bit(view_of(it->envelope.sender));
	envelope_add_recipient(&to->envelope, it->envelope.sender);
	facts_note(&to->facts, str_view(&n->text));
	item_start(to);
	item_note(to, now, "a notice that %s was not delivered", it->id);
}

/* --- into the queue ---------------------------------------------------------
 */

static bool enter(const struct spool *s, struct notice *n, struct err *e)
{
	return spool_draft(s, &n->draft, e) &&
	       draft_add(&n->draft, str_view(&n->text), e) &&
	       draft_flush(&n->draft, e) &&
	       spool_enter(s, &n->draft, &n->item, e);
}

static void set_told(struct item *it, bool told)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == ITEM_REFUSED)
			it->v[i].told = told;
}

static bool is_about(const struct spool *s, const char *id,
		     const struct item *about)
{
	CLEAN(item) struct item it = ITEM_INIT;
	struct err ignored = ERR_INIT;

	return spool_look(s, id, &it, &ignored) == SPOOL_TAKEN && it.about &&
	       strcmp(it.about, about->id) == 0;
}

/* One that was entered by somebody who died before that could be noted. */
static bool find_notice(const struct spool *s, const struct item *about)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct err ignored = ERR_INIT;

	if (!spool_list(s, &ids, &ignored))
		return false;
	for (size_t i = 0; i < ids.n; i++)
		if (strcmp(ids.v[i], about->id) > 0 &&
		    is_about(s, ids.v[i], about))
			return true;
	return false;
}

static bool give_notice(const struct spool *s, struct taken *t,
			const struct account *a, struct item_origin *o,
			struct err *e)
{
	CLEAN(notice) struct notice n = NOTICE_INIT;
	int64_t now = time(NULL);

	n.item.origin = *o;
	*o = (struct item_origin){ 0 };
	write_text(t, a, now, &n);
	fill_item(&t->item, now, &n);
	if (!enter(s, &n, e))
		return err_context(e,
				   "cannot keep a notice that message %s was "
				   "not delivered",
				   t->item.id);
	item_note(&t->item, now, "told %s by notice %s through account '%s'",
		  t->item.envelope.sender, n.item.id, n.item.origin.label);
	return true;
}

/* TOLD_NOT: there is no way. */
static bool try_to_tell(const struct spool *s, struct taken *t,
			const struct resumed *r, enum told *told, struct err *e)
{
	CLEAN(item_origin) struct item_origin o = { 0 };
	const struct account *a;

	*told = TOLD_NOBODY;
	if (!tell_owes(&t->item))
		return true;
	*told = TOLD_NOT;
	a = choose(s, &t->item, r, &o);
	if (!a)
		return true;
	if (!give_notice(s, t, a, &o, e))
		return false;
	*told = TOLD_SENDER;
	set_told(&t->item, true);
	return spool_update(s, t, e);
}

bool tell_sender(const struct spool *s, struct taken *t,
		 const struct resumed *r, struct err *e)
{
	CLEAN(str) struct str words = STR_INIT;
	enum told told;

	if (!try_to_tell(s, t, r, &told, e))
		return false;
	if (told != TOLD_NOT)
		return true;
	str_addf(&words,
		 "the message failed, and its sender %s is not told: the "
		 "account is at fault itself and has no fallback that works; "
		 "what failed is shown by: postrider queue show %s",
		 t->item.envelope.sender, t->item.id);
	record_event(&r->account, t->item.tag ? t->item.tag : TAG, t->item.id,
		     words.s);
	return true;
}

bool tell_sender_again(const struct spool *s, struct taken *t,
		       const struct resumed *r, struct err *e)
{
	enum told told;

	if (!tell_owes(&t->item))
		return true;
	if (!find_notice(s, &t->item))
		return try_to_tell(s, t, r, &told, e);
	set_told(&t->item, true);
	return spool_update(s, t, e);
}

/* --- by hand ----------------------------------------------------------------
 */

static void give_up(struct item *it, int64_t now)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		struct item_recipient *r = &it->v[i];

		if (r->progress != ITEM_PENDING)
			continue;
		r->progress = ITEM_REFUSED;
		if (!r->said)
			r->said = mem_copy("it was given up by hand before it "
					   "was sent");
	}
	it->state = ITEM_FAILED;
	it->hold = HOLD_NONE;
	it->held_since = 0;
	item_note(it, now, "given up by hand");
}

bool tell_bounce(const struct spool *s, struct taken *t, int64_t now,
		 enum told *told, struct err *why, struct err *e)
{
	CLEAN(resumed) struct resumed r = RESUMED_INIT;

	give_up(&t->item, now);
	set_told(&t->item, false);
	if (!spool_update(s, t, e))
		return false;
	*told = TOLD_NOBODY;
	if (!tell_owes(&t->item))
		return true;
	*told = TOLD_NOT;
	if (!resume_account(&t->item.origin, &r, why) ||
	    !try_to_tell(s, t, &r, told, why))
		return true;
	if (*told == TOLD_NOT)
		err_set(why, ERR_DEFERRED,
			"account '%s' is at fault itself and has no fallback "
			"that works",
			r.account.label);
	return true;
}
