#include "config.h"

#include <stdio.h>
#include <string.h>

#include "auth/mech.h"
#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/mode.h"
#include "config/check.h"
#include "config/subst.h"
#include "deliver/sender.h"
#include "deliver/settings.h"

/* In the order in which msmtp prints them, for scripts that read it. */
static const char *const shown[] = {
	"host",
	"port",
	"source_ip",
	"proxy_host",
	"proxy_port",
	"socket",
	"timeout",
	"protocol",
	"domain",
	"auth",
	"user",
	"password",
	"passwordeval",
	"ntlmdomain",
	"tls",
	"tls_starttls",
	"tls_trust_file",
	"tls_crl_file",
	"tls_fingerprint",
	"tls_key_file",
	"tls_cert_file",
	"tls_certcheck",
	"tls_min_dh_prime_bits",
	"tls_priorities",
	"tls_host_override",
	"auto_from",
	"maildomain",
	"from",
	"from_full_name",
	"allow_from_override",
	"set_from_header",
	"set_date_header",
	"set_msgid_header",
	"set_to_header",
	"remove_bcc_headers",
	"dsn_notify",
	"dsn_return",
	"logfile",
	"logfile_time_format",
	"syslog",
	"aliases",
};
/* This and what follows it matters only where something is sent. */
#define FIRST_OF_SENDING "auto_from"

/* msmtp writes these with a blank. */
static const struct {
	const char *keyword, *label;
} labels[] = {
	{ "source_ip", "source ip" },
	{ "proxy_host", "proxy host" },
	{ "proxy_port", "proxy port" },
};

static const char *label_of(const char *keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (strcmp(labels[i].keyword, keyword) == 0)
			return labels[i].label;
	return keyword;
}

/* --- values as msmtp writes them -----------------------------------------
 */

static void add_upper(struct str *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		str_addc(out, ascii_upper(v.p[i]));
}

/* As a file has it, but without the quotes that only a file needs. */
static void plain_value(const struct account *a, const char *name,
			struct str *out)
{
	const struct key *k = key_find(view_of(name));
	CLEAN(str) struct str text = STR_INIT;
	struct view v;

	if (!k)
		return;
	account_show(a, k, &text);
	v = str_view(&text);
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = view_part(v, 1, v.n - 2);
	str_add(out, v);
}

/* All servers where there are several. */
static void host_value(const struct pretended *w, struct str *out)
{
	plain_value(w->account, w->account->hosts.n > 0 ? "hosts" : "host",
		    out);
}

static void port_value(const struct pretended *w, struct str *out)
{
	str_addf(out, "%d", account_port(w->account));
}

/* The usual one where there is a proxy; else none. */
static void proxy_port_value(const struct pretended *w, struct str *out)
{
	const struct account *a = w->account;
	int usual = a->proxy_host ? 1080 : 0;

	str_addf(out, "%d", a->proxy_port > 0 ? a->proxy_port : usual);
}

static void timeout_value(const struct pretended *w, struct str *out)
{
	int seconds = settings_timeout_s(w->account);

	if (seconds > 0)
		str_addf(out, "%d second%s", seconds, seconds == 1 ? "" : "s");
	else
		plain_value(w->account, "timeout", out);
}

static void domain_value(const struct pretended *w, struct str *out)
{
	const struct subst_values values = {
		.lookups = &subst_of_system,
		.system_dir = SYSCONFDIR,
		.domain_only = true,
	};
	const char *domain = w->account->domain ? w->account->domain : "";
	struct err ignored = ERR_INIT;

	if (!subst_expand(domain, &values, out, &ignored))
		str_adds(out, domain);
}

static void auth_value(const struct pretended *w, struct str *out)
{
	const struct mech *mech = settings_mech(w->account);

	if (!settings_auth(w->account))
		str_adds(out, "none");
	else if (!mech)
		str_adds(out, "choose");
	else
		str_adds(out, mech->name);
}

static void fingerprint_value(const struct pretended *w, struct str *out)
{
	const char *p = w->account->tls_fingerprint;
	size_t digits = 0;

	for (; p && *p; p++) {
		if (*p == ' ' || *p == ':')
			continue;
		if (digits > 0 && digits % 2 == 0)
			str_addc(out, ':');
		str_addc(out, ascii_upper(*p));
		digits++;
	}
}

/* Who it will be, where that can be said now. */
static void from_value(const struct pretended *w, struct str *out)
{
	if (w->sender)
		str_adds(out, w->sender);
	else
		plain_value(w->account, "from", out);
}

