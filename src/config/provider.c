#include "config.h"

#include "config/provider.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/nearest.h"
#include "config/value.h"

#define REGION ":REGION"
#define REGION_MAX 32 /* "ap-southeast-2" and what may still come */

/* Hints of more than one row. */
#define APP_PASSWORD                                                           \
	"this provider wants an app password, made in the settings of the "    \
	"mailbox, not the password of the web site"
#define APP_PASSWORD_2FA                                                       \
	"check user and password; with two-factor login this provider wants "  \
	"an app password"
#define POP3_AND_IMAP                                                          \
	"switch on POP3 and IMAP in the settings of the mailbox; with "        \
	"two-factor login an app password is wanted"
#define OAUTH_ONLY                                                             \
	"this provider takes no passwords: sign in by OAuth 2.0, so that the " \
	"password is an access token"

/* How TLS begins. */
enum start {
	IMPLICIT,
	STARTTLS
};

/*
 * THE table.  Above each row: the page of the provider's documentation that it
 * was taken from.  A * in the host stands for the region.
 */
static const struct provider {
	const char *name;
	const char *host;
	int port;
	enum start start;
	const char *auth;
	const char *hint; /* NULL: the server's words say enough */
	bool self_signed;
} providers[] = {
	/* https://support.google.com/mail/answer/7104828 */
	{ "gmail", "smtp.gmail.com", 465, IMPLICIT, "on",
	  "Google wants an app password (https://myaccount.google.com/"
	  "apppasswords) or OAuth 2.0, not the password of the web site",
	  false },
	/* https://support.microsoft.com/office/d088b986-291d-42b8-9564-
	 * 9c414e2aa040 */
	{ "outlook", "smtp-mail.outlook.com", 587, STARTTLS, "xoauth2",
	  OAUTH_ONLY, false },
	/* https://learn.microsoft.com/exchange/mail-flow-best-practices/
	 * how-to-set-up-a-multifunction-device-or-application-to-send-email-
	 * using-microsoft-365-or-office-365 */
	{ "microsoft365", "smtp.office365.com", 587, STARTTLS, "xoauth2",
	  OAUTH_ONLY, false },
	/* https://support.apple.com/102525 */
	{ "icloud", "smtp.mail.me.com", 587, STARTTLS, "on",
	  "Apple wants an app-specific password (https://account.apple.com), "
	  "not that of the Apple account",
	  false },
	/* https://help.yahoo.com/kb/SLN4075.html */
	{ "yahoo", "smtp.mail.yahoo.com", 465, IMPLICIT, "on", APP_PASSWORD,
	  false },
	/* https://help.aol.com/articles/how-do-i-use-other-email-applications-
	 * to-send-and-receive-my-aol-mail */
	{ "aol", "smtp.aol.com", 465, IMPLICIT, "on", APP_PASSWORD, false },
	/* https://www.fastmail.help/hc/en-us/articles/1500000278342 */
	{ "fastmail", "smtp.fastmail.com", 465, IMPLICIT, "on", APP_PASSWORD,
	  false },
	/* https://hilfe.gmx.net/pop-imap/imap/imap-serverdaten.html */
	{ "gmx", "mail.gmx.net", 465, IMPLICIT, "on", POP3_AND_IMAP, false },
	/* https://support.gmx.com/pop-imap/imap/server.html */
	{ "gmx-com", "mail.gmx.com", 587, STARTTLS, "on", POP3_AND_IMAP,
	  false },
	/* https://hilfe.web.de/pop-imap/imap/imap-serverdaten.html */
	{ "webde", "smtp.web.de", 465, IMPLICIT, "on", POP3_AND_IMAP, false },
	/* https://www.zoho.com/mail/help/zoho-smtp.html */
	{ "zoho", "smtp.zoho.com", 465, IMPLICIT, "on", APP_PASSWORD_2FA,
	  false },
	{ "zoho-pro", "smtppro.zoho.com", 465, IMPLICIT, "on", APP_PASSWORD_2FA,
	  false },
	{ "zoho-eu", "smtp.zoho.eu", 465, IMPLICIT, "on", APP_PASSWORD_2FA,
	  false },
	/* https://proton.me/support/imap-smtp-and-pop3-setup */
	{ "proton-bridge", "127.0.0.1", 1025, STARTTLS, "on",
	  "Proton Mail Bridge has a password of its own: its window shows it "
	  "under the mailbox's details",
	  true },
	/* https://proton.me/support/smtp-submission */
	{ "proton", "smtp.protonmail.ch", 587, STARTTLS, "on",
	  "Proton wants an SMTP token, made in the settings of the mailbox",
	  false },
	/* https://posteo.de/hilfe/wie-richte-ich-posteo-in-einem-mailprogramm-
	 * ein-pop3-imap-und-smtp */
	{ "posteo", "posteo.de", 465, IMPLICIT, "on", NULL, false },
	/* https://kb.mailbox.org/en/private/e-mail/e-mail-configuration */
	{ "mailbox.org", "smtp.mailbox.org", 465, IMPLICIT, "on",
	  APP_PASSWORD_2FA, false },
	/* https://www.mailo.com/mailo/en/server-settings.php */
	{ "mailo", "mail.mailo.com", 465, IMPLICIT, "on", NULL, false },
	/* https://www.migadu.com/guides/config */
	{ "migadu", "smtp.migadu.com", 465, IMPLICIT, "on", NULL, false },
	/* https://runbox.com/help/email-server-details */
	{ "runbox", "smtp.runbox.com", 465, IMPLICIT, "on", APP_PASSWORD_2FA,
	  false },
	/* https://www.infomaniak.com/en/support/faq/2023 */
	{ "infomaniak", "mail.infomaniak.com", 465, IMPLICIT, "on",
	  "Infomaniak wants a password made for this device", false },
	/* https://docs.gandi.net/en/gandimail/standard_email_settings */
	{ "gandi", "mail.gandi.net", 465, IMPLICIT, "on", NULL, false },
	/* https://help.ovhcloud.com/csm/en-mx-plan-email-configuration */
	{ "ovh", "ssl0.ovh.net", 465, IMPLICIT, "on", NULL, false },
	/* https://www.ionos.com/help/email/general-topics/settings-for-your-
	 * email-programs-imap-pop3 */
	{ "ionos", "smtp.ionos.com", 465, IMPLICIT, "on", NULL, false },
	{ "ionos-de", "smtp.ionos.de", 465, IMPLICIT, "on", NULL, false },
	/* https://www.strato.de/faq/mail/externes-e-mail-programm-mit-strato-e-
	 * mail-adresse-nutzen/ */
	{ "strato", "smtp.strato.de", 465, IMPLICIT, "on", NULL, false },
	/* https://yandex.com/support/yandex-360/customers/mail/en/mail-clients/
	 * others */
	{ "yandex", "smtp.yandex.com", 465, IMPLICIT, "on", APP_PASSWORD,
	  false },
	/* https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html */
	{ "ses" REGION, "email-smtp.*.amazonaws.com", 465, IMPLICIT, "on",
	  "SES has SMTP credentials of its own, made for one region; they are "
	  "not the access key",
	  false },
	/* https://www.twilio.com/docs/sendgrid/for-developers/sending-email/
	 * integrating-with-the-smtp-api */
	{ "sendgrid", "smtp.sendgrid.net", 465, IMPLICIT, "on",
	  "the user is the word apikey, the password an API key", false },
	/* https://documentation.mailgun.com/docs/mailgun/user-manual/
	 * sending-messages/send-smtp */
	{ "mailgun", "smtp.mailgun.org", 465, IMPLICIT, "on",
	  "user and password are SMTP credentials of the sending domain",
	  false },
	{ "mailgun-eu", "smtp.eu.mailgun.org", 465, IMPLICIT, "on",
	  "user and password are SMTP credentials of the sending domain",
	  false },
	/* https://postmarkapp.com/developer/user-guide/send-email-with-smtp */
	{ "postmark", "smtp.postmarkapp.com", 587, STARTTLS, "on",
	  "user and password are both the server's API token, or an SMTP "
	  "token's access key and secret key",
	  false },
	/* https://developers.mailersend.com/general.html#smtp */
	{ "mailersend", "smtp.mailersend.net", 587, STARTTLS, "on",
	  "user and password are an SMTP user of the sending domain", false },
	/* https://developers.brevo.com/docs/smtp-integration */
	{ "brevo", "smtp-relay.brevo.com", 465, IMPLICIT, "on",
	  "the password is an SMTP key, not an API key", false },
	/* https://developers.sparkpost.com/api/smtp */
	{ "sparkpost", "smtp.sparkpostmail.com", 587, STARTTLS, "on",
	  "the user is SMTP_Injection, the password an API key that may send "
	  "by SMTP",
	  false },
	{ "sparkpost-eu", "smtp.eu.sparkpostmail.com", 587, STARTTLS, "on",
	  "the user is SMTP_Injection, the password an API key that may send "
	  "by SMTP",
	  false },
	/* https://documentation.mailjet.com/hc/articles/360043229473 */
	{ "mailjet", "in-v3.mailjet.com", 587, STARTTLS, "on",
	  "the user is the API key, the password its secret key", false },
	/* https://resend.com/docs/send-with-smtp */
	{ "resend", "smtp.resend.com", 465, IMPLICIT, "on",
	  "the user is the word resend, the password an API key", false },
	/* https://support.smtp2go.com/hc/en-gb/articles/223087627 */
	{ "smtp2go", "mail.smtp2go.com", 465, IMPLICIT, "on",
	  "user and password are an SMTP user of the account", false },
};

