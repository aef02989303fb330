/*
 * saslpeer: a small SMTP server for tests of AUTH, because no packaged server
 * offers SCRAM with channel binding.
 *
 *   saslpeer --cert F --key F --tls implicit|starttls|off --mechanisms LIST
 *            --user U --password P --tls-version 1.2|1.3 --out FILE
 *            --connections N
 *
 * Listens on 127.0.0.1, on a port that it prints as the first line of its
 * standard output, serves N connections (1) one after the other, and ends with
 * status 0; or by itself after two minutes.  Each AUTH adds a line to standard
 * output: "MECHANISM accepted" or "MECHANISM refused".
 *
 * LIST is separated by single blanks; what is bound to the channel is
 * offered under TLS only: tls-exporter for TLS 1.3, either for 1.2.  The one
 * user has the one password; for OAUTHBEARER and XOAUTH2 it is the token; for
 * GSSAPI and GS2-KRB5 a ticket for smtp/localhost, whose key is in
 * $KRB5_KTNAME.
 * MAIL wants AUTH first unless LIST is empty.  A message that comes by DATA or
 * BDAT is written to FILE, with CRLF and without the dots that were doubled;
 * the next one takes its place.
 *
 * For tests only: it believes its arguments, and a client that breaks the
 * rules loses the connection.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gsasl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/attr.h"
#include "base/base64.h"
#include "base/scan.h"
#include "base/str.h"
#include "channel.h"

#define LIFE_S 120
#define MESSAGE_MAX 67108864
#define BACKLOG 8

static struct options {
	const char *cert, *key, *tls, *user, *password, *tls_version, *out;
	const char *mechanisms; /* separated by single blanks */
	int connections;
} options = { .tls = "off", .user = "", .password = "", .mechanisms = "" };

struct peer {
	struct channel channel;
	Gsasl *library;
	bool authenticated, mail, quit; /* what was agreed upon */
	struct str message;
};

_Noreturn static void die(const char *what, const char *why)
{
	fprintf(stderr, "saslpeer: %s: %s\n", what, why);
	exit(1);
}

/* A reply of one line. */
static bool say(struct peer *p, const char *reply)
{
	CLEAN(str) struct str line = STR_INIT;

	str_addf(&line, "%s\r\n", reply);
	return channel_send(&p->channel, str_view(&line));
}

/* --- TLS ------------------------------------------------------------------ */

static bool secure(struct peer *p)
{
	return channel_secure(&p->channel, options.tls_version);
}

static bool on_starttls(struct peer *p, struct view args)
{
	(void)args;
	if (p->channel.tls || strcmp(options.tls, "starttls") != 0)
		return say(p, "502 5.5.1 no");
	return say(p, "220 2.0.0 go ahead") && secure(p);
}

/* --- AUTH ----------------------------------------------------------------- */

static int give_binding(struct peer *p, Gsasl_session *session,
			Gsasl_property property)
{
	CLEAN(str) struct str text = STR_INIT;
	gnutls_datum_t data = { NULL, 0 };
	int rc;

	if (!p->channel.tls)
		return GSASL_NO_CALLBACK;
	rc = gnutls_session_channel_binding(p->channel.tls,
					    property == GSASL_CB_TLS_EXPORTER
						    ? GNUTLS_CB_TLS_EXPORTER
						    : GNUTLS_CB_TLS_UNIQUE,
					    &data);
	if (rc < 0)
		return GSASL_NO_CALLBACK;
	base64_add(&text, (struct view){ (char *)data.data, data.size });
	gnutls_free(data.data);
	return gsasl_property_set(session, property, str_chars(&text));
}

static bool is_user(Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);

	return user && strcmp(user, options.user) == 0;
}

/* Whose ticket it is, and whether that is who they say they are. */
static bool may_act(Gsasl_session *session)
{
	const char *name = gsasl_property_fast(session,
					       GSASL_GSSAPI_DISPLAY_NAME);
	const char *wanted = gsasl_property_fast(session, GSASL_AUTHZID);
	size_t n = strlen(options.user);

	if (wanted && *wanted && strcmp(wanted, options.user) != 0)
		return false;
	return name && strncmp(name, options.user, n) == 0 && name[n] == '@';
}

