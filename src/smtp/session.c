#include "config.h"

#include "smtp/session.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/scan.h"
#include "smtp/command.h"

static void init(struct session *s, struct stream stream,
		 const struct session_config *config)
{
	*s = (struct session){ .config = *config };
	wire_init(&s->wire, stream, config->transcript);
	s->pipe = (struct pipeline){
		.wire = &s->wire,
		.now_ms = config->now_ms ? config->now_ms : clock_now_ms,
		.timeout_s = config->timeout_s,
		.deadline_ms = config->deadline_ms,
	};
	s->encrypted = config->encrypted;
}

/* Say one command and read its reply, whatever it is. */
static bool ask(struct session *s, enum phase phase, const char *command,
		struct reply *r, struct err *e)
{
	reply_free(r);
	wire_put(&s->wire, view_of(command));
	return pipeline_read(&s->pipe, phase, r, e);
}

/* What else listens on ports that people take for SMTP. */
static const struct {
	const char *start;
	const char *who;
} strangers[] = {
	{ "+OK", "a POP3 server" },        { "* OK", "an IMAP server" },
	{ "* PREAUTH", "an IMAP server" }, { "HTTP/", "a web server" },
	{ "SSH-", "an SSH server" },       { "<", "a web server" },
};

/* A TLS record: alert or handshake, version 3.x (RFC 8446, 5.1). */
static bool is_tls(struct view v)
{
	return v.n >= 2 && (v.p[0] == 0x15 || v.p[0] == 0x16) && v.p[1] == 3;
}

static bool check_stranger(struct session *s, struct view first, struct err *e)
{
	if (is_tls(first)) {
		s->pipe.broken = true;
		err_set(e, ERR_PROTOCOL,
			"this port does not greet in SMTP but speaks TLS from "
			"the start");
		return err_hint(e, "set tls_starttls off");
	}
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		if (view_starts(first, strangers[i].start)) {
			s->pipe.broken = true;
			err_set(e, ERR_PROTOCOL,
				"this is no SMTP server but %s",
				strangers[i].who);
			return err_hint(e, "check host and port");
		}
	return true;
}

static struct view unread(const struct wire *w)
{
	return (struct view){ w->in.p + w->in_start, w->in_end - w->in_start };
}

/* Nothing that is a line came; say more where the bytes tell more. */
static bool no_greeting(struct session *s, int64_t by, struct err *e)
{
	s->pipe.broken = true;
	if (!check_stranger(s, unread(&s->wire), e))
		return false;
	err_context(e, "waiting for %s", phase_awaited(PHASE_GREETING));
	if (!s->encrypted && s->pipe.now_ms() >= by)
		err_hint(e, "the port may want TLS from the start: try "
			    "tls_starttls off (usual on port 465)");
	return false;
}

static bool read_greeting(struct session *s, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	int64_t by = pipeline_deadline(&s->pipe, PHASE_GREETING);
	struct view line;

	if (!wire_line(&s->wire, by, &line, e))
		return no_greeting(s, by, e);
	if (!check_stranger(s, line, e))
		return false;
	if (!reply_add_line(&r, line, e)) {
		s->pipe.broken = true;
		return err_context(e, "waiting for %s",
				   phase_awaited(PHASE_GREETING));
	}
	if (!pipeline_read(&s->pipe, PHASE_GREETING, &r, e))
		return false;
	str_add(&s->greeting, str_view(&r.text));
	return phase_check(PHASE_GREETING, &r, e);
}

static bool ask_hello(struct session *s, const char *verb, struct reply *r,
		      struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;

	return command_hello(&line, verb, s->config.hello, e) &&
	       ask(s, PHASE_EHLO, str_chars(&line), r, e);
}

/* RFC 5321, 3.2: an old server that does not know EHLO is asked by HELO. */
static bool wants_helo(const struct session *s, const struct reply *r)
{
	return !s->config.lmtp && r->code / 100 == 5 &&
	       r->code != REPLY_AUTH_NEEDED;
}

/* Whatever was offered before, on an unsafe stream perhaps, is forgotten. */
static bool hello(struct session *s, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	bool extended = true;

	caps_free(&s->caps);
	if (!ask_hello(s, s->config.lmtp ? "LHLO" : "EHLO", &r, e))
		return false;
	if (wants_helo(s, &r)) {
		extended = false;
		if (!ask_hello(s, "HELO", &r, e))
			return false;
	}
	if (!phase_check(PHASE_EHLO, &r, e))
		return false;
	if (extended)
		caps_read(&s->caps, str_chars(&r.text));
	s->pipe.allowed = s->config.pipelining &&
			  caps_has(&s->caps, CAP_PIPELINING);
	return true;
}

static bool starttls(struct session *s, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	int64_t by;

	if (!caps_has(&s->caps, CAP_STARTTLS)) {
		err_set(e, ERR_TLS, "the server does not offer STARTTLS");
		return err_hint(e, "many servers have TLS from the start on "
				   "port 465: set port 465 and tls_starttls "
				   "off");
	}
	if (!ask(s, PHASE_STARTTLS, COMMAND_STARTTLS, &r, e) ||
	    !phase_check(PHASE_STARTTLS, &r, e))
		return false;
	by = pipeline_deadline(&s->pipe, PHASE_STARTTLS);
	if (!wire_upgrade(&s->wire, s->config.upgrade, s->config.upgrade_who,
			  by, e)) {
		s->pipe.broken = true;
		return false;
	}
	s->encrypted = true;
	return hello(s, e);
}

