#include "config.h"

#include "deliver/sender.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/subst.h"
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

/* The account's own idea of the sender; *path stays NULL where it has none. */
static bool configured_sender(const struct account *a, const char *header_from,
			      char **path, struct err *e)
{
	const struct subst_values values = {
		.lookups = &subst_of_system,
		.system_dir = SYSCONFDIR,
		.from_header = header_from,
	};
	CLEAN(str) struct str text = STR_INIT;

	if (!a->from || account_has_pattern(a))
		return true;
	if (!subst_expand(a->from, &values, &text, e))
		return false;
	if (sender_parse(str_chars(&text), path, e))
		return true;
	e->kind = ERR_CONFIG;
	return err_context(e, "keyword 'from'");
}

/* A sender that means nothing beyond this machine: cron's and at's `root`. */
static bool is_local(const char *path)
{
	static const char *const names[] = { "localhost",
					     "localhost.localdomain" };
	const struct subst_values values = { .lookups = &subst_of_system };
	CLEAN(str) struct str host = STR_INIT;
	struct err ignored = ERR_INIT;
	struct view v = view_of(path);
	size_t at = address_at(v);
	struct view domain;

	if (at == v.n)
		return v.n > 0;
	domain = view_part(v, at + 1, v.n);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (view_is_nocase(domain, names[i]))
			return true;
	return subst_expand("%H", &values, &host, &ignored) &&
	       view_equal_nocase(domain, str_view(&host));
}

bool sender_choose(const struct prepare *p, const struct headers *h,
		   char **path, struct err *e)
{
	const struct account *a = p->account;
	CLEAN(mem_string) char *header_from = sender_of_header(h);
	const char *given = a->allow_from_override ? p->sender : NULL;

	if (given && (p->msmtp_name || !is_local(given))) {
		*path = mem_copy(given);
		return true;
	}
	if (!configured_sender(a, header_from, path, e))
		return false;
	if (*path)
		return true;
	if (given)
		*path = mem_copy(given);
	else if (header_from)
		*path = mem_copy(header_from);
	else if (a->user && strchr(a->user, '@') &&
		 address_is_path(view_of(a->user)))
		*path = mem_copy(a->user);
	if (*path)
		return true;
	err_set(e, ERR_CONFIG, "there is no sender address");
	return err_hint(e, "set 'from' in account '%s', or give -f ADDRESS",
			a->label);
}

char *sender_responsible(const struct prepare *p, const struct envelope *env)
{
	CLEAN(envelope) struct envelope own = ENVELOPE_INIT;
	struct err ignored = ERR_INIT;
	char *path;

	if (p->account->set_sender != SETTINGS_SENDER_AUTO)
		return NULL;
	if (!configured_sender(p->account, NULL, &own.sender, &ignored) ||
	    !own.sender || !envelope_finish(&own, idn_to_ascii, &ignored))
		return mem_copy(env->sender);
	path = own.sender;
	own.sender = NULL;
	return path;
}

/* The display name of the first mailbox of From, decoded; or NULL.  Owned. */
static char *display_name(const struct field *from)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(mailboxes) struct mailboxes boxes = MAILBOXES_INIT;
	struct str decoded = STR_INIT;
	struct err ignored = ERR_INIT;

	field_unfold(from, &text);
	if (!address_parse_list(str_view(&text), &boxes, &ignored) ||
	    boxes.n == 0 || !boxes.v[0].name)
		return NULL;
	decode_words(view_of(boxes.v[0].name), &decoded);
	return str_detach(&decoded);
}

bool sender_improves_from(const struct prepare *p, const struct headers *h,
			  char **address, char **name)
{
	CLEAN(mem_string) char *from = rewrite_sender(h);
	CLEAN(mem_string) char *better = NULL;
	struct err ignored = ERR_INIT;
	size_t i = headers_find(h, "From", 0);

	if (p->msmtp_name || !from || i == h->n || !is_local(from) ||
	    !configured_sender(p->account, from, &better, &ignored) ||
	    !better || better[0] == '\0' || is_local(better))
		return false;
	*address = better;
	better = NULL;
	*name = display_name(&h->v[i]);
	return true;
}
