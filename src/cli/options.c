#include "config.h"

#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/account.h"

/*
 * sendmail's letters.  The ignored ones and why: G is relay submission, U and
 * c and E and J are other MTAs' notes to themselves, m is -om (we never
 * suppress the sender), n is no alias expansion, I is newaliases' own, h is a
 * hop count, p a protocol name for Received, A chooses between sendmail.cf and
 * submit.cf, x and e and d are modes of reporting and debugging.
 */
static const struct opt sendmail_options[] = {
	{ "account", 0, OPT_NEEDS, ID_ACCOUNT },
	{ "from", 'f', OPT_NEEDS, ID_FROM },
	{ NULL, 'r', OPT_NEEDS, ID_FROM },
	{ "read-recipients", 't', OPT_ALONE, ID_READ_RECIPIENTS },
	{ "read-envelope-from", 0, OPT_ALONE, ID_READ_FROM },
	{ "dsn-notify", 'N', OPT_NEEDS, ID_NOTIFY },
	{ "dsn-return", 'R', OPT_NEEDS, ID_RETURN },
	{ "serverinfo", 0, OPT_ALONE, ID_SERVERINFO },
	{ "version", 0, OPT_ALONE, ID_VERSION },
	{ "help", 0, OPT_ALONE, ID_HELP },
	{ NULL, 'F', OPT_NEEDS, ID_FULL_NAME },
	{ NULL, 'i', OPT_ALONE, ID_DOTS },
	{ NULL, 'V', OPT_NEEDS, ID_ID },
	{ NULL, 'B', OPT_NEEDS, ID_BODY_TYPE },
	{ NULL, 'v', OPT_ALONE, ID_VERBOSE },
	{ NULL, 'q', OPT_MAY, ID_QUEUE },
	{ NULL, 'b', OPT_NEEDS, ID_MODE },
	{ NULL, 'L', OPT_NEEDS, ID_TAG },
	{ NULL, 'O', OPT_NEEDS, ID_OPTION_O },
	{ NULL, 'o', OPT_NEEDS, ID_OPTION_SMALL_O },
	{ NULL, 'G', OPT_ALONE, ID_IGNORED },
	{ NULL, 'U', OPT_ALONE, ID_IGNORED },
	{ NULL, 'm', OPT_ALONE, ID_IGNORED },
	{ NULL, 'n', OPT_ALONE, ID_IGNORED },
	{ NULL, 'E', OPT_ALONE, ID_IGNORED },
	{ NULL, 'I', OPT_ALONE, ID_IGNORED },
	{ NULL, 'J', OPT_ALONE, ID_IGNORED },
	{ NULL, 'c', OPT_ALONE, ID_IGNORED },
	{ NULL, 'h', OPT_NEEDS, ID_IGNORED },
	{ NULL, 'p', OPT_NEEDS, ID_IGNORED },
	{ NULL, 'A', OPT_NEEDS, ID_IGNORED },
	{ NULL, 'x', OPT_NEEDS, ID_IGNORED },
	{ NULL, 'e', OPT_MAY, ID_IGNORED },
	{ NULL, 's', OPT_MAY, ID_REFUSED },
	{ NULL, 'M', OPT_MAY, ID_REFUSED },
	{ NULL, 'd', OPT_MAY, ID_DEBUG },
};

/* What is added under other names. */
static const struct opt own_options[] = {
	{ "file", 'C', OPT_NEEDS, ID_FILE },
	{ NULL, 'a', OPT_NEEDS, ID_ACCOUNT },
	{ "pretend", 'P', OPT_ALONE, ID_PRETEND },
	{ "debug", 0, OPT_MAY, ID_DEBUG },
	{ "configure", 0, OPT_NEEDS, ID_CONFIGURE },
	{ NULL, 'X', OPT_NEEDS, ID_LOGFILE },
	{ "quiet", 0, OPT_ALONE, ID_QUIET },
	{ "rmqs", 0, OPT_NEEDS, ID_RMQS },
	{ NULL, 'S', OPT_ALONE, ID_SERVERINFO },
};

