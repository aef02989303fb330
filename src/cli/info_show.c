/* Of cli/info.h: what was learnt, as text and as JSON. */
#include "config.h"

#include <string.h>
#include <time.h>

#include "auth/mech.h"
#include "base/json.h"
#include "cli/info.h"
#include "deliver/settings.h"
#include "smtp/needs.h"

static const struct caps *caps_of(const struct info *info)
{
	return &info->visit.dial.session.caps;
}

/* --- what would be used ----------------------------------------------------
 */

static bool uses(const struct info *info, enum cap cap)
{
	const struct session_config *c = &info->visit.dial.session.config;

	return caps_has(caps_of(info), cap) &&
	       (cap != CAP_PIPELINING || c->pipelining) &&
	       (cap != CAP_CHUNKING || c->chunking);
}

const char *info_mechanism(const struct info *info, struct err *e)
{
	const struct dial *d = &info->visit.dial;
	const struct session *s = &d->session;
	struct view offered = view_of(str_chars(&s->caps.auth));
	const char *name = NULL;

	if (!settings_auth(info->account))
		err_set(e, ERR_CONFIG, "auth is off");
	else if (!caps_has(&s->caps, CAP_AUTH))
		err_set(e, ERR_PROTOCOL, "the server does not offer AUTH");
	else if (!d->auth.choose(d->auth.self, offered, s->encrypted, &name, e))
		name = NULL;
	return name;
}

/* What 'auth on' would take, where it is off. */
static const char *possible_mechanism(const struct info *info)
{
	const struct dial *d = &info->visit.dial;
	const struct mech *mech;
	bool binds = d->tls_info.exporter.len + d->tls_info.unique.len > 0;

	if (settings_auth(info->account))
		return NULL;
	mech = mech_choose(view_of(str_chars(&caps_of(info)->auth)),
			   d->session.encrypted, binds);
	return mech ? mech->name : NULL;
}

static void say_auth(const struct info *info, struct str *out)
{
	struct err e = ERR_INIT;
	const char *name = info_mechanism(info, &e);
	const char *possible = possible_mechanism(info);

	if (name)
		str_addf(out, "AUTH %s", name);
	else if (possible)
		str_addf(out, "no AUTH: %s; 'auth on' would mean %s", e.text,
			 possible);
	else
		str_addf(out, "no AUTH: %s", e.text);
}

static void say_flights(const struct info *info, struct str *out)
{
	static const char *const ways[2][2] = {
		{ "DATA, and each command waits for its answer",
		  "BDAT, and each command waits for its answer" },
		{ "the envelope in one write, then the message by DATA",
		  "envelope and message in one write, by BDAT (up to 64 KiB)" },
	};

	str_adds(out,
		 ways[uses(info, CAP_PIPELINING)][uses(info, CAP_CHUNKING)]);
}

static void say_utf8(const struct info *info, struct str *out)
{
	str_adds(out, caps_has(caps_of(info), CAP_SMTPUTF8)
			      ? "SMTPUTF8 for local parts that are not ASCII"
			      : "no SMTPUTF8: every local part must be ASCII");
}

/* What the account asks for, of a message that asks for nothing itself. */
static void say_wishes(const struct info *info, struct str *out)
{
	struct envelope env = ENVELOPE_INIT;
	const struct facts facts = FACTS_INIT;
	const struct needs needs = {
		.envelope = &env,
		.facts = &facts,
		.dsn_require = info->account->dsn_require,
		.encrypted = info->visit.dial.session.encrypted,
	};
	struct err e = ERR_INIT;

	if (!settings_wishes(info->account, time(NULL), &env, &e) ||
	    !needs_check(&needs, caps_of(info), &e))
		str_addf(out, "no message at all: %s", e.text);
}

void info_add_use(const struct info *info, enum info_use which, struct str *out)
{
	static void (*const say[INFO_USE_COUNT])(const struct info *info,
						 struct str *out) = {
		[INFO_AUTH] = say_auth,
		[INFO_FLIGHTS] = say_flights,
		[INFO_UTF8] = say_utf8,
		[INFO_WISHES] = say_wishes,
	};

	say[which](info, out);
}

