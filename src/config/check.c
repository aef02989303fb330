#include "config.h"

#include "config/check.h"

#include "base/ascii.h"
#include "base/err.h"
#include "config/hostport.h"
#include "config/provider.h"

#define PORT_SMTP 25
#define PORT_SUBMISSIONS 465
#define PORT_SUBMISSION 587

#define SHA256_DIGITS 64

/* --- what must hold --------------------------------------------------------
 */

/* Is there anything by which a certificate would be found wrong or right? */
static bool can_trust(const struct account *a)
{
	return a->tls_trust_file || a->tls_fingerprint || !a->tls_certcheck;
}

static bool lacks_host(const struct account *a)
{
	return !a->host && a->hosts.n == 0 && account_needs_host(a) &&
	       !a->capture;
}

static bool has_two_ways(const struct account *a)
{
	return a->socket && a->tunnel;
}

static bool has_host_and_hosts(const struct account *a)
{
	return a->host && a->hosts.n > 0;
}

static bool has_hosts_and_way(const struct account *a)
{
	return a->hosts.n > 0 && !account_needs_host(a);
}

static bool has_hosts_and_srv(const struct account *a)
{
	return a->hosts.n > 0 && a->srv;
}

static bool has_srv_and_way(const struct account *a)
{
	return a->srv && !account_needs_host(a);
}

static bool has_srv_and_port(const struct account *a)
{
	return a->srv && account_is_set(a, KEY_ID_port) &&
	       a->origin[KEY_ID_port].kind != ORIGIN_PROVIDER;
}

/* RFC 6186 and 8314 have names for submission by SMTP alone. */
static bool has_srv_and_lmtp(const struct account *a)
{
	return a->srv && account_is_lmtp(a);
}

/* As addresses are written in mail and in URLs, not here. */
static bool has_brackets(const struct account *a)
{
	return a->host && a->host[0] == '[';
}

static bool hosts_have_ports(const struct account *a)
{
	for (size_t i = 0; i < a->hosts.n; i++) {
		struct view host;
		int port;

		if (!hostport_split(view_of(a->hosts.v[i]), &host, &port) ||
		    port == 0)
			return false;
	}
	return a->hosts.n > 0;
}

static bool lacks_lmtp_port(const struct account *a)
{
	return account_port(a) == 0 && account_needs_host(a) &&
	       !hosts_have_ports(a);
}

/* Whose certificate would it have to be? */
static bool lacks_tls_name(const struct account *a)
{
	return a->tls && !a->capture && a->tls_certcheck &&
	       !a->tls_fingerprint && !a->host && a->hosts.n == 0 &&
	       !a->tls_host_override;
}

static bool has_half_a_key(const struct account *a)
{
	return !a->tls_key_file != !a->tls_cert_file;
}

static bool has_list_without_trust(const struct account *a)
{
	return a->tls_crl_file && !a->tls_trust_file;
}

static bool trusts_nothing(const struct account *a)
{
	return a->tls && !can_trust(a);
}

static bool holds_twice(const struct account *a)
{
	return a->hold_for > 0 && a->hold_until;
}

static bool requires_tls_without(const struct account *a)
{
	return a->require_tls && !a->tls;
}

/* RFC 8689, 4.2.1: the server must be known to be the right one. */
static bool requires_tls_unchecked(const struct account *a)
{
	return a->require_tls && !a->tls_certcheck;
}

