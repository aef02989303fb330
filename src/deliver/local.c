#include "config.h"

#include "deliver/local.h"

#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/scan.h"
#include "config/account.h"
#include "config/subst.h"
#include "msg/address.h"

/* The word of local_hosts for the names that this file has for %H. */
#define HOSTS_FILE "/etc/hosts"
#define HOSTS_FILE_MAX 1048576

void local_free(struct local *l)
{
	list_free(&l->hosts);
	aliases_free(&l->aliases);
	*l = LOCAL_INIT;
}

/* --- which domains are ours ----------------------------------------------- */

static bool is_name_char(char c)
{
	return !ascii_is_blank(c) && c != '\r' && c != '#';
}

static bool has_name(struct view names, const char *host)
{
	struct scan s = scan_of(names);
	struct view name;

	while (scan_skip_space(&s), scan_while(&s, is_name_char, &name))
		if (view_is_nocase(name, host))
			return true;
	return false;
}

static void add_host(struct list *out, struct view name)
{
	for (size_t i = 0; i < out->n; i++)
		if (view_is_nocase(name, out->v[i]))
			return;
	if (name.n > 0 && out->n < LOCAL_HOSTS_MAX)
		list_add_view(out, name);
}

void local_add_names(struct view text, const char *host, struct list *out)
{
	struct scan lines = scan_of(text);

	while (!scan_done(&lines)) {
		struct scan s = scan_of(scan_until(&lines, '\n'));
		struct view name;

		scan_skip_space(&s);
		if (!scan_while(&s, is_name_char, &name) ||
		    !has_name(scan_rest(&s), host))
			continue;
		while (scan_skip_space(&s), scan_while(&s, is_name_char, &name))
			add_host(out, name);
	}
}

static void add_hosts_file(const char *host, struct list *out)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct err ignored = ERR_INIT;
	struct stat st;

	if (file_read(HOSTS_FILE, HOSTS_FILE_MAX, &text, &st, &ignored))
		local_add_names(secret_view(&text), host, out);
}

static bool add_word(struct local *l, const char *word, struct err *e)
{
	const struct subst_values values = { .lookups = &subst_of_system,
					     .system_dir = SYSCONFDIR,
					     .domain_only = true };
	bool is_file = strcmp(word, HOSTS_FILE) == 0;
	CLEAN(str) struct str name = STR_INIT;

	if (!subst_expand(is_file ? "%H" : word, &values, &name, e))
		return false;
	if (is_file)
		add_hosts_file(str_chars(&name), &l->hosts);
	else
		add_host(&l->hosts, str_view(&name));
	return true;
}

/* An empty argument chooses nothing either. */
static bool is_chosen(const struct account *a)
{
	const struct key *k = key_at(KEY_ID_local_hosts);
	CLEAN(str) struct str text = STR_INIT;

	account_show(a, k, &text);
	return !view_is(str_view(&text), k->fallback);
}

bool local_open(struct local *l, struct err *e)
{
	const struct list *words = &l->account->local_hosts;
	bool chosen = is_chosen(l->account);

	if (l->msmtp_name && !chosen)
		return true;
	for (size_t i = 0; i < words->n; i++) {
		struct err why = ERR_INIT;

		/* Nobody asked for the mailname that is not there. */
		if (add_word(l, words->v[i], &why) || !chosen)
			continue;
		*e = why;
		return err_context(e, "keyword 'local_hosts'");
	}
	return true;
}

bool local_is_host(const struct local *l, struct view domain)
{
	for (size_t i = 0; i < l->hosts.n; i++)
		if (view_is_nocase(domain, l->hosts.v[i]))
			return true;
	return false;
}

bool local_is(const struct local *l, const char *path)
{
	struct view v = view_of(path);
	size_t at = address_at(v);

	if (at == v.n)
		return v.n > 0;
	return local_is_host(l, view_part(v, at + 1, v.n));
}

/* --- aliases -------------------------------------------------------------- */

