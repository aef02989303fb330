#include "config.h"

#include "deliver/sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/pattern.h"
#include "config/subst.h"
#include "config/value.h"
#include "deliver/prepare.h"
#include "deliver/settings.h"
#include "msg/address.h"
#include "msg/decode.h"
#include "msg/rewrite.h"
#include "net/idn.h"

/* Mail of nobody: answers to it would go in circles (RFC 5321, 6.1). */
static bool is_daemon(const char *path)
{
	return ascii_casecmp(path, "MAILER-DAEMON") == 0;
}

char *sender_of_header(const struct headers *h)
{
	char *path = rewrite_sender(h);

	if (path && is_daemon(path))
		*path = '\0';
	return path;
}

bool sender_parse(const char *text, char **path, struct err *e)
{
	struct mailbox box = MAILBOX_INIT;

	if (view_has_control(view_of(text)))
		return err_set(e, ERR_USAGE,
			       "the sender '%s' has a control "
			       "character in it",
			       text);
	if (*text == '\0' || strcmp(text, "<>") == 0 || is_daemon(text)) {
		*path = mem_copy("");
		return true;
	}
	if (!address_parse_one(view_of(text), &box, e))
		return err_context(e, "the sender '%s'", text);
	*path = mailbox_path(&box);
	mailbox_free(&box);
	return true;
}

static bool expand(const char *text, const char *header_from, char **path,
		   struct err *e)
{
	const struct subst_values values = {
		.lookups = &subst_of_system,
		.system_dir = SYSCONFDIR,
		.from_header = header_from,
	};
	CLEAN(str) struct str out = STR_INIT;

	if (!subst_expand(text, &values, &out, e))
		return false;
	if (sender_parse(str_chars(&out), path, e))
		return true;
	e->kind = ERR_CONFIG;
	return false;
}

/* The old way to say `from %U@maildomain`. */
static bool automatic_sender(const struct account *a, char **path,
			     struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	str_adds(&text, "%U");
	if (a->maildomain && a->maildomain[0])
		str_addf(&text, "@%s", a->maildomain);
	return expand(text.s, NULL, path, e) ||
	       err_context(e, "keyword 'auto_from'");
}

/* The account's own idea of the sender; *path stays NULL where it has none. */
static bool configured_sender(const struct account *a, const char *header_from,
			      char **path, struct err *e)
{
	if (a->auto_from)
		return automatic_sender(a, path, e);
	if (!a->from || account_has_pattern(a))
		return true;
	return expand(a->from, header_from, path, e) ||
	       err_context(e, "keyword 'from'");
}

/* --- what becomes of an address that callers give --------------------------
 */

/* Also a bare name, as if it were at this machine: `root@*` means root. */
static bool rule_fits(const char *pattern, const char *path)
{
	const struct subst_values values = { .lookups = &subst_of_system };
	CLEAN(str) struct str full = STR_INIT;
	struct err ignored = ERR_INIT;

	if (pattern_fits(pattern, path))
		return true;
	if (address_at(view_of(path)) < strlen(path))
		return false;
	str_addf(&full, "%s@", path);
	return subst_expand("%H", &values, &full, &ignored) &&
	       pattern_fits(pattern, full.s);
}

/* What the first rule of `rewrite` that fits path makes of it; *to stays NULL
 * where none does.  Answers to nobody stay with nobody. */
static bool apply_rules(const struct account *a, const char *path, char **to,
			struct err *e)
{
	for (size_t i = 0; i < a->rewrite.n && *path; i++) {
		struct view rest = view_of(a->rewrite.v[i]);
		CLEAN(mem_string) char *pattern = NULL;
		CLEAN(mem_string) char *address = NULL;
		struct view word;

		(void)!value_word(&rest, &word);
		pattern = mem_copy_n(word.p, word.n);
		if (!rule_fits(pattern, path))
			continue;
		(void)!value_word(&rest, &word);
		address = mem_copy_n(word.p, word.n);
		return expand(address, NULL, to, e) ||
		       err_context(e, "keyword 'rewrite'");
	}
	return true;
}

static struct view domain_of(const char *path)
{
	struct view v = view_of(path);

	return view_part(v, address_at(v) + 1, v.n);
}

/* True where the world can answer to own rather than to given, which is
 * local.  The mailname may be ours and the world's. */
static bool is_better(const struct local *l, const char *own, const char *given)
{
	struct view domain = domain_of(own);

	if (*own == '\0')
		return true;
	if (domain.n == 0 || view_equal_nocase(domain, domain_of(given)))
		return false;
	return !local_is_host(l, domain) ||
	       (memchr(domain.p, '.', domain.n) &&
		!view_is_nocase(domain, "localhost.localdomain"));
}