static int answer(Gsasl *library, Gsasl_session *session,
		  Gsasl_property property)
{
	struct peer *p = gsasl_callback_hook_get(library);
	const char *password;

	if (property == GSASL_CB_TLS_EXPORTER ||
	    property == GSASL_CB_TLS_UNIQUE)
		return give_binding(p, session, property);
	if (property == GSASL_SERVICE)
		return gsasl_property_set(session, property, "smtp");
	if (property == GSASL_HOSTNAME)
		return gsasl_property_set(session, property, "localhost");
	if (property == GSASL_VALIDATE_GSSAPI)
		return may_act(session) ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
	if (property == GSASL_PASSWORD && is_user(session))
		return gsasl_property_set(session, property, options.password);
	if (property == GSASL_VALIDATE_SIMPLE && is_user(session)) {
		password = gsasl_property_fast(session, GSASL_PASSWORD);
		if (password && strcmp(password, options.password) == 0)
			return GSASL_OK;
	}
	return GSASL_NO_CALLBACK;
}

/* One challenge and its response; false where the client cancelled. */
static bool ask(struct peer *p, struct view challenge, struct str *response)
{
	CLEAN(str) struct str line = STR_INIT;

	str_adds(&line, "334 ");
	base64_add(&line, challenge);
	str_truncate(response, 0);
	return say(p, line.s) && channel_line(&p->channel, &line) &&
	       !view_is(str_view(&line), "*") &&
	       base64_decode(response, str_view(&line));
}

/* The next turn of libgsasl's; made is its challenge. */
static int turn(Gsasl_session *session, const struct str *in, struct str *made)
{
	char *out = NULL;
	size_t n = 0;
	int rc = gsasl_step(session, str_chars(in), in->len, &out, &n);

	str_truncate(made, 0);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		return rc;
	if (out)
		str_add(made, (struct view){ out, n });
	gsasl_free(out);
	return rc;
}

/* response is the initial one, possibly none. */
static bool exchange(struct peer *p, Gsasl_session *session,
		     struct str *response)
{
	CLEAN(str) struct str challenge = STR_INIT;
	int rc = turn(session, response, &challenge);

	while (rc == GSASL_NEEDS_MORE) {
		if (!ask(p, str_view(&challenge), response))
			return false;
		rc = turn(session, response, &challenge);
	}
	if (rc != GSASL_OK)
		return false;
	return challenge.len == 0 ||
	       (ask(p, str_view(&challenge), response) && response->len == 0);
}

static bool run_gsasl(struct peer *p, const char *mechanism,
		      struct str *response)
{
	Gsasl_session *session;
	bool ok;

	if (gsasl_server_start(p->library, mechanism, &session) != GSASL_OK)
		return false;
	ok = exchange(p, session, response);
	gsasl_finish(session);
	return ok;
}

/* Both bearer mechanisms, told apart by how they name the user. */
static bool run_bearer(struct peer *p, bool xoauth2, struct str *response)
{
	CLEAN(str) struct str user = STR_INIT;
	CLEAN(str) struct str token = STR_INIT;

	if (response->len == 0 && !ask(p, view_of(""), response))
		return false;
	str_addf(&user, xoauth2 ? "user=%s\x01" : "n,a=%s,\x01", options.user);
	str_addf(&token,
		 "\x01"
		 "auth=Bearer %s\x01\x01",
		 options.password);
	if (view_starts(str_view(response), user.s) &&
	    strstr(str_chars(response), token.s))
		return true;
	(void)ask(p, view_of("{\"status\":\"invalid_token\"}"), response);
	return false;
}

static bool is_offered(const struct peer *p, struct view name)
{
	struct scan words = scan_of(view_of(options.mechanisms));
	CLEAN(str) struct str plain = STR_INIT;

	str_add(&plain, name);
	if (!p->channel.tls && strstr(str_chars(&plain), "-PLUS"))
		return false;
	while (!scan_done(&words))
		if (view_equal_nocase(scan_until(&words, ' '), name))
			return true;
	return false;
}

