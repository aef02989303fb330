#include "config.h"

#include "deliver/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/check.h"
#include "config/provider.h"
#include "config/value.h"

/* --- from an account to its origin --------------------------------------- */

/* True for what no file will say again. */
static bool is_said_once(const struct account *a, const struct key *k)
{
	const struct origin *from = &a->origin[key_id(k)];

	return from->kind == ORIGIN_OPTION ||
	       from->kind == ORIGIN_ENVIRONMENT || from->variable;
}

/* A secret, or what may hold one, which is never remembered. */
static bool may_hold_secret(const struct account *a, const struct key *k)
{
	if ((k->flags & KEY_IS_SECRET) != 0 || key_id(k) == KEY_ID_passwordeval)
		return true;
	if ((k->flags & KEY_HIDES_PASSWORD) == 0 || !a->proxy)
		return false;
	return value_url_password(view_of(a->proxy)).n > 0;
}

static bool cannot(struct err *e, const char *what)
{
	err_set(e, ERR_CONFIG, "the message cannot be kept: %s", what);
	return err_hint(e, "a secret that a file, a command in a file or the "
			   "keyring gives can be had again later");
}

static bool check_key(const struct account *a, const struct key *k,
		      struct err *e)
{
	CLEAN(str) struct str what = STR_INIT;

	if (!is_said_once(a, k) || !may_hold_secret(a, k))
		return true;
	str_addf(&what, "what %s was given %s is not written down", k->name,
		 a->origin[key_id(k)].kind == ORIGIN_OPTION
			 ? "on the command line"
			 : "in the environment");
	return cannot(e, what.s);
}

/* systemd takes the folder away with the service. */
static bool is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct view v = view_of(path);

	return view_starts(v, "credential:") ||
	       (dir && dir[0] == '/' && view_starts(v, dir));
}

static bool check_secrets(const struct account *a, struct err *e)
{
	for (int i = 0; i < KEY_COUNT; i++)
		if (account_is_set(a, (enum key_id)i) &&
		    !check_key(a, key_at((enum key_id)i), e))
			return false;
	if (a->password_fd > 0)
		return cannot(e, "what password_fd gives can be read once");
	if (a->password_file && is_credential(a->password_file))
		return cannot(e, "the credential of password_file may be gone "
				 "by then");
	return true;
}

/* A path for whoever works elsewhere; owned. */
static char *absolute(const char *path)
{
	CLEAN(mem_string) char *here = NULL;
	struct str whole = STR_INIT;

	if (path[0] == '/')
		return mem_copy(path);
	here = getcwd(NULL, 0);
	str_addf(&whole, "%s/%s", here ? here : "", path);
	return str_detach(&whole);
}

/* A pipe, such as a shell's <(command), is gone after it was read. */
static bool describe_file(const struct config *c, struct item_origin *o,
			  struct err *e)
{
	struct stat st;

	if (c->files_of_user == 0)
		return true;
	o->config = absolute(c->files.v[0]);
	if (stat(o->config, &st) == 0 && S_ISREG(st.st_mode) &&
	    !view_starts(view_of(o->config), "/dev/") &&
	    !view_starts(view_of(o->config), "/proc/"))
		return true;
	return cannot(e, "its configuration is in no file that lasts");
}

/* system, - and URIs are no paths. */
static bool is_relative(const struct key *k, const char *value)
{
	return k->type == KEY_FILE && value[0] != '/' && value[0] != '\0' &&
	       strcmp(value, "-") != 0 && strcmp(value, "system") != 0 &&
	       !strchr(value, ':');
}

/* What shapes the message (LINES) has done so. */
static void describe_key(const struct account *a, const struct key *k,
			 struct item_origin *o)
{
	CLEAN(str) struct str value = STR_INIT;
	CLEAN(mem_string) char *path = NULL;

	if (!is_said_once(a, k) || k->type == KEY_LINES)
		return;
	account_show(a, k, &value);
	if (strcmp(str_chars(&value), "\"\"") == 0)
		str_truncate(&value, 0);
	if (is_relative(k, str_chars(&value)))
		path = absolute(value.s);
	list_add(&o->keys, k->name);
	list_add(&o->values, path ? path : str_chars(&value));
}

bool resume_describe(const struct config *c, const struct account *account,
		     struct item_origin *o, struct err *e)
{
	if (!check_secrets(account, e) || !describe_file(c, o, e))
		return false;
	o->label = mem_copy(account->label);
	o->built = account->place.kind != ORIGIN_FILE;
	o->msmtp_name = c->msmtp_name;
	for (int i = 0; i < KEY_COUNT; i++)
		describe_key(account, key_at((enum key_id)i), o);
	return true;
}

/* --- what changes with the files ------------------------------------------ */

#define FNV_START 14695981039346656037u
#define FNV_PRIME 1099511628211u

static uint64_t mix(uint64_t hash, const void *p, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

static uint64_t mix_file(uint64_t hash, const char *path)
{
	int64_t facts[4] = { 0 };
	struct stat st;

	if (stat(path, &st) == 0) {
		facts[0] = (int64_t)st.st_ino;
		facts[1] = st.st_size;
		facts[2] = st.st_mtim.tv_sec;
		facts[3] = st.st_mtim.tv_nsec;
	}
	return mix(hash, facts, sizeof(facts));
}

void resume_stamp(const struct item_origin *o, const struct config *c,
		  const struct account *account, struct str *out)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; !o->built && i < c->files.n; i++)
		hash = mix_file(hash, c->files.v[i]);
	if (account->password_file)
		hash = mix_file(hash, account->password_file);
	str_addf(out, "%016llx", (unsigned long long)hash);
}

