/*
 * smarthost: an SMTP server that is fast enough not to be what a bench of
 * clients measures.
 *
 *   smarthost CERT KEY USER PASSWORD
 *
 * Listens on 127.0.0.1, on a port that it prints as the first line of its
 * standard output.  TLS is there from the start (RFC 8314), 1.2 or 1.3, with
 * session tickets; AUTH PLAIN and LOGIN; PIPELINING, CHUNKING, 8BITMIME, SIZE.
 * MAIL wants AUTH before it, RCPT wants MAIL, the message RCPT: who breaks the
 * order is refused, and who sends half a line, or nothing for a minute, loses
 * the connection.  A thread serves each connection; replies to what came
 * together go together.
 *
 * Each line of standard input is answered by a line "MESSAGES RECIPIENTS
 * OCTETS CONNECTIONS LAST", all since the start; LAST is when the last message
 * was taken, in nanoseconds of CLOCK_MONOTONIC.  It ends with standard input.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/base64.h"
#include "base/mem.h"
#include "base/scan.h"
#include "channel.h"

#define BACKLOG 512
#define IDLE_S 60
#define MESSAGE_MAX 67108864
#define RECIPIENTS_MAX 1000
#define STACK ((size_t)512 * 1024)

static struct {
	const char *user, *password;
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t ticket_key;
} host;

static struct {
	pthread_mutex_t lock;
	long long messages, recipients, octets, connections, last;
} counts = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct client {
	struct channel channel;
	struct str replies; /* not sent yet */
	struct str data;
	bool authenticated, mail, quit;
	int recipients;
};

_Noreturn static void die(const char *what, const char *why)
{
	fprintf(stderr, "smarthost: %s: %s\n", what, why);
	exit(1);
}

/* --- lines and replies ---------------------------------------------------- */

static bool say(struct client *c, const char *reply)
{
	str_addf(&c->replies, "%s\r\n", reply);
	return true;
}

static bool flush(struct client *c)
{
	bool ok = c->replies.len == 0 ||
		  channel_send(&c->channel, str_view(&c->replies));

	str_truncate(&c->replies, 0);
	return ok;
}

/* Replies wait for as long as there are commands to be read. */
static bool next_line(struct client *c, struct str *line)
{
	const struct channel *ch = &c->channel;
	bool whole = ch->have > 0 && memmem(ch->in, ch->have, "\r\n", 2);

	return (whole || flush(c)) && channel_line(&c->channel, line);
}

/* --- TLS ------------------------------------------------------------------ */

static bool secure(struct channel *c)
{
	int rc;

	gnutls_init(&c->tls, GNUTLS_SERVER);
	gnutls_set_default_priority(c->tls);
	gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE,
			       host.credentials);
	gnutls_session_ticket_enable_server(c->tls, &host.ticket_key);
	gnutls_transport_set_int(c->tls, c->fd);
	do
		rc = gnutls_handshake(c->tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	return rc >= 0;
}

/* --- AUTH ----------------------------------------------------------------- */

/* What the client answers to a challenge, decoded; or gave at once. */
static bool answer(struct client *c, struct view initial, const char *challenge,
		   struct str *out)
{
	CLEAN(str) struct str line = STR_INIT;

	if (initial.n > 0)
		return base64_decode(out, initial);
	return say(c, challenge) && next_line(c, &line) &&
	       base64_decode(out, str_view(&line));
}

static bool is_plain(const struct str *response)
{
	struct scan s = scan_of(str_view(response));

	(void)scan_until(&s, '\0');
	return view_is(scan_until(&s, '\0'), host.user) &&
	       view_is(scan_rest(&s), host.password);
}

static bool on_auth(struct client *c, struct view args)
{
	struct scan words = scan_of(args);
	struct view name = scan_until(&words, ' ');
	struct view initial = view_trim(scan_rest(&words));
	CLEAN(str) struct str first = STR_INIT;
	CLEAN(str) struct str second = STR_INIT;

	if (c->authenticated)
		return say(c, "503 5.5.1 already done");
	if (view_is_nocase(name, "PLAIN"))
		c->authenticated = answer(c, initial, "334 ", &first) &&
				   is_plain(&first);
	else if (view_is_nocase(name, "LOGIN"))
		c->authenticated = answer(c, initial, "334 VXNlcm5hbWU6",
					  &first) &&
				   answer(c, (struct view){ NULL, 0 },
					  "334 UGFzc3dvcmQ6", &second) &&
				   view_is(str_view(&first), host.user) &&
				   view_is(str_view(&second), host.password);
	else
		return say(c, "504 5.5.4 unknown mechanism");
	return say(c, c->authenticated ? "235 2.7.0 welcome"
				       : "535 5.7.8 not the password");
}

/* --- mail ----------------------------------------------------------------- */

static void forget(struct client *c)
{
	c->mail = false;
	c->recipients = 0;
	str_truncate(&c->data, 0);
}

static bool on_ehlo(struct client *c, struct view args)
{
	(void)args;
	forget(c);
	str_addf(&c->replies,
		 "250-smarthost.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		 "250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n"
		 "250-AUTH PLAIN LOGIN\r\n250 SIZE %d\r\n",
		 MESSAGE_MAX);
	return true;
}

static bool on_mail(struct client *c, struct view args)
{
	if (!c->authenticated)
		return say(c, "530 5.7.0 authentication required");
	if (c->mail || !view_starts_nocase(args, "FROM:<"))
		return say(c, "503 5.5.1 not now");
	c->mail = true;
	return say(c, "250 2.1.0 ok");
}