static const struct {
	bool (*wrong)(const struct account *a);
	const char *text, *hint;
} rules[] = {
	{ has_host_and_hosts, "host and hosts exclude each other",
	  "name all servers in hosts" },
	{ has_hosts_and_srv, "hosts and srv exclude each other",
	  "name the mail domain as host and leave hosts out" },
	{ has_hosts_and_way, "hosts excludes socket and tunnel",
	  "leave one of them out" },
	{ has_srv_and_way, "srv excludes socket and tunnel",
	  "leave one of them out" },
	{ has_srv_and_port, "srv and port exclude each other",
	  "leave port out: the DNS says which it is" },
	{ has_srv_and_lmtp, "srv finds no LMTP servers", "set host and port" },
	{ lacks_host, "host is not set", "set it in the account or by --host" },
	{ has_brackets, "host has brackets",
	  "write the address alone, for example 'host ::1'" },
	{ lacks_lmtp_port, "port is not set, and LMTP has no usual one",
	  "set port" },
	{ has_two_ways, "socket and tunnel exclude each other",
	  "unset one of them by the keyword without an argument" },
	{ lacks_tls_name,
	  "tls is on, but there is no name to expect in the "
	  "certificate",
	  "set host or tls_host_override" },
	{ has_half_a_key, "tls_key_file and tls_cert_file need each other",
	  "set both or neither" },
	{ has_list_without_trust, "tls_crl_file needs tls_trust_file",
	  "set tls_trust_file to 'system' or to a file" },
	{ trusts_nothing, "tls is on, but by tls_trust_file nobody is trusted",
	  "set tls_trust_file or tls_fingerprint, or turn tls_certcheck off" },
	{ holds_twice, "hold_for and hold_until exclude each other",
	  "leave one out, or set 'hold_for off'" },
	{ requires_tls_without, "require_tls is on, but tls is off",
	  "set 'tls on': who asks others for TLS must use it" },
	{ requires_tls_unchecked, "require_tls is on, but tls_certcheck is off",
	  "set 'tls_certcheck on': TLS with just anybody is not enough" },
};

bool check_account(const struct account *a, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].wrong(a)) {
			err_set(e, ERR_CONFIG, "account '%s': %s", a->label,
				rules[i].text);
			return err_hint(e, "%s", rules[i].hint);
		}
	return true;
}

/* --- what is unwise --------------------------------------------------------
 */

static bool is_local(const struct account *a)
{
	return a->host && (ascii_casecmp(a->host, "localhost") == 0 ||
			   view_starts(view_of(a->host), "127.") ||
			   ascii_casecmp(a->host, "::1") == 0);
}

static bool logs_in(const struct account *a)
{
	return a->auth != 0;
}

static bool has_password(const struct account *a)
{
	return secret_is_set(&a->password) || a->passwordeval ||
	       a->password_file || a->password_fd > 0;
}

static bool password_in_clear(const struct account *a)
{
	return has_password(a) && !a->tls && !is_local(a);
}

static bool login_on_smtp_port(const struct account *a)
{
	return logs_in(a) && !a->tls && account_port(a) == PORT_SMTP &&
	       !is_local(a);
}

static bool certificate_unchecked(const struct account *a)
{
	return a->tls && !a->tls_certcheck;
}

static bool pins_unchecked(const struct account *a)
{
	return certificate_unchecked(a) && a->tls_pin.n > 0;
}

static bool weak_fingerprint(const struct account *a)
{
	size_t digits = 0;

	if (!a->tls_fingerprint)
		return false;
	for (const char *p = a->tls_fingerprint; *p; p++)
		if (ascii_hex_value(*p) >= 0)
			digits++;
	return digits < SHA256_DIGITS;
}

static bool starttls_on_tls_port(const struct account *a)
{
	return a->tls && a->tls_starttls && account_port(a) == PORT_SUBMISSIONS;
}

static bool plain_on_tls_port(const struct account *a)
{
	return !a->tls && account_port(a) == PORT_SUBMISSIONS;
}

static bool tls_on_starttls_port(const struct account *a)
{
	return a->tls && !a->tls_starttls && account_port(a) == PORT_SUBMISSION;
}

static bool tls_settings_unused(const struct account *a)
{
	return !a->tls && (account_is_set(a, KEY_ID_tls_starttls) ||
			   account_is_set(a, KEY_ID_tls_trust_file) ||
			   account_is_set(a, KEY_ID_tls_fingerprint) ||
			   account_is_set(a, KEY_ID_tls_pin));
}