/*
 * What given becomes, owned: by a rule; else own, where given is local and
 * own (or NULL) is better; else at masquerade; by a rule again.
 */
static bool settle(const struct prepare *p, const struct local *l,
		   const char *given, const char *own, char **path,
		   struct err *e)
{
	CLEAN(mem_string) char *now = NULL;

	if (!apply_rules(p->account, given, path, e))
		return false;
	if (*path)
		return true;
	if (own && !p->msmtp_name && local_is(l, given) &&
	    is_better(l, own, given))
		now = mem_copy(own);
	else if (local_is(l, given))
		now = local_masquerade(l, given);
	if (now && !apply_rules(p->account, now, path, e))
		return false;
	if (!*path)
		*path = mem_copy(now ? now : given);
	return true;
}

static const char *address_of_user(const struct account *a)
{
	return a->user && strchr(a->user, '@') &&
			       address_is_path(view_of(a->user))
		       ? a->user
		       : NULL;
}

char *sender_of_account(const struct account *a)
{
	const char *user = address_of_user(a);
	struct err ignored = ERR_INIT;
	char *own = NULL;

	if (configured_sender(a, NULL, &own, &ignored) && own && own[0])
		return own;
	free(own);
	return user ? mem_copy(user) : NULL;
}

bool sender_choose(const struct prepare *p, struct message *m, struct err *e)
{
	const struct account *a = p->account;
	bool may_give = a->allow_from_override && !a->auto_from;
	CLEAN(mem_string) char *header_from = sender_of_header(&m->headers);
	CLEAN(mem_string) char *own = NULL;
	const char *first = may_give ? p->sender : NULL;
	const char *then[] = { NULL, header_from, address_of_user(a) };

	mem_string_free(&m->envelope.sender);
	if ((!first || (!p->msmtp_name && local_is(&m->local, first))) &&
	    !configured_sender(a, header_from, &own, e))
		return false;
	then[0] = own;
	for (size_t i = 0; !first && i < ARRAY_LEN(then); i++)
		first = then[i];
	if (first)
		return settle(p, &m->local, first, own, &m->envelope.sender, e);
	err_set(e, ERR_CONFIG, "there is no sender address");
	return err_hint(e, "set 'from' in account '%s', or give -f ADDRESS",
			a->label);
}

/* --- the header ----------------------------------------------------------- */

char *sender_responsible(const struct prepare *p, const struct message *m)
{
	CLEAN(envelope) struct envelope own = ENVELOPE_INIT;
	CLEAN(mem_string) char *said = NULL;
	struct err ignored = ERR_INIT;
	char *path;

	if (p->account->set_sender != SETTINGS_SENDER_AUTO)
		return NULL;
	if (!configured_sender(p->account, NULL, &said, &ignored) || !said ||
	    !settle(p, &m->local, said, said, &own.sender, &ignored) ||
	    !envelope_finish(&own, idn_to_ascii, &ignored))
		return mem_copy(m->envelope.sender);
	path = own.sender;
	own.sender = NULL;
	return path;
}

/* The one mailbox of From; false where there are several, or none. */
static bool only_author(const struct headers *h, struct mailboxes *out)
{
	CLEAN(str) struct str text = STR_INIT;
	struct err ignored = ERR_INIT;
	size_t i = headers_find(h, "From", 0);

	if (i == h->n)
		return false;
	field_unfold(&h->v[i], &text);
	return address_parse_list(str_view(&text), out, &ignored) &&
	       out->n == 1;
}

static char *decoded(const char *name)
{
	struct str out = STR_INIT;

	if (!name)
		return NULL;
	decode_words(view_of(name), &out);
	return str_detach(&out);
}

/* The account's own address for From; NULL where it has none to show. */
static char *own_address(const struct prepare *p, const char *from)
{
	char *own = NULL;
	struct err ignored = ERR_INIT;

	if (configured_sender(p->account, from, &own, &ignored) && own &&
	    *own == '\0')
		mem_string_free(&own);
	return own;
}

bool sender_improve_from(const struct prepare *p, struct message *m,
			 struct err *e)
{
	CLEAN(mailboxes) struct mailboxes boxes = MAILBOXES_INIT;
	CLEAN(mem_string) char *from = NULL;
	CLEAN(mem_string) char *own = NULL;
	CLEAN(mem_string) char *better = NULL;

	if (!only_author(&m->headers, &boxes))
		return true;
	from = mailbox_path(&boxes.v[0]);
	own = own_address(p, from);
	if (!settle(p, &m->local, from, own, &better, e))
		return false;
	if (strcmp(better, from) == 0 || *better == '\0')
		return true;
	mem_string_free(&m->from_address);
	mem_string_free(&m->from_name);
	m->from_address = mem_copy(better);
	m->from_name = decoded(boxes.v[0].name);
	return true;
}
