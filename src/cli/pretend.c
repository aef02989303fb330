#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/mode.h"
#include "config/check.h"
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

static void value_of(const struct account *a, const char *name, struct str *out)
{
	const struct key *k = key_find(view_of(name));

	if (!k)
		return;
	if (strcmp(name, "host") == 0 && a->hosts.n > 0)
		account_show(a, key_at(KEY_ID_hosts), out);
	else if (strcmp(name, "port") == 0)
		str_addf(out, "%d", account_port(a));
	else if (strcmp(name, "auth") == 0 && !settings_auth(a))
		str_adds(out, "none");
	else if (strcmp(name, "auth") == 0 && !settings_mech(a))
		str_adds(out, "choose");
	else if (strcmp(name, "timeout") == 0 && settings_timeout_s(a) > 0)
		str_addf(out, "%d second%s", settings_timeout_s(a),
			 settings_timeout_s(a) == 1 ? "" : "s");
	else
		account_show(a, k, out);
}

static void show_setting(const struct account *a, const char *name)
{
	CLEAN(str) struct str value = STR_INIT;

	value_of(a, name, &value);
	printf("%s = %s\n", label_of(name),
	       value.len > 0 ? value.s : "(not set)");
}

void pretend(const struct config *c, const struct prepare *p)
{
	const struct account *a = p->account;
	CLEAN(list) struct list advice = LIST_INIT;
	const char *from_args = p->recipients->n > 0 ? "the command line" : "";
	const char *from_mail = p->read_recipients ? "the mail" : "";

	for (size_t i = 0; i < c->notes.n; i++)
		puts(c->notes.v[i]);
	if (a->place.file)
		printf("using account %s from %s\n", a->label, a->place.file);
	else
		printf("using account %s\n", a->label);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		show_setting(a, shown[i]);
	if (*from_args || *from_mail)
		printf("reading recipients from %s%s%s\n", from_args,
		       *from_args && *from_mail ? " and " : "", from_mail);
	check_advice(a, &advice);
	for (size_t i = 0; i < advice.n; i++)
		printf("advice: %s\n", advice.v[i]);
}