/* The names in the table may end in REGION: what is before it. */
static struct view stem_of(const struct provider *p, bool *regional)
{
	struct view name = view_of(p->name);
	size_t n = sizeof(REGION) - 1;

	*regional = name.n > n &&
		    view_is(view_part(name, name.n - n, n), REGION);
	return *regional ? view_part(name, 0, name.n - n) : name;
}

static bool is_region(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) && v.p[i] != '-')
			return false;
	return v.n > 0 && v.n <= REGION_MAX;
}

/* *region is what the name says after its colon, or empty. */
static const struct provider *find(struct view name, struct view *region)
{
	for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
		bool regional;
		struct view stem = stem_of(&providers[i], &regional);

		*region = view_part(name, stem.n + 1, name.n);
		if (!regional && view_equal_nocase(name, stem))
			return &providers[i];
		if (regional && name.n > stem.n && name.p[stem.n] == ':' &&
		    view_equal_nocase(view_part(name, 0, stem.n), stem) &&
		    is_region(*region))
			return &providers[i];
	}
	return NULL;
}

static const struct provider *of_account(const struct account *a,
					 struct view *region)
{
	return a->provider ? find(view_of(a->provider), region) : NULL;
}

const char *provider_name(size_t i)
{
	return i < ARRAY_LEN(providers) ? providers[i].name : NULL;
}

