#include "config.h"

#include "msg/compose.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "msg/address.h"
#include "msg/own.h"
#include "msg/part.h"
#include "msg/word.h"

void compose_free(struct compose *c)
{
	list_free(&c->to);
	list_free(&c->cc);
	list_free(&c->bcc);
	list_free(&c->headers);
	list_free(&c->attachments);
	list_free(&c->inlines);
	*c = COMPOSE_INIT;
}

/* --- what was typed ---------------------------------------------------------
 */

static bool check_value(const char *flag, const char *value, struct err *e)
{
	struct view v = value ? view_of(value) : VIEW_NONE;

	if (view_has_control(v))
		return err_set(e, ERR_USAGE, "%s: control character in '%s'",
			       flag, value);
	if (!view_is_utf8(v))
		return err_set(e, ERR_MESSAGE, "%s: '%s' is not UTF-8", flag,
			       value);
	return true;
}

static bool check_list(const char *flag, const struct list *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!check_value(flag, l->v[i], e))
			return false;
	return true;
}

/* Names of files are bytes to the system and need not be UTF-8. */
static bool check_paths(const char *flag, const struct list *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_has_control(view_of(l->v[i])))
			return err_set(e, ERR_USAGE,
				       "%s: control character in '%s'", flag,
				       l->v[i]);
	return true;
}

static bool check_all(const struct compose *c, struct err *e)
{
	if (c->inlines.n > 0 && !c->html)
		return err_set(e, ERR_USAGE, "--inline needs --html");
	return check_value("--from", c->from, e) &&
	       check_value("--reply-to", c->reply_to, e) &&
	       check_value("--subject", c->subject, e) &&
	       check_list("--to", &c->to, e) && check_list("--cc", &c->cc, e) &&
	       check_list("--bcc", &c->bcc, e) &&
	       check_list("--header", &c->headers, e) &&
	       check_paths("--attach", &c->attachments, e) &&
	       check_paths("--inline", &c->inlines, e);
}

/* --- header fields ----------------------------------------------------------
 */

static void add_field(struct headers *h, const char *name,
		      const struct str *value)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addc(&text, ' ');
	str_add(&text, str_view(value));
	headers_add(h, view_of(name), str_view(&text));
}

static void add_mailboxes(struct headers *h, const char *name,
			  const struct mailboxes *all)
{
	CLEAN(str) struct str text = STR_INIT;

	if (all->n == 0)
		return;
	own_add_mailboxes(strlen(name), all, &text);
	add_field(h, name, &text);
}

static bool parse_addresses(const char *flag, const struct list *l,
			    struct mailboxes *all, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!address_parse_list(view_of(l->v[i]), all, e))
			return err_context(e, "%s '%s'", flag, l->v[i]);
	return true;
}

static bool add_addresses(struct headers *h, const char *name, const char *flag,
			  const struct list *l, struct err *e)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;

	if (!parse_addresses(flag, l, &all, e))
		return false;
	add_mailboxes(h, name, &all);
	return true;
}

static bool add_from(struct headers *h, const char *from, struct err *e)
{
	CLEAN(mailbox) struct mailbox m = MAILBOX_INIT;

	if (!from)
		return true;
	if (!address_parse_one(view_of(from), &m, e))
		return err_context(e, "--from '%s'", from);
	add_mailboxes(h, "From", &(const struct mailboxes){ &m, 1, 1 });
	return true;
}

static bool add_reply_to(struct headers *h, const char *reply_to, struct err *e)
{
	CLEAN(list) struct list one = LIST_INIT;

	if (!reply_to)
		return true;
	list_add(&one, reply_to);
	return add_addresses(h, "Reply-To", "--reply-to", &one, e);
}

static void add_text(struct headers *h, const char *name, struct view value)
{
	CLEAN(str) struct str text = STR_INIT;

	word_add_text(strlen(name), value, &text);
	add_field(h, name, &text);
}