bool session_greet(struct session *s, struct stream stream,
		   const struct session_config *config, struct err *e)
{
	init(s, stream, config);
	if (!read_greeting(s, e) || !hello(s, e))
		return false;
	return !config->upgrade || starttls(s, e);
}

/* AUTH, with the initial response where it is there and fits the line; RFC
 * 4954, section 4, writes an empty one as "=". */
static void say_auth(struct session *s, const struct secret *initial,
		     bool *has_initial)
{
	CLEAN(secret) struct secret coded = SECRET_INIT;
	CLEAN(str) struct str line = STR_INIT;

	str_addf(&line, "AUTH %s", s->mechanism);
	if (*has_initial &&
	    line.len + base64_length(initial->n) + 3 <= SESSION_AUTH_LINE_MAX) {
		*has_initial = false;
		str_addc(&line, ' ');
		if (initial->n > 0)
			base64_add_secret(&coded, secret_view(initial));
		else
			secret_add(&coded, view_of("="));
	}
	wire_put(&s->wire, str_view(&line));
	if (secret_is_set(&coded))
		wire_put_secret(&s->wire, &coded);
	wire_put(&s->wire, view_of("\r\n"));
}

static void say_response(struct session *s, const struct secret *response)
{
	CLEAN(secret) struct secret coded = SECRET_INIT;

	if (response->n > 0) {
		base64_add_secret(&coded, secret_view(response));
		wire_put_secret(&s->wire, &coded);
	}
	wire_put(&s->wire, view_of("\r\n"));
}

/* Give up an exchange that failed at our end; e says why already. */
static bool cancel_auth(struct session *s)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err ignored;

	if (!ask(s, PHASE_AUTH, "*\r\n", &r, &ignored))
		s->pipe.broken = true;
	return false;
}

static bool answer(struct session *s, const struct reply *r, struct err *e)
{
	const struct authenticator *a = s->config.auth;
	CLEAN(secret) struct secret response = SECRET_INIT;
	CLEAN(str) struct str challenge = STR_INIT;

	if (!base64_decode(&challenge, view_trim(str_view(&r->text)))) {
		err_set(e, ERR_PROTOCOL,
			"the server's challenge in AUTH %s is malformed",
			s->mechanism);
		return cancel_auth(s);
	}
	if (!a->step(a->self, str_view(&challenge), &response, e))
		return cancel_auth(s);
	say_response(s, &response);
	return true;
}

/* After AUTH was said: answer challenges until there is a verdict in r. */
static bool exchange(struct session *s, const struct secret *initial,
		     bool held_back, struct reply *r, struct err *e)
{
	for (int i = 0; i < SESSION_AUTH_ROUNDS_MAX; i++) {
		reply_free(r);
		if (!pipeline_read(&s->pipe, PHASE_AUTH, r, e))
			return false;
		if (r->code != REPLY_CHALLENGE)
			return phase_check(PHASE_AUTH, r, e);
		if (held_back)
			say_response(s, initial);
		else if (!answer(s, r, e))
			return false;
		held_back = false;
	}
	s->pipe.broken = true;
	return err_set(e, ERR_PROTOCOL, "AUTH %s does not come to an end",
		       s->mechanism);
}

static bool choose(struct session *s, struct err *e)
{
	const struct authenticator *a = s->config.auth;
	struct view offered = view_of(str_chars(&s->caps.auth));

	if (!caps_has(&s->caps, CAP_AUTH)) {
		err_set(e, ERR_PROTOCOL, "the server does not offer AUTH");
		return err_hint(e, s->encrypted
					   ? "set 'auth off' if this server "
					     "takes mail without it"
					   : "it may offer it under TLS only: "
					     "set 'tls on'");
	}
	if (!a->choose(a->self, offered, s->encrypted, &s->mechanism, e))
		return false;
	return caps_is_mechanism(view_of(s->mechanism)) ||
	       err_set(e, ERR_CONFIG, "'%s' is no name of a mechanism",
		       s->mechanism);
}

static bool authenticate(struct session *s, struct err *e)
{
	const struct authenticator *a = s->config.auth;
	CLEAN(secret) struct secret initial = SECRET_INIT;
	CLEAN(reply) struct reply r = REPLY_INIT;
	bool has_initial = false;

	if (!choose(s, e) || !a->begin(a->self, &initial, &has_initial, e))
		return false;
	say_auth(s, &initial, &has_initial);
	if (!exchange(s, &initial, has_initial, &r, e) ||
	    !a->finish(a->self, e))
		return false;
	s->authenticated = true;
	return true;
}

bool session_open(struct session *s, struct stream stream,
		  const struct session_config *config, struct err *e)
{
	return session_greet(s, stream, config, e) &&
	       (!config->auth || authenticate(s, e));
}

int session_goodbye(struct session *s)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err ignored;

	if (s->pipe.broken)
		return 0;
	if (!pipeline_read(&s->pipe, PHASE_QUIT, &r, &ignored))
		r.code = 0;
	s->pipe.broken = true;
	return r.code;
}

void session_close(struct session *s)
{
	if (s->wire.stream.ops && !s->pipe.broken) {
		if (!s->quit_sent)
			wire_put(&s->wire, view_of(COMMAND_QUIT));
		(void)session_goodbye(s);
	}
	wire_free(&s->wire);
	caps_free(&s->caps);
	str_free(&s->greeting);
	s->quit_sent = true;
}
