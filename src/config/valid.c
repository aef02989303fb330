/* value_check of config/value.h: what a text must be before it is a value. */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/when.h"
#include "config/hostport.h"
#include "config/provider.h"
#include "config/value.h"
#include "config/wish.h"
#include "msg/address.h"
#include "msg/own.h"
#include "net/proxy.h"

#define SHA256_BYTES 32
#define PIN_PREFIX "sha256:"

static bool is_address(const struct key *k, struct view text, struct err *e)
{
	CLEAN(mem_string) char *address = mem_copy_n(text.p, text.n);
	struct in6_addr binary;

	if (inet_pton(AF_INET, address, &binary) == 1 ||
	    inet_pton(AF_INET6, address, &binary) == 1)
		return true;
	return err_set(e, ERR_CONFIG, "%s: '%s' is no IPv4 or IPv6 address",
		       k->name, address);
}

/* How many pairs of digits, with : or blanks between them; 0 where it is
 * something else. */
static size_t count_pairs(struct view text)
{
	size_t pairs = 0;

	while (text.n > 0) {
		if (pairs > 0 && (text.p[0] == ':' || ascii_is_blank(*text.p)))
			text = view_part(text, 1, text.n);
		if (text.n < 2 || ascii_hex_value(text.p[0]) < 0 ||
		    ascii_hex_value(text.p[1]) < 0)
			return 0;
		text = view_part(text, 2, text.n);
		pairs++;
	}
	return pairs;
}

static bool is_fingerprint(const struct key *k, struct view text, struct err *e)
{
	size_t pairs = count_pairs(text);

	return pairs == SHA256_BYTES || pairs == 20 || pairs == 16 ||
	       err_set(e, ERR_CONFIG,
		       "%s: this is no SHA-256 (SHA-1, MD5) digest in "
		       "hexadecimal",
		       k->name);
}

static bool is_pin(struct view word)
{
	CLEAN(str) struct str digest = STR_INIT;
	size_t prefix = sizeof(PIN_PREFIX) - 1;

	return view_starts_nocase(word, PIN_PREFIX) &&
	       base64_decode(&digest, view_part(word, prefix, word.n)) &&
	       digest.len == SHA256_BYTES;
}

static bool are_pins(const struct key *k, struct view text, struct err *e)
{
	struct view word;

	while (value_word(&text, &word))
		if (!is_pin(word))
			return err_set(e, ERR_CONFIG,
				       "%s: a pin is sha256: and the digest of "
				       "a public key in base64",
				       k->name);
	return true;
}

/* RFC 3461, section 4.1: NEVER stands alone; so does off. */
static bool is_notify(const struct key *k, struct view text, struct err *e)
{
	bool alone = false;
	struct view word;
	int words = 0;

	while (value_word(&text, &word)) {
		words++;
		alone = alone || view_is_nocase(word, "never") ||
			view_is_nocase(word, "off");
	}
	if (alone && words > 1)
		return err_set(e, ERR_CONFIG,
			       "%s: off and never stand for themselves",
			       k->name);
	return words > 0 || err_set(e, ERR_CONFIG, "%s: no word", k->name);
}

static bool are_servers(const struct key *k, struct view text, struct err *e)
{
	struct view word, host;
	int n = 0, port;

	while (value_word(&text, &word)) {
		CLEAN(str) struct str quoted = STR_INIT;

		value_quote(&quoted, word);
		if (!hostport_split(word, &host, &port))
			return err_set(e, ERR_CONFIG,
				       "%s: %s is no host, host:port or "
				       "[IPv6]:port",
				       k->name, quoted.s);
		if (++n > HOSTPORT_LIST_MAX)
			return err_set(e, ERR_CONFIG, "%s: more than %d hosts",
				       k->name, HOSTPORT_LIST_MAX);
	}
	return true;
}

static bool is_provider(const struct key *k, struct view text, struct err *e)
{
	(void)k;
	return provider_check(text, e);
}

static bool is_proxy(const struct key *k, struct view text, struct err *e)
{
	CLEAN(proxy) struct proxy p = PROXY_INIT;

	(void)k;
	return proxy_parse(text, &p, e) ||
	       err_hint(e,
			"write it as socks5://host:port or http://host:port, "
			"with user:password@ before the host where the proxy "
			"wants them");
}

static bool is_header(const struct key *k, struct view text, struct err *e)
{
	CLEAN(str) struct str value = STR_INIT;
	struct view name;

	if (own_parse(text, &name, &value, e))
		return true;
	e->kind = ERR_CONFIG;
	return err_context(e, "%s", k->name);
}

static bool is_header_name(const struct key *k, struct view text, struct err *e)
{
	if (own_check_name(text, e))
		return true;
	e->kind = ERR_CONFIG;
	return err_context(e, "%s", k->name);
}

/* RFC 2852, 4. */
static bool is_time_limit(const struct key *k, struct view text, struct err *e)
{
	struct envelope_wishes ignored;

	return wish_deliver_by(text, &ignored) ||
	       err_set(e, ERR_CONFIG,
		       "%s: this is no duration of at most nine digits of "
		       "seconds, with ;return or ;notify, and ,trace after it",
		       k->name);
}

/* RFC 4865, 4.2. */
static bool is_hold(const struct key *k, struct view text, struct err *e)
{
	struct envelope_wishes ignored;

	return wish_hold_for(text, &ignored) ||
	       err_set(e, ERR_CONFIG,
		       "%s: this is neither off nor a duration of at most nine "
		       "digits of seconds, such as 90, 5m, 2h, 3d",
		       k->name);
}

