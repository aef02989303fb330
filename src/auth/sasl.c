#include "config.h"

#include "auth/sasl.h"

#include <stdlib.h>
#include <string.h>

#include "auth/bearer.h"
#include "auth/mech.h"
#include "auth/sasl_fault.h"
#include "auth/sasl_library.h"
#include "base/base64.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scan.h"

struct sasl {
	struct sasl_config config;
	Gsasl *library;
	Gsasl_session *session;  /* NULL between exchanges */
	const struct mech *mech; /* NULL: none chosen */
	int steps;
	bool encrypted;
	bool content;   /* nothing is left to send or to be proved */
	struct str why; /* what the server said of a token */
};

struct sasl *sasl_new(const struct sasl_config *config)
{
	struct sasl *s = mem_zero(1, sizeof(*s));

	s->config = *config;
	return s;
}

/* libgsasl's copies of what must not stay in memory. */
static void wipe_property(Gsasl_session *session, Gsasl_property property)
{
	union {
		const char *lent;
		char *own;
	} copy = { .lent = gsasl->property_fast(session, property) };

	if (copy.lent)
		secret_wipe(copy.own, strlen(copy.lent));
}

static void end_session(struct sasl *s)
{
	if (!s->session)
		return;
	wipe_property(s->session, GSASL_PASSWORD);
	wipe_property(s->session, GSASL_SCRAM_SALTED_PASSWORD);
	gsasl->finish(s->session);
	s->session = NULL;
}

static void start_anew(struct sasl *s)
{
	end_session(s);
	s->mech = NULL;
	s->steps = 0;
	s->content = false;
	str_truncate(&s->why, 0);
}

void sasl_free(struct sasl **s)
{
	if (!*s)
		return;
	start_anew(*s);
	if ((*s)->library)
		gsasl->done((*s)->library);
	str_free(&(*s)->why);
	free(*s);
	*s = NULL;
}

/* --- libgsasl ------------------------------------------------------------- */

static void set_property(struct sasl *s, Gsasl_property property,
			 const char *value)
{
	if (value &&
	    gsasl->property_set(s->session, property, value) != GSASL_OK)
		mem_exhausted();
}

/*
 * DIGEST-MD5 takes the first realm of the challenge, whatever was set before,
 * and then asks whether we want another; NTLM asks for its domain.
 */
static int on_question(Gsasl *library, Gsasl_session *session,
		       Gsasl_property property)
{
	const struct sasl *s = gsasl->callback_hook_get(library);

	if (property != GSASL_REALM || !session || !s->config.realm)
		return GSASL_NO_CALLBACK;
	return gsasl->property_set(session, property, s->config.realm);
}

static bool open_library(struct sasl *s, struct err *e)
{
	int rc;

	if (s->library)
		return true;
	if (!sasl_library_load(e))
		return false;
	rc = gsasl->init(&s->library);
	if (rc != GSASL_OK)
		return sasl_fault(s->mech, rc, e);
	gsasl->callback_hook_set(s->library, s);
	gsasl->callback_set(s->library, on_question);
	return true;
}

/* --- which mechanism ------------------------------------------------------ */

static bool has_bytes(const struct str *s)
{
	return s && s->len > 0;
}

static bool can_bind(const struct sasl *s)
{
	return has_bytes(s->config.exporter) || has_bytes(s->config.unique);
}

static bool is_bearer(const struct mech *m)
{
	return m->family == MECH_OAUTHBEARER || m->family == MECH_XOAUTH2;
}

static bool is_supported(const struct sasl *s, const struct mech *m)
{
	return is_bearer(m) || gsasl->client_support_p(s->library, m->name);
}

static bool not_offered(const char *wanted, struct view offered, struct err *e)
{
	CLEAN(str) struct str list = STR_INIT;

	str_add_printable(&list, offered);
	return err_set(e, ERR_PROTOCOL, "the server does not offer %s%s%s",
		       wanted, list.len > 0 ? "; it offers " : "",
		       str_chars(&list));
}