/* --- text ------------------------------------------------------------------
 */

static void add_server(const struct info *info, struct str *out)
{
	const struct dial *d = &info->visit.dial;
	bool by_name = account_needs_host(info->account);

	str_addf(out, "%s server at %s",
		 account_is_lmtp(info->account) ? "LMTP" : "SMTP",
		 by_name ? d->to->host : str_chars(&d->where));
	if (by_name && d->peer.len > 0)
		str_addf(out, " (%s%s[%s])", str_chars(&info->name),
			 info->name.len > 0 ? " " : "", d->peer.s);
	if (by_name)
		str_addf(out, ", port %d", d->to->port);
	str_adds(out, ":\n");
	info_add_lines(out, "    ", str_view(&d->session.greeting));
}

static void add_part(struct str *out, const char *title, const char *text)
{
	str_addf(out, "    %s:\n        %s\n", title, text);
}

static const char *verdict(const struct info *info)
{
	if (info->visit.dial.tls_info.fault.kind != ERR_NONE)
		return info->visit.dial.tls_info.fault.text;
	if (!info->account->tls_certcheck)
		return "not checked: tls_certcheck is off";
	return "believed";
}

static void add_tls(const struct info *info, struct str *out)
{
	const struct tls_info *tls = &info->visit.dial.tls_info;
	const struct tls_certificate *c = &tls->certificate;

	if (tls->version.len == 0)
		return;
	str_addf(out, "TLS session:\n    %s\n", str_chars(&tls->description));
	str_adds(out, "TLS certificate:\n");
	add_part(out, "Subject", str_chars(&c->subject));
	add_part(out, "Issuer", str_chars(&c->issuer));
	add_part(out, "Names", str_chars(&c->names));
	str_addf(out, "    Validity:\n        from %s\n        until %s\n",
		 str_chars(&c->from), str_chars(&c->until));
	str_addf(out,
		 "    Fingerprints:\n        SHA256: %s\n"
		 "        SHA1 (deprecated): %s\n",
		 str_chars(&c->sha256), str_chars(&c->sha1));
	str_addf(out,
		 "    Public key, as a line of the configuration:\n"
		 "        tls_pin %s\n",
		 str_chars(&c->pin));
	add_part(out, "Verdict", verdict(info));
}

static void add_capabilities(const struct info *info, struct str *out)
{
	struct view rest = str_view(&caps_of(info)->all);
	struct caps_line line;

	if (rest.n == 0 && !info->reached)
		return;
	if (rest.n == 0) {
		str_adds(out, "No capabilities.\n");
		return;
	}
	str_adds(out, "Capabilities:\n");
	while (caps_next(&rest, &line)) {
		str_adds(out, "    ");
		str_add(out, line.keyword);
		str_adds(out, line.parameters.n > 0 ? " " : "");
		str_add(out, line.parameters);
		str_adds(out, ":\n");
		info_add_capability(caps_of(info), &line, "        ", out);
	}
	if (!info->account->tls && caps_has(caps_of(info), CAP_STARTTLS))
		str_adds(out, "There may be more and others under TLS: tls is "
			      "off.\n");
}

static void add_uses(const struct info *info, struct str *out)
{
	str_adds(out, "A message would meet with:\n");
	for (int i = 0; i < INFO_USE_COUNT; i++) {
		CLEAN(str) struct str line = STR_INIT;

		info_add_use(info, (enum info_use)i, &line);
		info_add_lines(out, "    ", str_view(&line));
	}
}

void info_add_text(const struct info *info, struct str *out)
{
	add_server(info, out);
	add_tls(info, out);
	add_capabilities(info, out);
	if (info->reached)
		add_uses(info, out);
}

/* --- JSON ------------------------------------------------------------------
 */

static void add_number(struct str *out, const char *name, long long value)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&text, "%lld", value);
	json_add_raw_member(out, name, text.s);
}

