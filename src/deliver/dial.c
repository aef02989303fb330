#include "config.h"

#include "deliver/dial.h"

#include <string.h>

#include "auth/mech.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "config/check.h"
#include "config/subst.h"
#include "deliver/connect.h"
#include "deliver/remember.h"
#include "deliver/settings.h"
#include "net/transcript.h"

static bool fetch_secret(void *who, struct secret *out, struct err *e)
{
	struct dial *d = who;
	const struct account *a = d->account;
	const struct source_config sources = {
		.password = &a->password,
		.passwordeval = a->passwordeval,
		.password_file = a->password_file,
		.password_fd = a->password_fd,
		.keyring = (enum source_keyring)a->keyring,
		.host = a->host ? a->host : d->to->host,
		.user = a->user,
		.home = file_home(),
		.system_dir = SYSCONFDIR,
		.may_prompt = true,
	};

	if (!secret_is_set(&d->secret) &&
	    !source_fetch(&sources, d->deadline_ms, &d->secret, e))
		return false;
	secret_copy(out, &d->secret);
	return true;
}

static bool secure(void *who, struct stream plain, int64_t deadline_ms,
		   struct stream *secured, struct err *e)
{
	struct dial *d = who;

	if (!tls_start(plain, &d->tls, deadline_ms, secured, &d->tls_info, e))
		return false;
	if (d->transcript)
		transcript_note(d->transcript,
				str_chars(&d->tls_info.description));
	return true;
}

static void fill_tls(struct dial *d)
{
	const struct account *a = d->account;
	d->tls = (struct tls_config){
		.host = d->to->name,
		.trust_file = a->tls_trust_file,
		.crl_file = a->tls_crl_file,
		.fingerprint = a->tls_fingerprint,
		.pins = &a->tls_pin,
		.key_file = a->tls_key_file,
		.cert_file = a->tls_cert_file,
		.pin = d->looks_only ? NULL : fetch_secret,
		.pin_who = d,
		.priorities = a->tls_priorities,
		.min_version = (enum tls_version)a->tls_min_version,
		.min_dh_prime_bits = a->tls_min_dh_prime_bits,
		.check = a->tls_certcheck,
		.after_starttls = !d->to->implicit,
		.inspect = d->looks_only,
	};
}

static void fill_auth(struct dial *d)
{
	const struct account *a = d->account;
	const struct mech *mech = settings_mech(a);
	const struct sasl_config sasl = {
		.method = mech ? mech->keyword : NULL,
		.user = a->user,
		.authzid = a->authzid,
		.realm = a->ntlmdomain,
		.host = d->to->host,
		.port = d->to->port,
		.exporter = &d->tls_info.exporter,
		.unique = &d->tls_info.unique,
		.secret = fetch_secret,
		.who = d,
	};

	d->sasl = sasl_new(&sasl);
	d->auth = (struct authenticator){
		.self = d->sasl,
		.choose = sasl_choose,
		.begin = sasl_begin,
		.step = sasl_step,
		.finish = sasl_finish,
	};
}

/* A command that gives the password, a keyring or a person must not keep a
 * server waiting, and its failure needs no connection. */
static bool fetch_early(struct dial *d, struct err *e)
{
	const struct account *a = d->account;
	const struct mech *mech = settings_mech(a);
	CLEAN(secret) struct secret copy = SECRET_INIT;

	if (d->looks_only || !settings_auth(a) || (mech && !mech->needs_secret))
		return true;
	if (!a->user && (!mech || mech->needs_user)) {
		err_set(e, ERR_CONFIG, "auth is on but there is no user");
		return err_hint(e, "set 'user' to the name that the provider "
				   "knows you by");
	}
	return fetch_secret(d, &copy, e);
}

static bool fill_hello(struct dial *d, struct err *e)
{
	const struct subst_values values = {
		.lookups = &subst_of_system,
		.system_dir = SYSCONFDIR,
		.domain_only = true,
	};
	const char *domain = d->account->domain;

	if (!subst_expand(domain ? domain : "localhost", &values, &d->hello, e))
		return false;
	if (view_has_control(str_view(&d->hello)) ||
	    memchr(str_chars(&d->hello), ' ', d->hello.len))
		return err_set(e, ERR_CONFIG, "domain '%s' is no host name",
			       d->hello.s);
	return true;
}