static bool on_auth(struct peer *p, struct view args)
{
	struct scan words = scan_of(args);
	struct view name = scan_until(&words, ' ');
	struct view initial = view_trim(scan_rest(&words));
	CLEAN(str) struct str mechanism = STR_INIT;
	CLEAN(str) struct str response = STR_INIT;
	bool ok;

	if (p->authenticated)
		return say(p, "503 5.5.1 already done");
	if (!is_offered(p, name))
		return say(p, "504 5.5.4 unknown mechanism");
	if (!view_is(initial, "=") && !base64_decode(&response, initial))
		return say(p, "501 5.5.2 malformed");
	for (size_t i = 0; i < name.n; i++)
		str_addc(&mechanism, ascii_upper(name.p[i]));
	if (view_is(name, "OAUTHBEARER") || view_is(name, "XOAUTH2"))
		ok = run_bearer(p, view_is(name, "XOAUTH2"), &response);
	else
		ok = run_gsasl(p, str_chars(&mechanism), &response);
	printf("%s %s\n", str_chars(&mechanism), ok ? "accepted" : "refused");
	fflush(stdout);
	p->authenticated = ok;
	return say(p, ok ? "235 2.7.0 welcome" : "535 5.7.8 go away");
}

/* --- mail ----------------------------------------------------------------- */

static bool on_ehlo(struct peer *p, struct view args)
{
	struct scan words = scan_of(view_of(options.mechanisms));
	CLEAN(str) struct str reply = STR_INIT;

	(void)args;
	str_adds(&reply, "250-saslpeer\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
			 "250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n");
	if (!p->channel.tls && strcmp(options.tls, "starttls") == 0)
		str_adds(&reply, "250-STARTTLS\r\n");
	if (*options.mechanisms)
		str_adds(&reply, "250-AUTH");
	while (!scan_done(&words)) {
		struct view name = scan_until(&words, ' ');

		if (!is_offered(p, name))
			continue;
		str_addc(&reply, ' ');
		str_add(&reply, name);
	}
	if (*options.mechanisms)
		str_adds(&reply, "\r\n");
	str_addf(&reply, "250 SIZE %d\r\n", MESSAGE_MAX);
	return channel_send(&p->channel, str_view(&reply));
}

static bool on_mail(struct peer *p, struct view args)
{
	(void)args;
	str_truncate(&p->message, 0);
	p->mail = p->authenticated || !*options.mechanisms;
	return say(p, p->mail ? "250 2.1.0 ok"
			      : "530 5.7.0 authentication required");
}

static bool on_ok(struct peer *p, struct view args)
{
	(void)args;
	return say(p, "250 2.0.0 ok");
}

static bool take_message(struct peer *p)
{
	FILE *f;
	bool ok;

	if (!p->mail)
		return say(p, "503 5.5.1 no transaction");
	if (!options.out)
		return say(p, "250 2.0.0 thrown away");
	f = fopen(options.out, "w");
	if (!f)
		return say(p, "451 4.3.0 cannot write it");
	ok = fwrite(str_chars(&p->message), 1, p->message.len, f) ==
	     p->message.len;
	ok = fclose(f) == 0 && ok;
	return say(p, ok ? "250 2.0.0 taken" : "451 4.3.0 cannot write it");
}

static bool on_data(struct peer *p, struct view args)
{
	CLEAN(str) struct str line = STR_INIT;

	(void)args;
	if (!p->mail)
		return say(p, "503 5.5.1 no transaction");
	if (!say(p, "354 go on"))
		return false;
	while (p->message.len < MESSAGE_MAX) {
		if (!channel_line(&p->channel, &line))
			return false;
		if (view_is(str_view(&line), "."))
			return take_message(p);
		str_adds(&p->message,
			 str_chars(&line) + (str_chars(&line)[0] == '.'));
		str_adds(&p->message, "\r\n");
	}
	return false;
}

