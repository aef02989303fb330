#include "config.h"

#include "smtp/command.h"

#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "base/when.h"

/* RFC 3461, 4.2. */
#define ORCPT_MAX 500

/* Append line and CRLF, or fail where it got too long. */
static bool finish(struct str *out, const struct str *line, enum err_kind kind,
		   struct err *e)
{
	if (line->len + 2 > COMMAND_LINE_MAX)
		return err_set(e, kind,
			       "a command of more than %d octets would be "
			       "needed: %.60s...",
			       COMMAND_LINE_MAX, str_chars(line));
	str_add(out, str_view(line));
	str_adds(out, "\r\n");
	return true;
}

/* What may stand in a word that no quotes protect. */
static bool is_bare(char c)
{
	return ascii_is_visible(c) && c != '<' && c != '>';
}

static bool is_word(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_bare(v.p[i]))
			return false;
	return v.n > 0;
}

bool command_hello(struct str *out, const char *verb, const char *name,
		   struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;

	if (!is_word(view_of(name)))
		return err_set(e, ERR_CONFIG,
			       "'%s' cannot be said in %s: not a host name",
			       name, verb);
	str_addf(&line, "%s %s", verb, name);
	return finish(out, &line, ERR_CONFIG, e);
}

/*
 * A path as between < and >: blanks and brackets only within quotes, which are
 * closed, and nothing that ends a line anywhere.
 */
static bool is_path(struct view v, bool utf8)
{
	bool quoted = false;

	if (view_has_control(v) || (utf8 ? !view_is_utf8(v) : view_has_8bit(v)))
		return false;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\'; /* what it escapes ends no quotes */
		else if (!is_bare(c) && !ascii_is_8bit(c))
			return false;
	}
	return !quoted;
}

static bool check_path(const char *path, bool utf8, const char *what,
		       struct err *e)
{
	return is_path(view_of(path), utf8) ||
	       err_set(e, ERR_MESSAGE, "%s <%s> cannot be sent: not an address",
		       what, path);
}

bool command_wants_dsn(const struct envelope *env)
{
	return env->notify != 0 || env->ret != RETURN_UNSET || env->envid;
}

static bool uses_dsn(const struct envelope *env, const struct caps *caps)
{
	return caps_has(caps, CAP_DSN) && command_wants_dsn(env);
}

/* RFC 3030, section 3: needed for NUL and for lines of any length. */
static bool needs_binary(const struct facts *f)
{
	return f->has_nul || f->longest > FACTS_LINE_MAX;
}

static void add_body(struct str *line, const struct facts *f,
		     const struct caps *caps, bool binary)
{
	if (binary && needs_binary(f) && caps_has(caps, CAP_BINARYMIME))
		str_adds(line, " BODY=BINARYMIME");
	else if (f->has_8bit && caps_has(caps, CAP_8BITMIME))
		str_adds(line, " BODY=8BITMIME");
}

/* RFC 3461, 4.4: an ENVID decodes to printable US-ASCII. */
static bool add_envid(struct str *line, const char *envid, struct err *e)
{
	struct view v = view_of(envid);

	if (view_has_control(v) || view_has_8bit(v))
		return err_set(e, ERR_MESSAGE,
			       "the envelope identifier '%s' has characters "
			       "that cannot be sent",
			       envid);
	str_adds(line, " ENVID=");
	envelope_add_xtext(line, v);
	return true;
}

static bool add_return(struct str *line, const struct envelope *env,
		       struct err *e)
{
	if (env->ret == RETURN_HEADERS)
		str_adds(line, " RET=HDRS");
	if (env->ret == RETURN_FULL)
		str_adds(line, " RET=FULL");
	return !env->envid || env->envid[0] == '\0' ||
	       add_envid(line, env->envid, e);
}

/* RFC 2852, 4. */
static void add_by(struct str *line, const struct envelope_wishes *w)
{
	if (w->by != BY_UNSET)
		str_addf(line, " BY=%d;%c%s", w->by_s,
			 w->by == BY_RETURN ? 'R' : 'N',
			 w->by_trace ? "T" : "");
}