/* --- header fields of the user's own ----------------------------------------
 */

static bool add_own(struct headers *h, const char *text, struct err *e)
{
	CLEAN(str) struct str value = STR_INIT;
	CLEAN(str) struct str owned = STR_INIT;
	struct view name = VIEW_NONE;

	if (!own_parse(view_of(text), &name, &value, e)) {
		if (view_is_nocase(name, "Bcc"))
			err_hint(e, "use --bcc");
		return err_context(e, "--header '%s'", text);
	}
	str_add(&owned, name);
	/* h holds so far what flags gave, and headers before this one. */
	if (own_is_single(name) && headers_have(h, owned.s))
		return err_set(e, ERR_USAGE,
			       "--header '%s': this field is made from "
			       "other options, and there can be one only",
			       text);
	headers_add(h, name, str_view(&value));
	return true;
}

static bool add_headers(const struct compose *c, struct headers *h,
			struct err *e)
{
	CLEAN(mailboxes) struct mailboxes unseen = MAILBOXES_INIT;

	if (!add_from(h, c->from, e) ||
	    !add_addresses(h, "To", "--to", &c->to, e) ||
	    !add_addresses(h, "Cc", "--cc", &c->cc, e) ||
	    !parse_addresses("--bcc", &c->bcc, &unseen, e) ||
	    !add_reply_to(h, c->reply_to, e))
		return false;
	if (c->subject)
		add_text(h, "Subject", view_of(c->subject));
	for (size_t i = 0; i < c->headers.n; i++)
		if (!add_own(h, c->headers.v[i], e))
			return false;
	headers_add(h, view_of("MIME-Version"), view_of(" 1.0"));
	return true;
}

/* --- texts ------------------------------------------------------------------
 */

struct source {
	struct draft draft; /* closed where there is no such text */
	struct facts facts;
};

#define SOURCE_INIT ((struct source){ DRAFT_INIT, FACTS_INIT })

static void source_free(struct source *s)
{
	draft_free(&s->draft);
}

/* All of fd with line ends mended; what names it in errors. */
static bool source_read(struct source *s, int fd, const char *what,
			struct err *e)
{
	struct text_place bad = { 0 };

	if (!text_spool(fd, &s->draft, &s->facts, e) ||
	    (s->facts.has_8bit && !text_check_utf8(&s->draft, &bad, e)))
		return err_context(e, "%s", what);
	if (bad.line == 0)
		return true;
	err_set(e, ERR_MESSAGE, "%s is not UTF-8 at line %llu, byte %llu", what,
		(unsigned long long)bad.line, (unsigned long long)bad.byte);
	return err_hint(e, "convert it, e.g. iconv -f ISO-8859-15 -t UTF-8");
}

static bool source_take(struct source *s, const char *text, struct err *e)
{
	CLEAN(draft) struct draft raw = DRAFT_INIT;

	if (!draft_open(&raw, e) || !draft_add(&raw, view_of(text), e) ||
	    !draft_flush(&raw, e))
		return false;
	if (lseek(raw.fd, 0, SEEK_SET) < 0)
		return err_errno(e, "cannot read the text");
	return source_read(s, raw.fd, "the text", e);
}

static bool source_open(struct source *s, const char *path, struct err *e)
{
	CLEAN(part_fd) int fd = -1;
	CLEAN(str) struct str what = STR_INIT;

	str_addf(&what, "'%s'", path);
	return part_open(path, &fd, e) && source_read(s, fd, what.s, e);
}

struct texts {
	struct source plain, html;
};

#define TEXTS_INIT ((struct texts){ SOURCE_INIT, SOURCE_INIT })

static void texts_free(struct texts *t)
{
	source_free(&t->plain);
	source_free(&t->html);
}