static bool is_time(const struct key *k, struct view text, struct err *e)
{
	CLEAN(str) struct str quoted = STR_INIT;
	int64_t ignored;

	value_quote(&quoted, text);
	return when_parse(text, 0, &ignored) ||
	       err_set(e, ERR_CONFIG, "%s: %s is not " WHEN_FORMS, k->name,
		       quoted.s);
}

/* RFC 6710, 5. */
static bool is_priority(const struct key *k, struct view text, struct err *e)
{
	struct envelope_wishes ignored;

	return wish_priority(text, &ignored) ||
	       err_set(e, ERR_CONFIG, "%s: this is no number from %d to %d",
		       k->name, PRIORITY_MIN, PRIORITY_MAX);
}

static bool is_rate(const struct key *k, struct view text, struct err *e)
{
	struct wish_rate ignored;

	return wish_rate(text, &ignored) ||
	       err_set(e, ERR_CONFIG,
		       "%s: this is no rate such as 2/second, 30/minute, "
		       "500/hour",
		       k->name);
}

/* Whoever works on a queue may stand in any folder. */
static bool is_absolute(const struct key *k, struct view text, struct err *e)
{
	return text.p[0] == '/' || text.p[0] == '~' ||
	       err_set(e, ERR_CONFIG,
		       "%s: a path that begins with / or ~ is needed", k->name);
}

/* text with a letter where %U and the like stand: what it may become. */
static void add_filled(struct view text, const char *letters, struct str *out)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '%' && i + 1 < text.n && text.p[i + 1] &&
		    strchr(letters, text.p[i + 1])) {
			str_addc(out, 'x');
			i++;
		} else {
			str_addc(out, text.p[i]);
		}
}

static bool is_full_path(struct view v)
{
	return address_is_path(v) && address_at(v) < v.n;
}

static bool is_rewrite(const struct key *k, struct view text, struct err *e)
{
	CLEAN(str) struct str filled = STR_INIT;
	struct view rest = text, pattern, address, more;

	if (!value_word(&rest, &pattern) || !value_word(&rest, &address) ||
	    value_word(&rest, &more))
		return err_set(e, ERR_CONFIG,
			       "%s: a rule is a pattern, a blank and an "
			       "address, such as 'root@* admin@example.com'",
			       k->name);
	if (address.n > 1 && memmem(address.p, address.n, "%F", 2))
		return err_set(e, ERR_CONFIG, "%s: %%F means nothing here",
			       k->name);
	add_filled(address, "UHCM", &filled);
	return is_full_path(str_view(&filled)) ||
	       err_set(e, ERR_CONFIG, "%s: '%.*s' is no name@domain", k->name,
		       (int)address.n, address.p);
}

static bool is_domain(const struct key *k, struct view text, struct err *e)
{
	return (address_is_domain(text) && address_is_clean(text)) ||
	       err_set(e, ERR_CONFIG, "%s: '%.*s' is no domain", k->name,
		       (int)text.n, text.p);
}

static bool is_recipient(const struct key *k, struct view text, struct err *e)
{
	return is_full_path(text) ||
	       err_set(e, ERR_CONFIG, "%s: '%.*s' is no name@domain", k->name,
		       (int)text.n, text.p);
}

static bool are_hosts(const struct key *k, struct view text, struct err *e)
{
	struct view word;

	while (value_word(&text, &word)) {
		CLEAN(str) struct str filled = STR_INIT;

		add_filled(word, "HCM", &filled);
		if (!view_is(word, "/etc/hosts") &&
		    !is_domain(k, str_view(&filled), e))
			return false;
	}
	return true;
}

static const struct {
	enum key_id id;
	bool (*check)(const struct key *k, struct view text, struct err *e);
} checks[] = {
	{ KEY_ID_hosts, are_servers },
	{ KEY_ID_provider, is_provider },
	{ KEY_ID_proxy, is_proxy },
	{ KEY_ID_source_ip, is_address },
	{ KEY_ID_tls_fingerprint, is_fingerprint },
	{ KEY_ID_tls_pin, are_pins },
	{ KEY_ID_dsn_notify, is_notify },
	{ KEY_ID_add_header, is_header },
	{ KEY_ID_set_header, is_header },
	{ KEY_ID_remove_header, is_header_name },
	{ KEY_ID_deliver_by, is_time_limit },
	{ KEY_ID_hold_for, is_hold },
	{ KEY_ID_hold_until, is_time },
	{ KEY_ID_priority, is_priority },
	{ KEY_ID_queue_dir, is_absolute },
	{ KEY_ID_rate, is_rate },
	{ KEY_ID_rewrite, is_rewrite },
	{ KEY_ID_masquerade, is_domain },
	{ KEY_ID_local_recipient, is_recipient },
	{ KEY_ID_local_hosts, are_hosts },
};

static bool may_hold_tab(const struct key *k)
{
	return k->type == KEY_COMMAND || k->type == KEY_SECRET ||
	       k->type == KEY_LIST || key_id(k) == KEY_ID_rewrite;
}

bool value_check(const struct key *k, struct view text, struct err *e)
{
	for (size_t i = 0; i < text.n; i++)
		if (ascii_is_control(text.p[i]) &&
		    !(text.p[i] == '\t' && may_hold_tab(k)))
			return err_set(e, ERR_CONFIG,
				       "%s: the value has a control character",
				       k->name);
	for (size_t i = 0; text.n > 0 && i < ARRAY_LEN(checks); i++)
		if (checks[i].id == key_id(k) && !checks[i].check(k, text, e))
			return false;
	return true;
}