static bool read_file(const char *path, struct str *out, struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;
	struct stat st;

	if (!file_read(path, ALIASES_FILE_MAX, &text, &st, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	str_add(out, secret_view(&text));
	return true;
}

/* What :include: names is often another user's. */
static bool read_included(void *who, const char *path, struct str *out,
			  struct err *e)
{
	CLEAN(secret) struct secret text = SECRET_INIT;

	(void)who;
	if (!file_read_regular(path, ALIASES_FILE_MAX, &text, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	str_add(out, secret_view(&text));
	return true;
}

static bool is_local_domain(void *who, const char *domain)
{
	return local_is_host(who, view_of(domain));
}

static struct aliases_doors doors_of(struct local *l)
{
	return (struct aliases_doors){ .who = l,
				       .read = read_included,
				       .is_local = is_local_domain };
}

/* Once.  A file that nobody named need not be there, nor for us to read. */
static bool read_aliases(struct local *l, struct err *e)
{
	const char *set = l->account->aliases;
	const char *path = set ? set : l->default_aliases;
	CLEAN(str) struct str text = STR_INIT;
	struct err why = ERR_INIT;

	if (l->aliases_read || !path)
		return true;
	l->aliases_read = true;
	if (read_file(path, &text, &why)) {
		aliases_read(&l->aliases, path, str_view(&text));
	} else if (set) {
		*e = why;
		return err_context(e, "keyword 'aliases'");
	}
	return true;
}

static bool usable_aliases(struct local *l, struct err *e)
{
	const struct list *wrong = &l->aliases.mistakes;

	if (!read_aliases(l, e))
		return false;
	if (wrong->n == 0)
		return true;
	err_set(e, ERR_CONFIG, "%s", wrong->v[0]);
	return err_hint(e, "%zu %s in the aliases; 'postrider -bi' shows all",
			wrong->n, wrong->n == 1 ? "mistake" : "mistakes");
}

bool local_check_aliases(struct local *l, struct list *notes, struct err *e)
{
	const struct aliases_doors doors = doors_of(l);

	if (!read_aliases(l, e))
		return false;
	aliases_check(&l->aliases, &doors, notes);
	return true;
}

/* --- whom a name stands for ----------------------------------------------- */

char *local_masquerade(const struct local *l, const char *path)
{
	struct view v = view_of(path);
	struct str out = STR_INIT;

	if (!l->account->masquerade)
		return NULL;
	str_add(&out, view_part(v, 0, address_at(v)));
	str_addf(&out, "@%s", l->account->masquerade);
	return str_detach(&out);
}

static bool unknown(const struct local *l, const char *path, const char *name,
		    struct err *e)
{
	bool has_file = l->account->aliases || l->aliases.file;
	const char *file = l->account->aliases ? l->account->aliases
					       : l->aliases.file;

	if (strcmp(path, name) != 0)
		err_set(e, ERR_RECIPIENT,
			"the recipient '%s' leads to '%s', and nothing says "
			"who that is",
			path, name);
	else if (address_at(view_of(path)) == view_of(path).n)
		err_set(e, ERR_RECIPIENT, "the recipient '%s' has no domain",
			path);
	else
		err_set(e, ERR_RECIPIENT,
			"the recipient '%s' is local, and nothing says who "
			"that is",
			path);
	return err_hint(e,
			"write it as name@domain, put an alias into %s%s%s, "
			"or set local_recipient or masquerade",
			has_file ? "'" : "",
			has_file ? file
				 : "a file of "
				   "'aliases'",
			has_file ? "'" : "");
}

/* What no alias knows: name is path itself, or what its alias led to. */
static bool without_alias(const struct local *l, const char *path,
			  const char *name, struct list *out, struct err *e)
{
	CLEAN(mem_string) char *masked = local_masquerade(l, name);

	if (l->account->local_recipient)
		list_add(out, l->account->local_recipient);
	else if (masked)
		list_add(out, masked);
	else if (l->msmtp_name)
		list_add(out, name);
	else
		return unknown(l, path, name, e);
	return true;
}

/* All that can be had, and the first error where there was one. */
static bool add_answer(const struct local *l, const char *path,
		       const struct alias_answer *r, struct list *out,
		       struct err *e)
{
	bool ok = true;

	for (size_t i = 0; i < r->recipients.n; i++) {
		const char *to = r->recipients.v[i];
		struct err why = ERR_INIT;

		if (address_at(view_of(to)) < strlen(to)) {
			list_add(out, to);
		} else if (!without_alias(l, path, to, out, &why)) {
			*e = ok ? why : *e;
			ok = false;
		}
	}
	return ok;
}

static bool nobody(const struct local *l, const char *path, struct err *e)
{
	err_set(e, ERR_RECIPIENT,
		"the recipient '%s' is known on this machine only: its aliases "
		"name no address",
		path);
	return err_hint(e, "give it an address in '%s'", l->aliases.file);
}

bool local_resolve(struct local *l, const char *path, struct list *out,
		   struct list *notes, struct err *e)
{
	const struct aliases_doors doors = doors_of(l);
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	CLEAN(mailbox) struct mailbox box = MAILBOX_INIT;

	if (!local_is(l, path)) {
		list_add(out, path);
		return true;
	}
	if (!usable_aliases(l, e) ||
	    !address_parse_one(view_of(path), &box, e) ||
	    !aliases_find(&l->aliases, &doors, box.local, &r, e))
		return false;
	for (size_t i = 0; i < r.notes.n; i++)
		list_add(notes, r.notes.v[i]);
	switch (r.found) {
	case ALIAS_FOUND:
		return add_answer(l, path, &r, out, e);
	case ALIAS_NOBODY:
		return nobody(l, path, e);
	case ALIAS_UNKNOWN:
	default:
		return without_alias(l, path, path, out, e);
	}
}