static bool choose_named(struct sasl *s, struct view offered, struct err *e)
{
	const struct mech *m = mech_find(s->config.method);

	if (!m)
		return err_set(e, ERR_CONFIG, "no mechanism is called '%s'",
			       s->config.method);
	s->mech = m;
	if (!is_supported(s, m))
		return sasl_fault(s->mech, GSASL_NO_CLIENT_CODE, e);
	if (!mech_offered(offered, m->name))
		return not_offered(m->name, offered, e);
	if (m->binds && !can_bind(s))
		return sasl_fault(s->mech, GSASL_NO_CB_TLS_EXPORTER, e);
	return true;
}

/* Why there is nothing to choose from, and what would help. */
static bool nothing_fits(struct view offered, bool encrypted, struct err *e)
{
	const struct mech *m;

	if (!encrypted && mech_choose(offered, true, false)) {
		err_set(e, ERR_CONFIG,
			"without TLS the server offers only "
			"authentication that is not safe without it");
		return err_hint(e, "set `tls on`, or name the mechanism with "
				   "`auth`");
	}
	not_offered("a mechanism that is chosen by itself", offered, e);
	for (size_t i = 0; (m = mech_at(i)) != NULL; i++)
		if (!m->automatic && mech_offered(offered, m->name))
			return err_hint(e, "name one with `auth`: auth %s",
					m->keyword);
	return false;
}

static bool choose_best(struct sasl *s, struct view offered, bool encrypted,
			struct err *e)
{
	CLEAN(str) struct str usable = STR_INIT;
	const struct mech *m;

	for (size_t i = 0; (m = mech_at(i)) != NULL; i++)
		if (mech_offered(offered, m->name) && is_supported(s, m))
			str_addf(&usable, "%s ", m->name);
	s->mech = mech_choose(str_view(&usable), encrypted, can_bind(s));
	return s->mech || nothing_fits(offered, encrypted, e);
}

static bool has_user(const struct sasl *s, struct err *e)
{
	const char *const names[] = { s->config.user, s->config.authzid };

	if (s->mech->needs_user && !s->config.user) {
		err_set(e, ERR_CONFIG, "%s needs a user, and none is set",
			s->mech->name);
		return err_hint(e, "set `user`");
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] && view_has_control(view_of(names[i])))
			return err_set(e, ERR_CONFIG,
				       "the user or authzid has "
				       "control characters");
	return true;
}

bool sasl_choose(void *self, struct view offered, bool encrypted,
		 const char **name, struct err *e)
{
	struct sasl *s = self;
	bool found;

	start_anew(s);
	s->encrypted = encrypted;
	if (!open_library(s, e))
		return false;
	found = s->config.method ? choose_named(s, offered, e)
				 : choose_best(s, offered, encrypted, e);
	if (!found || !has_user(s, e)) {
		s->mech = NULL;
		return false;
	}
	*name = s->mech->name;
	return true;
}

/* --- the exchange --------------------------------------------------------- */

static bool fetch(const struct sasl *s, struct secret *key, struct err *e)
{
	if (!s->mech->needs_secret)
		return true;
	if (!s->config.secret)
		return sasl_fault(s->mech, GSASL_NO_PASSWORD, e);
	if (!s->config.secret(s->config.who, key, e))
		return false;
	if (!secret_is_set(key))
		return sasl_fault(s->mech, GSASL_NO_PASSWORD, e);
	if (memchr(key->p, '\0', key->n))
		return err_set(e, ERR_CONFIG, "the password has a NUL in it");
	return true;
}

/*
 * SCRAM prepares the password (RFC 4013) in the midst of the exchange; what
 * it cannot prepare is better known before.  The flag is the one that
 * libgsasl uses there; in 2.2 it forbids what it is named to allow.
 */
static bool can_prepare(const struct sasl *s, const struct secret *key,
			struct err *e)
{
	char *made = NULL;
	int rc;

	if (s->mech->family != MECH_SCRAM)
		return true;
	rc = gsasl->saslprep(key->p, GSASL_ALLOW_UNASSIGNED, &made, NULL);
	if (rc != GSASL_OK)
		return sasl_fault(s->mech, rc, e);
	secret_wipe(made, strlen(made));
	gsasl->free(made);
	return true;
}

static bool begin_bearer(struct sasl *s, const struct secret *token,
			 struct secret *initial, struct err *e)
{
	/* The a= of RFC 7628 is an authorization identity. */
	const char *user = s->mech->family == MECH_OAUTHBEARER &&
					   s->config.authzid
				   ? s->config.authzid
				   : s->config.user;
	struct bearer_config c = { user, s->config.host, s->config.port };