/* RFC 4865, 5: one of the two at most. */
static void add_hold(struct str *line, const struct envelope_wishes *w)
{
	if (w->hold_for_s > 0) {
		str_addf(line, " HOLDFOR=%d", w->hold_for_s);
	} else if (w->hold_until != 0) {
		str_adds(line, " HOLDUNTIL=");
		when_add_stamp(line, w->hold_until);
	}
}

static void add_wishes(struct str *line, const struct envelope_wishes *w,
		       const struct caps *caps)
{
	if (caps_has(caps, CAP_DELIVERBY))
		add_by(line, w);
	if (caps_has(caps, CAP_FUTURERELEASE))
		add_hold(line, w);
	if (w->has_priority && caps_has(caps, CAP_MT_PRIORITY))
		str_addf(line, " MT-PRIORITY=%d", w->priority);
	if (w->require_tls && caps_has(caps, CAP_REQUIRETLS))
		str_adds(line, " REQUIRETLS");
}

bool command_mail(struct str *out, const struct envelope *env,
		  const struct facts *facts, const struct caps *caps,
		  bool binary, struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;
	const char *sender = env->sender ? env->sender : "";

	if (!check_path(sender, env->smtputf8, "the sender", e))
		return false;
	str_addf(&line, "MAIL FROM:<%s>", sender);
	if (caps_has(caps, CAP_SIZE))
		str_addf(&line, " SIZE=%" PRIu64, facts_wire_size(facts));
	add_body(&line, facts, caps, binary);
	if (env->smtputf8 && caps_has(caps, CAP_SMTPUTF8))
		str_adds(&line, " SMTPUTF8");
	if (uses_dsn(env, caps) && !add_return(&line, env, e))
		return false;
	add_wishes(&line, &env->wishes, caps);
	return finish(out, &line, ERR_MESSAGE, e);
}

static void add_notify(struct str *line, unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *name;
	} words[] = {
		{ NOTIFY_SUCCESS, "SUCCESS" },
		{ NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" },
	};
	const char *before = " NOTIFY=";

	/* RFC 3461, 4.1: NEVER stands alone. */
	if (notify & NOTIFY_NEVER) {
		str_adds(line, " NOTIFY=NEVER");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (notify & words[i].bit) {
			str_addf(line, "%s%s", before, words[i].name);
			before = ",";
		}
}

/* RFC 6533, section 3: utf-8-addr-unitext. */
static void add_unitext(struct str *line, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (ascii_is_8bit(c) ||
		    (ascii_is_visible(c) && c != '+' && c != '=' && c != '\\'))
			str_addc(line, c);
		else
			str_addf(line, "\\x{%02X}", (unsigned)c);
	}
}

/* RFC 3461, 4.2; what would be longer than is allowed there is left out. */
static void add_original(struct str *line, const struct envelope *env,
			 struct view path)
{
	CLEAN(str) struct str original = STR_INIT;

	if (env->smtputf8 && view_has_8bit(path)) {
		str_adds(&original, "utf-8;");
		add_unitext(&original, path);
	} else {
		str_adds(&original, "rfc822;");
		envelope_add_xtext(&original, path);
	}
	if (original.len <= ORCPT_MAX)
		str_addf(line, " ORCPT=%s", original.s);
}

bool command_rcpt(struct str *out, const struct envelope *env, size_t i,
		  const struct caps *caps, struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;
	const char *path = env->recipients.v[i];

	if (path[0] == '\0')
		return err_set(e, ERR_MESSAGE, "a recipient is empty");
	if (!check_path(path, env->smtputf8, "the recipient", e))
		return false;
	str_addf(&line, "RCPT TO:<%s>", path);
	if (uses_dsn(env, caps)) {
		add_notify(&line, env->notify);
		add_original(&line, env, view_of(path));
	}
	return finish(out, &line, ERR_MESSAGE, e);
}

bool command_etrn(struct str *out, const char *node, struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;

	if (!is_word(view_of(node)))
		return err_set(e, ERR_USAGE,
			       "'%s' is no host, @domain or #queue", node);
	str_addf(&line, "ETRN %s", node);
	return finish(out, &line, ERR_USAGE, e);
}

void command_bdat(struct str *out, uint64_t octets, bool last)
{
	str_addf(out, "BDAT %" PRIu64 "%s\r\n", octets, last ? " LAST" : "");
}