bool provider_check(struct view name, struct err *e)
{
	struct nearest n = NEAREST_INIT(name);
	CLEAN(str) struct str quoted = STR_INIT;
	struct view region;

	if (find(name, &region))
		return true;
	value_quote(&quoted, name);
	for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
		bool regional;
		struct view stem = stem_of(&providers[i], &regional);

		if (regional && view_starts_nocase(name, "ses"))
			return err_set(e, ERR_CONFIG,
				       "provider: write %.*s, a colon and the "
				       "region, for example ses:eu-west-1",
				       (int)stem.n, stem.p);
		nearest_try(&n, providers[i].name);
	}
	if (n.best)
		return err_set(e, ERR_CONFIG,
			       "provider: %s is not known; did you mean '%s'?",
			       quoted.s, n.best);
	err_set(e, ERR_CONFIG, "provider: %s is not known", quoted.s);
	return err_hint(e, "set host, port and tls instead; "
			   "postrider.conf(5) lists the providers");
}

/* --- into an account -----------------------------------------------------
 */

static bool is_open(const struct account *a, enum key_id id)
{
	return a->origin[id].kind == ORIGIN_DEFAULT ||
	       a->origin[id].kind == ORIGIN_PROVIDER;
}

static void forget(struct account *a, enum key_id id)
{
	const struct key *k = key_at(id);

	if (a->origin[id].kind != ORIGIN_PROVIDER)
		return;
	value_default((char *)a + k->offset, k);
	a->origin[id] = (struct origin){ .kind = ORIGIN_DEFAULT };
}

static bool fill(struct account *a, enum key_id id, const char *value,
		 struct err *e)
{
	const struct origin origin = { .kind = ORIGIN_PROVIDER };

	return !is_open(a, id) ||
	       account_set(a, key_at(id), view_of(value), origin, e);
}

static void add_host(struct str *out, const char *host, struct view region)
{
	for (; *host; host++)
		if (*host == '*')
			str_add(out, region);
		else
			str_addc(out, *host);
}

bool provider_apply(struct account *a, struct err *e)
{
	static const enum key_id ids[] = { KEY_ID_host, KEY_ID_port, KEY_ID_tls,
					   KEY_ID_tls_starttls, KEY_ID_auth };
	CLEAN(str) struct str host = STR_INIT;
	CLEAN(str) struct str port = STR_INIT;
	struct view region = VIEW_NONE;
	const struct provider *p = of_account(a, &region);

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		forget(a, ids[i]);
	if (!p)
		return true;
	add_host(&host, p->host, region);
	str_addf(&port, "%d", p->port);
	return (a->hosts.n > 0 || a->srv || fill(a, KEY_ID_host, host.s, e)) &&
	       fill(a, KEY_ID_port, port.s, e) &&
	       fill(a, KEY_ID_tls, "on", e) &&
	       fill(a, KEY_ID_tls_starttls, p->start == STARTTLS ? "on" : "off",
		    e) &&
	       fill(a, KEY_ID_auth, p->auth, e);
}

const char *provider_hint(const struct account *a)
{
	struct view region;
	const struct provider *p = of_account(a, &region);

	return p ? p->hint : NULL;
}

bool provider_is_self_signed(const struct account *a)
{
	struct view region;
	const struct provider *p = of_account(a, &region);

	return p && p->self_signed;
}