	s->content = s->mech->family == MECH_OAUTHBEARER
			     ? bearer_oauthbearer(&c, token, initial, e)
			     : bearer_xoauth2(&c, token, initial, e);
	return s->content;
}

/*
 * Only for a mechanism that binds: told of a binding, libgsasl 2.2 cannot do
 * SCRAM without one (it means to say `y` and fails).  So we say `n`, which is
 * always allowed; that PLUS was not taken out of the server's offer is seen to
 * by TLS.
 */
static void set_binding(struct sasl *s)
{
	CLEAN(str) struct str text = STR_INIT;
	bool unique = has_bytes(s->config.unique);

	if (!s->mech->binds)
		return;
	base64_add(&text,
		   str_view(unique ? s->config.unique : s->config.exporter));
	set_property(s, unique ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER,
		     text.s);
}

static void set_properties(struct sasl *s, const struct secret *key)
{
	const char *authzid = s->config.authzid;

	if (!authzid && s->mech->family == MECH_EXTERNAL)
		authzid = s->config.user;
	set_property(s, GSASL_AUTHID, s->config.user);
	set_property(s, GSASL_AUTHZID, authzid);
	set_property(s, GSASL_PASSWORD, key->p);
	set_property(s, GSASL_SERVICE, "smtp");
	set_property(s, GSASL_HOSTNAME, s->config.host);
	set_property(s, GSASL_QOP, "qop-auth");
	set_binding(s);
}

/* One turn of libgsasl's. */
static bool turn(struct sasl *s, struct view in, struct secret *out,
		 struct err *e)
{
	char *made = NULL;
	size_t n = 0;
	int rc = gsasl->step(s->session, in.p, in.n, &made, &n);

	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
		end_session(s);
		return sasl_fault(s->mech, rc, e);
	}
	secret_set(out, (struct view){ made, made ? n : 0 });
	if (made)
		secret_wipe(made, n);
	gsasl->free(made);
	s->content = rc == GSASL_OK;
	if (s->content)
		end_session(s);
	return true;
}

static bool begin_session(struct sasl *s, const struct secret *key,
			  struct err *e)
{
	int rc = gsasl->client_start(s->library, s->mech->name, &s->session);

	if (rc != GSASL_OK) {
		s->session = NULL;
		return sasl_fault(s->mech, rc, e);
	}
	set_properties(s, key);
	return true;
}

bool sasl_begin(void *self, struct secret *initial, bool *has_initial,
		struct err *e)
{
	CLEAN(secret) struct secret key = SECRET_INIT;
	struct sasl *s = self;

	if (!s->mech)
		return err_set(e, ERR_SYSTEM, "no mechanism was chosen");
	end_session(s);
	secret_free(initial);
	*has_initial = s->mech->client_first;
	if (!fetch(s, &key, e))
		return false;
	if (is_bearer(s->mech))
		return begin_bearer(s, &key, initial, e);
	return can_prepare(s, &key, e) && begin_session(s, &key, e) &&
	       (!*has_initial || turn(s, VIEW_NONE, initial, e));
}

/* The token was refused: answer as the server wants, and it says so in SMTP. */
static bool step_bearer(struct sasl *s, struct view json,
			struct secret *response, struct err *e)
{
	if (!s->content)
		return sasl_fault(s->mech,
				  GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, e);
	s->content = false;
	bearer_why(json, &s->why);
	secret_set(response,
		   view_of(s->mech->family == MECH_OAUTHBEARER ? "\x01" : ""));
	return true;
}

/* server-error-value of RFC 5802, section 7; what is not here is a breach. */
static const struct {
	const char *word;
	enum err_kind kind;
	const char *text;
} refusals[] = {
	{ "invalid-proof", ERR_AUTH, "the password is wrong" },
	{ "unknown-user", ERR_AUTH, "the user is unknown" },
	{ "channel-bindings-dont-match", ERR_TLS,
	  "the server sees another TLS connection than we do" },
	{ "server-does-support-channel-binding", ERR_TLS,
	  "the server's offer of channel binding did not reach us" },
};