/* msmtp's long options: their abbreviations mean what they meant. */
static const char *const msmtp_names[] = {
	"version",
	"help",
	"pretend",
	"debug",
	"configure",
	"serverinfo",
	"rmqs",
	"file",
	"account",
	"host",
	"port",
	"timeout",
	"connect-timeout",
	"protocol",
	"domain",
	"source-ip",
	"proxy-host",
	"proxy-port",
	"socket",
	"auth",
	"user",
	"passwordeval",
	"tls",
	"tls-starttls",
	"tls-trust-file",
	"tls-crl-file",
	"tls-fingerprint",
	"tls-key-file",
	"tls-cert-file",
	"tls-certcheck",
	"tls-min-dh-prime-bits",
	"tls-priorities",
	"tls-host-override",
	"tls-force-sslv3",
	"from",
	"read-envelope-from",
	"read-recipients",
	"dsn-notify",
	"dsn-return",
	"logfile",
	"logfile-time-format",
	"syslog",
	"aliases",
	"set-from-header",
	"set-date-header",
	"set-msgid-header",
	"set-to-header",
	"remove-bcc-headers",
	"auto-from",
	"maildomain",
	"add-missing-from-header",
	"add-missing-date-header",
	"undisclosed-recipients",
	"keepbcc",
};

/* The most that options_fill can add. */
enum {
	OPTIONS_MAX = ARRAY_LEN(sendmail_options) + ARRAY_LEN(own_options) +
		      KEY_COUNT + ARRAY_LEN(msmtp_names),
};

char *options_respell(const char *name, char from, char to)
{
	char *copy = mem_copy(name);

	for (char *p = copy; *p; p++)
		if (*p == from)
			*p = to;
	return copy;
}

static void add(struct options *o, struct opt opt)
{
	o->v[o->set.n++] = opt;
}

static bool has_name(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->set.n; i++)
		if (o->v[i].name && strcmp(o->v[i].name, name) == 0)
			return true;
	return false;
}

/*
 * The keywords, but for those that a fixed option stands for; those with a flag
 * of may need no value.
 */
static void add_names(struct options *o, unsigned may)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		CLEAN(mem_string)
		char *name = options_respell(k->name, '_', '-');

		if ((k->flags & KEY_NO_OPTION) || has_name(o, name))
			continue;
		list_add(&o->names, name);
		add(o, (struct opt){ o->names.v[o->names.n - 1], 0,
				     k->flags & may ? OPT_MAY : OPT_NEEDS,
				     ID_KEYWORD + (int)i });
	}
}

/* msmtp's name for a keyword that is spelt otherwise today. */
static bool is_old_keyword(const char *name)
{
	CLEAN(mem_string) char *key = options_respell(name, '-', '_');
	struct view value;
	struct err e = ERR_INIT;

	return key_find(view_of(key)) == NULL &&
	       (key_find_old(view_of(key), view_of(""), &value, &e) ||
		key_find_ignored(view_of(key)));
}

/* Those that are no switches. */
static enum opt_arity old_arity(const char *name)
{
	return strcmp(name, "connect-timeout") == 0 ||
			       strcmp(name, "tls-min-dh-prime-bits") == 0
		       ? OPT_NEEDS
		       : OPT_MAY;
}

static void add_old_names(struct options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(msmtp_names); i++)
		if (is_old_keyword(msmtp_names[i]))
			add(o, (struct opt){ msmtp_names[i], 0,
					     old_arity(msmtp_names[i]),
					     ID_OLD_KEYWORD });
}

void options_fill(struct options *o, bool locked_down)
{
	o->v = mem_zero(OPTIONS_MAX, sizeof(*o->v));
	o->set.v = o->v;
	for (size_t i = 0; i < ARRAY_LEN(sendmail_options); i++)
		add(o, sendmail_options[i]);
	if (locked_down)
		return;
	for (size_t i = 0; i < ARRAY_LEN(own_options); i++)
		add(o, own_options[i]);
	add_names(o, KEY_ON_IF_EMPTY | KEY_FIRST_IF_EMPTY);
	add_old_names(o);
	o->set.old = msmtp_names;
	o->set.n_old = ARRAY_LEN(msmtp_names);
}

void options_fill_verb(struct options *o, const struct opt *own, size_t n)
{
	o->v = mem_zero(n + KEY_COUNT, sizeof(*o->v));
	o->set.v = o->v;
	o->set.whole = true;
	for (size_t i = 0; i < n; i++)
		add(o, own[i]);
	add_names(o, 0);
}

void options_free(struct options *o)
{
	free(o->v);
	list_free(&o->names);
	*o = OPTIONS_INIT;
}

bool options_is_sendmails(const struct options *o, const struct opt *opt)
{
	return opt < o->v + ARRAY_LEN(sendmail_options);
}