static void notify_value(const struct pretended *w, struct str *out)
{
	const struct list *words = &w->account->dsn_notify;

	for (size_t i = 0; i < words->n; i++) {
		str_adds(out, i > 0 ? "," : "");
		add_upper(out, view_of(words->v[i]));
	}
}

static void return_value(const struct pretended *w, struct str *out)
{
	static const char *const words[] = { "", "HDRS", "FULL" };

	str_adds(out, words[w->account->dsn_return]);
}

static void time_format_value(const struct pretended *w, struct str *out)
{
	const struct key *k = key_at(KEY_ID_logfile_time_format);
	CLEAN(str) struct str text = STR_INIT;

	plain_value(w->account, k->name, &text);
	if (!view_is(str_view(&text), k->fallback))
		str_add(out, str_view(&text));
}

static void syslog_value(const struct pretended *w, struct str *out)
{
	CLEAN(str) struct str word = STR_INIT;

	plain_value(w->account, "syslog", &word);
	if (view_is(str_view(&word), "on"))
		str_adds(out, "LOG_USER");
	else if (!view_is(str_view(&word), "off"))
		str_add(out, str_view(&word));
}

static const struct {
	const char *keyword;
	void (*add)(const struct pretended *w, struct str *out);
} special[] = {
	{ "host", host_value },
	{ "port", port_value },
	{ "proxy_port", proxy_port_value },
	{ "timeout", timeout_value },
	{ "domain", domain_value },
	{ "auth", auth_value },
	{ "tls_fingerprint", fingerprint_value },
	{ "from", from_value },
	{ "dsn_notify", notify_value },
	{ "dsn_return", return_value },
	{ "logfile_time_format", time_format_value },
	{ "syslog", syslog_value },
};

static void value_of(const struct pretended *w, const char *name,
		     struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (strcmp(special[i].keyword, name) == 0) {
			special[i].add(w, out);
			return;
		}
	plain_value(w->account, name, out);
}

/* Set to nothing is something else than not set. */
static bool is_empty_by_wish(const struct pretended *w, const char *name)
{
	const struct account *a = w->account;

	if (strcmp(name, "from") == 0)
		return w->sender != NULL;
	return strcmp(name, "maildomain") == 0 && a->maildomain &&
	       a->origin[KEY_ID_maildomain].kind == ORIGIN_FILE;
}

static void show_setting(const struct pretended *w, const char *name)
{
	CLEAN(str) struct str value = STR_INIT;
	bool set;

	value_of(w, name, &value);
	set = value.len > 0 || is_empty_by_wish(w, name);
	printf("%s = %s\n", label_of(name),
	       set ? str_chars(&value) : "(not set)");
}

/* --- which account, and why ----------------------------------------------
 */

void pretend_files(const struct config *c, const char *sender)
{
	if (sender)
		printf("envelope from address extracted from mail: %s\n",
		       sender);
	for (size_t i = c->notes_of_user; i < c->notes.n; i++)
		puts(c->notes.v[i]);
	for (size_t i = 0; i < c->notes_of_user && i < c->notes.n; i++)
		puts(c->notes.v[i]);
}

static void show_choice(const struct pretended *w)
{
	const struct account *a = w->account;
	const char *sender = w->prepare->sender;

	if (a->place.kind == ORIGIN_DEFAULT) {
		puts("using account specified on command line");
		return;
	}
	if (!w->named && sender && config_fits(a, sender))
		printf("account chosen by envelope from address %s: %s\n",
		       sender, a->label);
	else if (!w->named)
		puts("falling back to default account");
	if (a->place.file)
		printf("using account %s from %s\n", a->label, a->place.file);
	else
		printf("using account %s\n", a->label);
}

static void show_recipients(const struct prepare *p)
{
	printf("reading recipients from the command line%s\n",
	       p->read_recipients ? " and the mail" : "");
}

static void show_advice(const struct account *a)
{
	CLEAN(list) struct list advice = LIST_INIT;

	check_advice(a, &advice);
	for (size_t i = 0; i < advice.n; i++)
		printf("advice: %s\n", advice.v[i]);
}

void pretend(const struct pretended *w)
{
	show_choice(w);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		if (w->asks && strcmp(shown[i], FIRST_OF_SENDING) == 0)
			break;
		show_setting(w, shown[i]);
	}
	if (w->rmqs)
		printf("RMQS argument = %s\n", w->rmqs);
	if (!w->asks)
		show_recipients(w->prepare);
	if (!w->prepare->msmtp_name)
		show_advice(w->account);
}