static int64_t step_deadline(const struct dial *d, enum phase phase)
{
	int seconds = settings_timeout_s(d->account);

	return clock_earlier(
		d->deadline_ms,
		clock_after_s(seconds != 0 ? seconds : phase_timeout_s(phase)));
}

static bool connect_to(struct dial *d, struct stream *out, struct err *e)
{
	return connect_stream(d->account, d->to,
			      step_deadline(d, PHASE_GREETING), out, &d->peer,
			      e);
}

/* Implicit TLS: nothing is said before the handshake. */
static bool secure_now(struct dial *d, struct stream *stream, struct err *e)
{
	struct stream plain = *stream;

	if (secure(d, plain, step_deadline(d, PHASE_STARTTLS), stream, e))
		return true;
	plain.ops->close(plain.self);
	return false;
}

static bool open_session(struct dial *d, struct err *e)
{
	const struct account *a = d->account;
	bool implicit = d->to->implicit;
	const struct session_config config = {
		.hello = d->hello.s,
		.lmtp = account_is_lmtp(a),
		.encrypted = implicit,
		.upgrade = a->tls && !implicit ? secure : NULL,
		.upgrade_who = d,
		.auth = settings_auth(a) && !d->looks_only ? &d->auth : NULL,
		.timeout_s = settings_timeout_s(a),
		.deadline_ms = d->deadline_ms,
		.pipelining = a->pipelining == SETTINGS_AUTO,
		.chunking = a->chunking == SETTINGS_AUTO,
		.transcript = d->transcript,
	};
	struct stream stream;

	d->reached = true;
	if (!connect_to(d, &stream, e))
		return false;
	if (implicit && !secure_now(d, &stream, e))
		return false;
	d->opened = true;
	if (!session_open(&d->session, stream, &config, e)) {
		sasl_explain(d->sasl, e);
		return false;
	}
	return true;
}

void dial_extend(struct dial *d, int64_t deadline_ms)
{
	d->deadline_ms = deadline_ms;
	d->session.pipe.deadline_ms = deadline_ms;
}

/* What comes after the login has all the time that there is. */
static void settle(struct dial *d, int64_t deadline_ms)
{
	struct session *s = &d->session;

	if (s->config.chunking && caps_has(&s->caps, CAP_CHUNKING) &&
	    remember_is_chunking_bad(str_chars(&d->where)))
		s->config.chunking = false;
	dial_extend(d, deadline_ms);
	if (!d->keep_secret)
		secret_free(&d->secret);
}

bool dial_open(struct dial *d, const struct account *a,
	       const struct endpoint *to, int64_t deadline_ms,
	       struct transcript *transcript, struct err *e)
{
	d->account = a;
	d->to = to;
	d->deadline_ms = d->open_by_ms > 0
				 ? clock_earlier(d->open_by_ms, deadline_ms)
				 : deadline_ms;
	d->transcript = transcript;
	fill_tls(d);
	fill_auth(d);
	connect_where(a, to->host, to->port, &d->where);
	if (!fill_hello(d, e) || (a->tls && !tls_config_check(&d->tls, e)) ||
	    !fetch_early(d, e))
		return false;
	if (open_session(d, e)) {
		settle(d, deadline_ms);
		return true;
	}
	if (e->kind == ERR_AUTH && a->user)
		return err_context(e, "%s, user '%s'", d->where.s, a->user);
	return err_context(e, "%s", d->where.s);
}

bool dial_again(void *who, struct err *e)
{
	struct dial *d = who;
	const struct account *a = d->account;
	const struct endpoint *to = d->to;
	struct transcript *transcript = d->transcript;
	int64_t deadline_ms = d->deadline_ms;
	bool keep = d->keep_secret;

	d->keep_secret = true;
	dial_close(d);
	d->keep_secret = keep;
	return dial_open(d, a, to, deadline_ms, transcript, e);
}

void dial_close(struct dial *d)
{
	struct secret kept = SECRET_INIT;

	if (d->opened)
		session_close(&d->session);
	sasl_free(&d->sasl);
	tls_info_free(&d->tls_info);
	str_free(&d->hello);
	str_free(&d->peer);
	str_free(&d->where);
	if (d->keep_secret)
		kept = d->secret;
	else
		secret_free(&d->secret);
	*d = DIAL_INIT;
	d->secret = kept;
}

void dial_free(struct dial *d)
{
	d->keep_secret = false;
	dial_close(d);
}