static bool on_bdat(struct peer *p, struct view args)
{
	struct scan s = scan_of(args);
	int64_t left;

	if (!scan_number(&s, &left) || left > MESSAGE_MAX)
		return say(p, "501 5.5.4 malformed");
	if (!channel_bytes(&p->channel, (size_t)left, &p->message))
		return false;
	if (view_is_nocase(view_trim(scan_rest(&s)), "LAST"))
		return take_message(p);
	return say(p, "250 2.0.0 more");
}

static bool on_quit(struct peer *p, struct view args)
{
	(void)args;
	p->quit = true;
	return say(p, "221 2.0.0 bye");
}

static const struct {
	const char *verb;
	bool (*on)(struct peer *p, struct view args);
} commands[] = {
	{ "EHLO", on_ehlo }, { "HELO", on_ok },   { "STARTTLS", on_starttls },
	{ "AUTH", on_auth }, { "MAIL", on_mail }, { "RCPT", on_ok },
	{ "DATA", on_data }, { "BDAT", on_bdat }, { "RSET", on_ok },
	{ "NOOP", on_ok },   { "QUIT", on_quit },
};

static bool obey(struct peer *p, struct view line)
{
	struct scan words = scan_of(line);
	struct view verb = scan_until(&words, ' ');

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (view_is_nocase(verb, commands[i].verb))
			return commands[i].on(p, scan_rest(&words));
	return say(p, "500 5.5.1 unknown command");
}

/* --- connections ---------------------------------------------------------- */

static void serve(struct peer *p)
{
	CLEAN(str) struct str line = STR_INIT;
	bool ok;

	p->authenticated = p->mail = p->quit = false;
	ok = strcmp(options.tls, "implicit") != 0 || secure(p);
	ok = ok && say(p, "220 saslpeer ESMTP");
	while (ok && !p->quit)
		ok = channel_line(&p->channel, &line) &&
		     obey(p, str_view(&line));
	channel_close(&p->channel);
}

/* Listen on a free port of 127.0.0.1 and print it. */
static int listen_somewhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		die("cannot listen", strerror(errno));
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static void read_options(int argc, char **argv)
{
	const char *connections = "1";
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{ "--cert", &options.cert },
		{ "--key", &options.key },
		{ "--tls", &options.tls },
		{ "--user", &options.user },
		{ "--password", &options.password },
		{ "--tls-version", &options.tls_version },
		{ "--out", &options.out },
		{ "--mechanisms", &options.mechanisms },
		{ "--connections", &connections },
	};

	for (int i = 1; i < argc; i += 2) {
		const char **value = NULL;

		for (size_t k = 0; k < ARRAY_LEN(table); k++)
			if (strcmp(argv[i], table[k].name) == 0)
				value = table[k].value;
		if (!value || i + 1 == argc)
			die(argv[i], "see the head of saslpeer.c");
		*value = argv[i + 1];
	}
	options.connections = (int)strtol(connections, NULL, 10);
}

static void load_certificate(struct peer *p)
{
	int rc;

	gnutls_certificate_allocate_credentials(&p->channel.credentials);
	if (strcmp(options.tls, "off") == 0)
		return;
	rc = gnutls_certificate_set_x509_key_file(p->channel.credentials,
						  options.cert, options.key,
						  GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		die(options.cert, gnutls_strerror(rc));
}

int main(int argc, char **argv)
{
	static struct peer peer;
	int listener;

	alarm(LIFE_S);
	signal(SIGPIPE, SIG_IGN);
	read_options(argc, argv);
	if (strcmp(options.tls, "off") != 0 && (!options.cert || !options.key))
		die("usage", "TLS needs --cert and --key");
	load_certificate(&peer);
	if (gsasl_init(&peer.library) != GSASL_OK)
		die("gsasl", "cannot start");
	gsasl_callback_hook_set(peer.library, &peer);
	gsasl_callback_set(peer.library, answer);
	listener = listen_somewhere();
	for (int i = 0; i < options.connections; i++) {
		peer.channel.fd = accept(listener, NULL, NULL);
		if (peer.channel.fd < 0)
			die("accept", strerror(errno));
		serve(&peer);
	}
	close(listener);
	gsasl_done(peer.library);
	gnutls_certificate_free_credentials(peer.channel.credentials);
	str_free(&peer.message);
	return 0;
}