static bool srv_in_clear(const struct account *a)
{
	return a->srv && !a->tls;
}

/* Neither an authority nor a digest of one's own was named. */
static bool bridge_unknown(const struct account *a)
{
	return provider_is_self_signed(a) && a->tls && a->tls_certcheck &&
	       !a->tls_fingerprint &&
	       a->origin[KEY_ID_tls_trust_file].kind == ORIGIN_DEFAULT;
}

static bool timeout_off(const struct account *a)
{
	return a->timeout == DURATION_OFF;
}

static bool deadline_off(const struct account *a)
{
	return a->deadline == DURATION_OFF;
}

static bool two_passwords(const struct account *a)
{
	return secret_is_set(&a->password) &&
	       (a->passwordeval || a->password_file || a->password_fd > 0);
}

static bool password_unused(const struct account *a)
{
	/* That of a client's key is the PIN. */
	return !logs_in(a) && has_password(a) && !a->tls_key_file;
}

static bool login_without_user(const struct account *a)
{
	struct view how = key_choice(key_at(KEY_ID_auth), a->auth);

	return logs_in(a) && !a->user && !view_is(how, "external") &&
	       !view_is(how, "gssapi");
}

static bool override_of_pattern(const struct account *a)
{
	return account_has_pattern(a) && !a->allow_from_override;
}

static bool bcc_stays(const struct account *a)
{
	return !a->remove_bcc_headers;
}

static bool nothing_goes_out(const struct account *a)
{
	return a->capture != NULL;
}

static const struct {
	bool (*holds)(const struct account *a);
	const char *text;
} advices[] = {
	{ password_in_clear,
	  "there is a password, but tls is off: whoever listens may read it" },
	{ login_on_smtp_port,
	  "auth is on, but on port 25 without tls hardly any server allows "
	  "it; most want port 587 with 'tls on'" },
	{ certificate_unchecked,
	  "tls_certcheck is off: any certificate is believed, and who sits "
	  "between you and the server reads all" },
	{ pins_unchecked, "tls_pin has no effect while tls_certcheck is off" },
	{ weak_fingerprint,
	  "tls_fingerprint is a SHA-1 or MD5 digest, which can be forged; use "
	  "SHA-256" },
	{ starttls_on_tls_port,
	  "port 465 expects TLS from the start: 'tls_starttls off'" },
	{ plain_on_tls_port,
	  "port 465 expects TLS from the start: 'tls on', 'tls_starttls "
	  "off'" },
	{ tls_on_starttls_port,
	  "port 587 expects TLS to be started by command: 'tls_starttls on'" },
	{ tls_settings_unused, "tls is off, so the settings of TLS are not "
			       "used: 'tls on' is missing" },
	{ srv_in_clear, "srv is on but tls is off: who forges an answer of "
			"the name service gets the mail" },
	{ bridge_unknown,
	  "this provider's server makes its certificate itself: export that "
	  "and name it as tls_trust_file, or set tls_fingerprint" },
	{ timeout_off, "timeout is off: a server that falls silent is waited "
		       "for until the deadline" },
	{ deadline_off, "deadline is off: a server may hold us for ever" },
	{ two_passwords,
	  "password is set, so passwordeval, password_file and password_fd "
	  "are not used" },
	{ password_unused, "there is a password, but auth is off, so it is "
			   "not used" },
	{ login_without_user, "auth is on, but user is not set" },
	{ override_of_pattern,
	  "from is a pattern and allow_from_override is off: the sender comes "
	  "from the From header alone" },
	{ bcc_stays, "remove_bcc_headers is off: every recipient sees who else "
		     "got the message" },
	{ nothing_goes_out,
	  "capture is set: nothing is sent, each message goes to that "
	  "maildir" },
};

void check_advice(const struct account *a, struct list *out)
{
	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if (advices[i].holds(a))
			list_add(out, advices[i].text);
}