static bool texts_read(const struct compose *c, struct texts *t, struct err *e)
{
	if (c->html && !source_open(&t->html, c->html, e))
		return false;
	if (c->body)
		return source_take(&t->plain, c->body, e);
	if (c->body_fd >= 0 &&
	    !source_read(&t->plain, c->body_fd, "the text", e))
		return false;
	/* Nothing came, and there is more to show than nothing. */
	if (t->plain.facts.octets == 0 && (c->html || c->attachments.n > 0))
		source_free(&t->plain);
	return t->plain.draft.fd >= 0 || c->html || c->attachments.n > 0 ||
	       source_take(&t->plain, "", e);
}

/* --- the body ---------------------------------------------------------------
 */

static bool put_source(struct part_writer *w, const char *type,
		       const struct source *s, struct err *e)
{
	return part_text(w, type, &s->draft, &s->facts, e);
}

static bool put_files(struct part_writer *w, struct part_group *g,
		      const struct list *files, enum part_how how,
		      struct err *e)
{
	for (size_t i = 0; i < files->n; i++)
		if (!part_group_next(w, g, e) ||
		    !part_file(w, files->v[i], how, e))
			return false;
	return part_group_close(w, g, e);
}

static bool put_html(const struct compose *c, const struct texts *t,
		     struct part_writer *w, struct err *e)
{
	CLEAN(part_group) struct part_group g = PART_GROUP_INIT;

	if (c->inlines.n == 0)
		return put_source(w, "text/html", &t->html, e);
	return part_group_open(w, "multipart/related; type=\"text/html\"", &g,
			       e) &&
	       part_group_next(w, &g, e) &&
	       put_source(w, "text/html", &t->html, e) &&
	       put_files(w, &g, &c->inlines, PART_INLINE, e);
}

/* The last of the alternatives is the best: RFC 2046, 5.1.4. */
static bool put_texts(const struct compose *c, const struct texts *t,
		      struct part_writer *w, struct err *e)
{
	CLEAN(part_group) struct part_group g = PART_GROUP_INIT;

	if (t->html.draft.fd < 0)
		return put_source(w, "text/plain", &t->plain, e);
	if (t->plain.draft.fd < 0)
		return put_html(c, t, w, e);
	return part_group_open(w, "multipart/alternative", &g, e) &&
	       part_group_next(w, &g, e) &&
	       put_source(w, "text/plain", &t->plain, e) &&
	       part_group_next(w, &g, e) && put_html(c, t, w, e) &&
	       part_group_close(w, &g, e);
}

static bool put_body(const struct compose *c, const struct texts *t,
		     struct part_writer *w, struct err *e)
{
	CLEAN(part_group) struct part_group g = PART_GROUP_INIT;
	bool any = t->plain.draft.fd >= 0 || t->html.draft.fd >= 0;

	if (c->attachments.n == 0)
		return put_texts(c, t, w, e);
	if (!part_group_open(w, "multipart/mixed", &g, e))
		return false;
	if (any && (!part_group_next(w, &g, e) || !put_texts(c, t, w, e)))
		return false;
	return put_files(w, &g, &c->attachments, PART_ATTACHED, e);
}

bool compose_message(const struct compose *c, struct headers *headers,
		     struct draft *draft, struct facts *facts, struct err *e)
{
	CLEAN(texts) struct texts t = TEXTS_INIT;
	struct part_writer w = { { draft, facts }, headers };

	*facts = FACTS_INIT;
	if (!check_all(c, e) || !add_headers(c, headers, e) ||
	    !texts_read(c, &t, e) || (draft->fd < 0 && !draft_open(draft, e)) ||
	    !put_body(c, &t, &w, e) || !draft_flush(draft, e))
		return false;
	/* A multipart says what its parts hold: RFC 2045, 6.4. */
	if (!headers_have(headers, "Content-Transfer-Encoding"))
		headers_add(headers, view_of("Content-Transfer-Encoding"),
			    view_of(facts->has_8bit ? " 8bit" : " 7bit"));
	return true;
}