static void add_flag(struct str *out, const char *name, bool value)
{
	json_add_raw_member(out, name, value ? "true" : "false");
}

/* Nothing where there is nothing to say. */
static void add_string(struct str *out, const char *name, const struct str *s)
{
	if (s->len > 0)
		json_add_member(out, name, str_view(s));
}

static void add_tls_json(const struct info *info, struct str *out)
{
	const struct tls_info *tls = &info->visit.dial.tls_info;
	const struct tls_certificate *c = &tls->certificate;

	if (tls->version.len == 0)
		return;
	json_add_raw_member(out, "tls", "{");
	add_string(out, "version", &tls->version);
	add_string(out, "description", &tls->description);
	add_string(out, "subject", &c->subject);
	add_string(out, "issuer", &c->issuer);
	add_string(out, "names", &c->names);
	add_string(out, "valid_from", &c->from);
	add_string(out, "valid_until", &c->until);
	add_string(out, "sha256", &c->sha256);
	add_string(out, "sha1", &c->sha1);
	add_string(out, "tls_pin", &c->pin);
	add_flag(out, "checked", info->account->tls_certcheck);
	add_flag(out, "believed", tls->fault.kind == ERR_NONE);
	str_addc(out, '}');
}

static void add_capabilities_json(const struct info *info, struct str *out)
{
	struct view rest = str_view(&caps_of(info)->all);
	struct caps_line line;

	json_add_raw_member(out, "capabilities", "[");
	while (caps_next(&rest, &line)) {
		str_adds(out, out->s[out->len - 1] == '[' ? "{" : ",{");
		json_add_member(out, "keyword", line.keyword);
		json_add_member(out, "parameters", line.parameters);
		str_addc(out, '}');
	}
	str_addc(out, ']');
}

static void add_limits_json(const struct caps *c, struct str *out)
{
	const struct {
		const char *name;
		int64_t value;
	} limits[] = {
		{ "size", c->size },
		{ "recipients", c->limits.recipients },
		{ "recipient_domains", c->limits.domains },
		{ "messages", c->limits.transactions },
		{ "deliver_by_least", c->by_min_s },
		{ "hold_for_most", c->hold_max_s },
		{ "hold_until_last", c->hold_max_until },
	};

	json_add_raw_member(out, "limits", "{");
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (limits[i].value > 0)
			add_number(out, limits[i].name, limits[i].value);
	str_addc(out, '}');
}

static void add_uses_json(const struct info *info, struct str *out)
{
	struct err ignored = ERR_INIT;
	const char *mechanism = info_mechanism(info, &ignored);

	json_add_raw_member(out, "uses", "{");
	if (mechanism)
		json_add_member(out, "mechanism", view_of(mechanism));
	add_flag(out, "pipelining", uses(info, CAP_PIPELINING));
	add_flag(out, "chunking", uses(info, CAP_CHUNKING));
	add_flag(out, "smtputf8", uses(info, CAP_SMTPUTF8));
	str_addc(out, '}');
}

void info_add_json(const struct info *info, struct str *out)
{
	const struct account *a = info->account;

	str_addc(out, '{');
	const struct endpoint *to = info->visit.dial.to;

	if (to && to->host)
		json_add_member(out, "host", view_of(to->host));
	if (to && to->port > 0)
		add_number(out, "port", to->port);
	json_add_member(out, "protocol",
			view_of(account_is_lmtp(a) ? "lmtp" : "smtp"));
	add_string(out, "address", &info->visit.dial.peer);
	add_string(out, "name", &info->name);
	add_string(out, "greeting", &info->visit.dial.session.greeting);
	add_tls_json(info, out);
	add_capabilities_json(info, out);
	add_limits_json(caps_of(info), out);
	if (info->reached)
		add_uses_json(info, out);
	if (info->err.kind != ERR_NONE)
		json_add_member(out, "error", view_of(info->err.text));
	add_number(out, "status", err_exit_status(&info->err));
	str_adds(out, "}\n");
}