/* --- and back --------------------------------------------------------------
 */

void resumed_free(struct resumed *r)
{
	accounts_free(&r->fallbacks);
	account_free(&r->account);
	config_free(&r->config);
	str_free(&r->stamp);
}

static bool load(const struct item_origin *o, struct resumed *r, struct err *e)
{
	const struct config_wishes wishes = {
		.file = o->config,
		.msmtp_name = o->msmtp_name,
		.system_only = !o->config,
		.system_dir = SYSCONFDIR,
		.later = true,
	};

	if (config_load(&r->config, &wishes, e))
		return true;
	e->kind = ERR_CONFIG;
	if (r->config.mistakes.n == 0)
		return false;
	err_set(e, ERR_CONFIG, "%s", r->config.mistakes.v[0]);
	return err_hint(e, "'postrider config' shows all mistakes");
}

static bool apply(const struct item_origin *o, struct account *a, struct err *e)
{
	const struct origin from = { .kind = ORIGIN_OPTION };

	for (size_t i = 0; i < o->keys.n && i < o->values.n; i++) {
		const struct key *k = key_find(view_of(o->keys.v[i]));

		if (!k || (k->flags & KEY_IS_SECRET) != 0)
			return err_set(e, ERR_CONFIG,
				       "'%s', which it was sent with, is no "
				       "option",
				       o->keys.v[i]);
		if (!account_set(a, k, view_of(o->values.v[i]), from, e))
			return false;
	}
	return provider_apply(a, e);
}

static bool build(const struct item_origin *o, struct resumed *r, struct err *e)
{
	account_init(&r->account, o->label);
	if (o->msmtp_name)
		account_as_msmtp(&r->account);
	if (!apply(o, &r->account, e))
		return false;
	return !r->account.fallback || load(o, r, e);
}

static bool choose(const struct item_origin *o, struct resumed *r,
		   struct err *e)
{
	return load(o, r, e) &&
	       config_choose(&r->config, o->label, NULL, &r->account, e) &&
	       apply(o, &r->account, e);
}

bool resume_account(const struct item_origin *o, struct resumed *r,
		    struct err *e)
{
	bool ok = o->built ? build(o, r, e) : choose(o, r, e);

	ok = ok && check_account(&r->account, e) &&
	     fallback_chain(&r->config, &r->account, &r->fallbacks, e);
	if (!ok)
		e->kind = ERR_CONFIG;
	resume_stamp(o, &r->config, &r->account, &r->stamp);
	return ok;
}

/* Those that are left. */
static size_t *pending(const struct item *it, size_t *n)
{
	size_t all = it->envelope.recipients.n;
	size_t *index = mem_zero(all + 1, sizeof(*index));

	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (it->v[i].progress == ITEM_PENDING)
			index[(*n)++] = i;
	return index;
}

/* RFC 2852, 4.1: less by the time that it was here; what the sender is only
 * told about goes on without a limit. */
static bool age_by(struct envelope_wishes *w, int64_t waited, struct err *e)
{
	if (w->by == BY_UNSET || waited < w->by_s) {
		w->by_s -= w->by == BY_UNSET ? 0 : (int)waited;
		return true;
	}
	if (w->by == BY_RETURN) {
		err_set(e, ERR_REFUSED,
			"the message waited longer than deliver_by allows");
		return false;
	}
	w->by = BY_UNSET;
	w->by_s = 0;
	w->by_trace = false;
	return true;
}

/* RFC 4865, 4: the server holds it for what is left of the time. */
static void age_hold(struct envelope_wishes *w, int64_t waited, int64_t now)
{
	if (w->hold_for_s > waited)
		w->hold_for_s -= (int)waited;
	else
		w->hold_for_s = 0;
	if (w->hold_until <= now)
		w->hold_until = 0;
}

static bool age(const struct item *it, int64_t now, struct envelope_wishes *w,
		struct err *e)
{
	int64_t waited = now > it->created ? now - it->created : 0;

	age_hold(w, waited, now);
	return age_by(w, waited, e);
}

static bool share_draft(const struct taken *t, struct message *m, struct err *e)
{
	m->draft = DRAFT_INIT;
	m->draft.fd = fcntl(t->msg, F_DUPFD_CLOEXEC, 0);
	m->draft.size = t->item.facts.octets;
	return m->draft.fd >= 0 ||
	       err_errno(e, "cannot open message %s of the queue once more",
			 t->item.id);
}

bool resume_message(const struct taken *t, int64_t now, struct message *m,
		    size_t **index, struct err *e)
{
	const struct item *it = &t->item;
	size_t n;

	*index = pending(it, &n);
	envelope_copy_some(&m->envelope, &it->envelope, *index, n);
	m->facts = it->facts;
	m->message_id = mem_copy(it->message_id);
	if (age(it, now, &m->envelope.wishes, e) && share_draft(t, m, e))
		return true;
	free(*index);
	*index = NULL;
	return false;
}