static bool on_rcpt(struct client *c, struct view args)
{
	if (!c->mail || !view_starts_nocase(args, "TO:<"))
		return say(c, "503 5.5.1 not now");
	if (c->recipients == RECIPIENTS_MAX)
		return say(c, "452 4.5.3 too many");
	c->recipients++;
	return say(c, "250 2.1.5 ok");
}

static bool on_rset(struct client *c, struct view args)
{
	(void)args;
	forget(c);
	return say(c, "250 2.0.0 ok");
}

static bool on_noop(struct client *c, struct view args)
{
	(void)args;
	return say(c, "250 2.0.0 ok");
}

static long long nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool take_message(struct client *c)
{
	pthread_mutex_lock(&counts.lock);
	counts.messages++;
	counts.recipients += c->recipients;
	counts.octets += (long long)c->data.len;
	counts.last = nanoseconds();
	pthread_mutex_unlock(&counts.lock);
	forget(c);
	return say(c, "250 2.0.0 taken");
}

static bool on_data(struct client *c, struct view args)
{
	CLEAN(str) struct str line = STR_INIT;

	(void)args;
	if (c->recipients == 0)
		return say(c, "503 5.5.1 no recipients");
	say(c, "354 go on");
	while (c->data.len < MESSAGE_MAX) {
		if (!next_line(c, &line))
			return false;
		if (view_is(str_view(&line), "."))
			return take_message(c);
		str_adds(&c->data,
			 str_chars(&line) + (str_chars(&line)[0] == '.'));
		str_adds(&c->data, "\r\n");
	}
	return false;
}

static bool on_bdat(struct client *c, struct view args)
{
	struct scan s = scan_of(args);
	int64_t n;

	if (!scan_number(&s, &n) || n > MESSAGE_MAX ||
	    c->data.len > (size_t)(MESSAGE_MAX - n))
		return false;
	if (!channel_bytes(&c->channel, (size_t)n, &c->data))
		return false;
	if (c->recipients == 0) {
		forget(c);
		return say(c, "503 5.5.1 no recipients");
	}
	if (view_is_nocase(view_trim(scan_rest(&s)), "LAST"))
		return take_message(c);
	return say(c, "250 2.0.0 more");
}

static bool on_quit(struct client *c, struct view args)
{
	(void)args;
	c->quit = true;
	return say(c, "221 2.0.0 bye");
}

static const struct {
	const char *verb;
	bool (*on)(struct client *c, struct view args);
} commands[] = {
	{ "EHLO", on_ehlo }, { "HELO", on_rset }, { "AUTH", on_auth },
	{ "MAIL", on_mail }, { "RCPT", on_rcpt }, { "DATA", on_data },
	{ "BDAT", on_bdat }, { "RSET", on_rset }, { "NOOP", on_noop },
	{ "QUIT", on_quit },
};

static bool obey(struct client *c, struct view line)
{
	struct scan words = scan_of(line);
	struct view verb = scan_until(&words, ' ');

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (view_is_nocase(verb, commands[i].verb))
			return commands[i].on(c, scan_rest(&words));
	return say(c, "500 5.5.1 unknown command");
}

/* --- connections ---------------------------------------------------------- */

static void talk(struct client *c)
{
	CLEAN(str) struct str line = STR_INIT;

	if (!secure(&c->channel))
		return;
	pthread_mutex_lock(&counts.lock);
	counts.connections++;
	pthread_mutex_unlock(&counts.lock);
	say(c, "220 smarthost.test ESMTP");
	while (!c->quit && next_line(c, &line) && obey(c, str_view(&line)))
		continue;
	(void)flush(c);
}

static void *serve(void *arg)
{
	struct client *c = arg;

	talk(c);
	channel_close(&c->channel);
	str_free(&c->replies);
	str_free(&c->data);
	free(c);
	return NULL;
}

static void accept_one(int listener)
{
	const struct timeval idle = { .tv_sec = IDLE_S };
	const int on = 1;
	struct client *c;
	pthread_attr_t attr;
	pthread_t thread;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = mem_zero(1, sizeof(*c));
	c->channel.fd = fd;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, serve, c) != 0)
		die("pthread_create", "failed");
	pthread_attr_destroy(&attr);
}

static void *answer_questions(void *unused)
{
	int c;

	(void)unused;
	while ((c = getchar()) != EOF) {
		if (c != '\n')
			continue;
		pthread_mutex_lock(&counts.lock);
		printf("%lld %lld %lld %lld %lld\n", counts.messages,
		       counts.recipients, counts.octets, counts.connections,
		       counts.last);
		pthread_mutex_unlock(&counts.lock);
		fflush(stdout);
	}
	exit(0);
}

static int listen_somewhere(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) < 0)
		die("listen", "failed");
	printf("%d\n", ntohs(sin.sin_port));
	fflush(stdout);
	return fd;
}

static void set_up_tls(const char *cert, const char *key)
{
	int rc;

	gnutls_certificate_allocate_credentials(&host.credentials);
	rc = gnutls_certificate_set_x509_key_file(host.credentials, cert, key,
						  GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		die(cert, gnutls_strerror(rc));
	rc = gnutls_session_ticket_key_generate(&host.ticket_key);
	if (rc < 0)
		die("session tickets", gnutls_strerror(rc));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int listener;

	if (argc != 5)
		die("usage", "smarthost CERT KEY USER PASSWORD");
	signal(SIGPIPE, SIG_IGN);
	host.user = argv[3];
	host.password = argv[4];
	set_up_tls(argv[1], argv[2]);
	listener = listen_somewhere();
	if (pthread_create(&thread, NULL, answer_questions, NULL) != 0)
		die("pthread_create", "failed");
	for (;;)
		accept_one(listener);
}