static bool scram_refused(const struct sasl *s, struct view word, struct err *e)
{
	CLEAN(str) struct str said = STR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (view_is(word, refusals[i].word))
			return err_set(e, refusals[i].kind, "%s: %s",
				       s->mech->name, refusals[i].text);
	str_add_printable(&said, word);
	return err_set(e, ERR_PROTOCOL, "%s: the server gave up: %s",
		       s->mech->name, str_chars(&said));
}

static bool too_few_rounds(const struct sasl *s, struct err *e)
{
	err_set(e, ERR_PROTOCOL,
		"%s: the server asks for so few rounds of hashing that it is "
		"not safe without TLS",
		s->mech->name);
	return err_hint(e, "set `tls on`");
}

/* What libgsasl does not look at: e= (an error), i= (rounds of hashing). */
static bool check_scram(const struct sasl *s, struct view challenge,
			struct err *e)
{
	struct scan in = scan_of(challenge);

	while (!scan_done(&in)) {
		struct view word = scan_until(&in, ',');
		struct scan value = scan_of(view_part(word, 2, word.n));
		int64_t rounds;

		if (view_starts(word, "e="))
			return scram_refused(s, scan_rest(&value), e);
		if (!view_starts(word, "i="))
			continue;
		if (!scan_number(&value, &rounds) ||
		    rounds > SASL_SCRAM_ROUNDS_MAX)
			return err_set(e, ERR_PROTOCOL,
				       "%s: the server asks for too many "
				       "rounds of hashing",
				       s->mech->name);
		if (!s->encrypted && rounds < SASL_SCRAM_ROUNDS_MIN)
			return too_few_rounds(s, e);
	}
	return true;
}

bool sasl_step(void *self, struct view challenge, struct secret *response,
	       struct err *e)
{
	struct sasl *s = self;
	struct view in = challenge.n > 0 ? challenge : view_of("");

	secret_free(response);
	if (s->mech && is_bearer(s->mech))
		return step_bearer(s, in, response, e);
	if (!s->mech || !s->session || ++s->steps > SASL_STEPS_MAX) {
		s->content = false;
		end_session(s);
		return sasl_fault(s->mech,
				  GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, e);
	}
	if (s->mech->family == MECH_SCRAM && !check_scram(s, in, e)) {
		end_session(s);
		return false;
	}
	return turn(s, in, response, e);
}

bool sasl_finish(void *self, struct err *e)
{
	struct sasl *s = self;

	end_session(s);
	if (s->content)
		return true;
	return err_set(e, ERR_PROTOCOL,
		       "%s: the server said yes before the exchange was "
		       "complete",
		       s->mech ? s->mech->name : "AUTH");
}

/* Whoever showed no password is not to check it. */
static void hint_without_secret(const struct mech *m, struct err *e)
{
	if (e->kind != ERR_AUTH || e->code == 0 || m->needs_secret)
		return;
	if (m->family == MECH_EXTERNAL)
		err_hint(e, "the server lets nobody in by the certificate of "
			    "tls_cert_file, or not as this user");
	else
		err_hint(e, "klist shows whose ticket you have; the server "
			    "does not let that one in, or not as this user");
}

void sasl_explain(const struct sasl *s, struct err *e)
{
	struct err whole = *e;

	if (s->mech)
		hint_without_secret(s->mech, e);
	if (s->why.len == 0)
		return;
	err_set(&whole, e->kind, "%s (the server says of the token: %s)",
		e->text, s->why.s);
	memcpy(e->text, whole.text, sizeof(e->text));
	if (!e->hint[0])
		err_hint(e, "get a new access token; the old one may have "
			    "expired or lack the right to send mail");
}

bool sasl_supports(const struct mech *m)
{
	Gsasl *library = NULL;
	struct err ignored = ERR_INIT;
	bool has;

	if (is_bearer(m))
		return true;
	if (!sasl_library_load(&ignored) || gsasl->init(&library) != GSASL_OK)
		return false;
	has = gsasl->client_support_p(library, m->name) != 0;
	gsasl->done(library);
	return has;
}

const char *sasl_library_version(void)
{
	struct err ignored = ERR_INIT;

	return sasl_library_load(&ignored) ? gsasl->check_version(NULL)
					   : "missing";
}
