#include "config.h"

#include "net/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/tcp.h"
#include "net/tls_library.h"
#include "net/tls_setup.h"
#include "net/trust.h"

/* Read from below at once; GnuTLS itself asks for the 5 bytes of a header. */
#define TLS_IN_MAX 16384
/* More than this is not gathered before it is written. */
#define TLS_OUT_MAX 131072
/* Calls that GnuTLS wants to be repeated (tickets, new keys), in a row. */
#define TLS_REPEATS_MAX 256
/* As much of a plain answer is shown. */
#define TLS_PLAIN_SHOWN 80

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	struct tls_config *config; /* borrowed while tls_start runs */
	struct stream lower;
	struct str out; /* encrypted, not yet written */
	char in[TLS_IN_MAX];
	size_t in_start, in_end;
	int64_t deadline_ms; /* of the call that runs */
	bool waited;         /* that call has read once */
	bool heard;          /* something came from the server */
	bool ended;          /* the lower stream did */
	bool stuck;          /* nothing can be sent any more */
	bool broken;         /* nor read */
	struct err err;      /* of a callback: GnuTLS passes on numbers alone */
	struct err fault;    /* of the certificate, where that is inspected */
	struct tls_pin pin;
};

void tls_certificate_free(struct tls_certificate *c)
{
	str_free(&c->subject);
	str_free(&c->issuer);
	str_free(&c->names);
	str_free(&c->from);
	str_free(&c->until);
	str_free(&c->sha256);
	str_free(&c->sha1);
	str_free(&c->pin);
}

void tls_info_free(struct tls_info *info)
{
	str_free(&info->version);
	str_free(&info->description);
	tls_certificate_free(&info->certificate);
	str_free(&info->exporter);
	str_free(&info->unique);
}

/* --- what GnuTLS calls ---------------------------------------------------- */

/*
 * A server that has said its last word and closed is still to be heard: where
 * writing failed, what waits is dropped, and reading goes on.
 */
static bool flush(struct tls *t, int64_t deadline_ms, struct err *e)
{
	if (t->out.len == 0)
		return true;
	if (!t->lower.ops->write(t->lower.self, t->out.s, t->out.len,
				 deadline_ms, e)) {
		t->stuck = true;
		str_free(&t->out);
		return false;
	}
	str_truncate(&t->out, 0);
	return true;
}

static ssize_t push(gnutls_transport_ptr_t who, const void *p, size_t n)
{
	struct tls *t = who;

	if (!t->stuck)
		str_add(&t->out, (struct view){ p, n });
	return (ssize_t)n;
}

/*
 * An answer to our first words that is no record of type alert or handshake
 * (RFC 8446, 5.1) is plain SMTP, or no mail server at all.
 */
static bool first_is_tls(struct tls *t)
{
	struct view said = { t->in, t->in_end };
	CLEAN(str) struct str shown = STR_INIT;
	const char *nl;

	if (t->heard || t->in[0] == 0x15 || t->in[0] == 0x16)
		return true;
	nl = memchr(said.p, '\n', said.n);
	said.n = nl ? (size_t)(nl - said.p) : said.n;
	str_add_printable(&shown,
			  view_trim(view_part(said, 0, TLS_PLAIN_SHOWN)));
	if (t->config->after_starttls)
		return err_set(&t->err, ERR_TLS,
			       "the server went on in plain text after "
			       "STARTTLS: %s",
			       str_chars(&shown));
	if (!ascii_is_digit(t->in[0])) {
		err_set(&t->err, ERR_TLS,
			"the server does not speak TLS here: it says '%s'",
			str_chars(&shown));
		return err_hint(&t->err, "check host and port");
	}
	err_set(&t->err, ERR_TLS,
		"this port speaks plain SMTP, not TLS: it says '%s'",
		str_chars(&shown));
	return err_hint(&t->err, "set tls_starttls on");
}

/*
 * The change_cipher_spec that RFC 8446, D.4 has only for middleboxes: nobody
 * answers it, so it waits for the rest of the flight.
 */
static bool is_only_for_looks(const struct str *out)
{
	static const char record[] = { 0x14, 3, 3, 0, 1, 1 };

	return view_equal(str_view(out),
			  (struct view){ record, sizeof(record) });
}

/*
 * A deadline that has passed still takes what is there, as that of a plain
 * stream does; but only once, or drops that keep coming would put it off.
 */
static bool refill(struct tls *t)
{
	size_t got;

	if (!is_only_for_looks(&t->out) && !flush(t, t->deadline_ms, &t->err))
		return false;
	if (t->waited && clock_poll_ms(t->deadline_ms) == 0)
		return err_set(&t->err, ERR_NETWORK, "timed out");
	t->waited = true;
	if (!t->lower.ops->read(t->lower.self, t->in, sizeof(t->in),
				t->deadline_ms, &got, &t->err))
		return false;
	t->in_start = 0;
	t->in_end = got;
	t->ended = got == 0;
	if (got > 0 && !first_is_tls(t))
		return false;
	t->heard = t->heard || got > 0;
	return true;
}

static ssize_t pull(gnutls_transport_ptr_t who, void *p, size_t n)
{
	struct tls *t = who;

	if (t->in_start == t->in_end && !t->ended && !refill(t)) {
		/* Not fatal to GnuTLS: a late answer may still be read. */
		gnutls->transport_set_errno(t->session, EAGAIN);
		return -1;
	}
	if (n > t->in_end - t->in_start)
		n = t->in_end - t->in_start;
	memcpy(p, t->in + t->in_start, n);
	t->in_start += n;
	return (ssize_t)n;
}

/* pull keeps the time itself. */
static int pull_timeout(gnutls_transport_ptr_t who, unsigned int ms)
{
	(void)who;
	(void)ms;
	return 1;
}

/*
 * In TLS 1.3 the server asks for our certificate before it shows its own, and
 * GnuTLS holds on to what it chose: that can no longer be taken back.
 */
static bool would_show_ours(const struct tls *t)
{
	return t->config->key_file &&
	       gnutls->certificate_client_get_request_status(t->session) != 0;
}

static int judge(gnutls_session_t session)
{
	struct tls *t = gnutls->session_get_ptr(session);

	if (trust_check(session, t->config, &t->err))
		return 0;
	if (!t->config->inspect || would_show_ours(t))
		return -1;
	t->fault = t->err;
	t->err = ERR_INIT;
	gnutls->certificate_free_keys(t->credentials);
	return 0;
}

/* --- what went wrong ------------------------------------------------------ */

static const struct {
	gnutls_alert_description_t alert;
	const char *hint;
} alerts[] = {
	{ GNUTLS_A_PROTOCOL_VERSION,
	  "the server wants another version of TLS; see tls_min_version and "
	  "tls_priorities" },
	{ GNUTLS_A_HANDSHAKE_FAILURE,
	  "nothing in common, or a client certificate is missing; see "
	  "tls_min_version, tls_priorities, tls_key_file and tls_cert_file" },
	{ GNUTLS_A_CERTIFICATE_REQUIRED, "set tls_key_file and tls_cert_file" },
	{ GNUTLS_A_UNRECOGNIZED_NAME,
	  "the server does not know the name that host or tls_host_override "
	  "has" },
	{ GNUTLS_A_UNKNOWN_CA,
	  "the server does not know the issuer of tls_cert_file" },
	{ GNUTLS_A_BAD_CERTIFICATE, "the server refuses tls_cert_file" },
	{ GNUTLS_A_CERTIFICATE_EXPIRED, "renew tls_cert_file" },
};

static bool refused_by_alert(const struct tls *t, struct err *e)
{
	gnutls_alert_description_t alert = gnutls->alert_get(t->session);
	const char *name = gnutls->alert_get_name(alert);

	err_set(e, ERR_TLS, "the server ended TLS: %s",
		name ? name : "unknown alert");
	for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
		if (alerts[i].alert == alert)
			return err_hint(e, "%s", alerts[i].hint);
	return false;
}

static bool fail(struct tls *t, int rc, struct err *e)
{
	if (t->err.kind != ERR_NONE) {
		*e = t->err;
		return false;
	}
	t->broken = true;
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return refused_by_alert(t, e);
	if (t->ended)
		return err_set(e, ERR_NETWORK, "the server hung up");
	switch (rc) {
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
		err_set(e, ERR_TLS,
			"the server speaks no version of TLS that "
			"is still safe");
		return err_hint(e, "see tls_min_version and tls_priorities");
	case GNUTLS_E_DH_PRIME_UNACCEPTABLE:
		err_set(e, ERR_TLS,
			"the server's Diffie-Hellman prime is too short");
		return err_hint(e, "tls_min_dh_prime_bits sets the least");
	default:
		return err_set(e, ERR_TLS, "TLS failed: %s",
			       gnutls->strerror(rc));
	}
}

/* True where the same call is to be made again. */
static bool repeat(struct tls *t, ssize_t rc, int *times)
{
	if (rc == GNUTLS_E_REHANDSHAKE)
		(void)gnutls->alert_send(t->session, GNUTLS_AL_WARNING,
					 GNUTLS_A_NO_RENEGOTIATION);
	return t->err.kind == ERR_NONE && !gnutls->error_is_fatal((int)rc) &&
	       ++*times < TLS_REPEATS_MAX;
}

/* --- the stream ----------------------------------------------------------- */

static bool begin(struct tls *t, int64_t deadline_ms, struct err *e)
{
	t->deadline_ms = deadline_ms;
	t->waited = false;
	t->err = ERR_INIT;
	return !t->broken ||
	       err_set(e, ERR_NETWORK, "the connection is broken");
}

static bool tls_read(void *self, char *buf, size_t n, int64_t deadline_ms,
		     size_t *got, struct err *e)
{
	struct tls *t = self;
	int times = 0;
	ssize_t rc;

	if (!begin(t, deadline_ms, e))
		return false;
	do {
		rc = gnutls->record_recv(t->session, buf, n);
	} while (rc < 0 && repeat(t, rc, &times));
	if (rc < 0)
		return fail(t, (int)rc, e);
	*got = (size_t)rc;
	return true;
}

static bool tls_write(void *self, const char *buf, size_t n,
		      int64_t deadline_ms, struct err *e)
{
	struct tls *t = self;
	int times = 0;

	if (!begin(t, deadline_ms, e))
		return false;
	if (t->stuck)
		return err_set(e, ERR_NETWORK, "the connection is broken");
	while (n > 0) {
		ssize_t rc = gnutls->record_send(t->session, buf, n);

		if (rc < 0 && repeat(t, rc, &times))
			continue;
		if (rc < 0)
			return fail(t, (int)rc, e);
		buf += rc;
		n -= (size_t)rc;
		if (t->out.len >= TLS_OUT_MAX && !flush(t, deadline_ms, e))
			return false;
	}
	return flush(t, deadline_ms, e);
}

/* All but the lower stream. */
static void release(struct tls *t)
{
	gnutls->deinit(t->session);
	if (t->credentials)
		gnutls->certificate_free_credentials(t->credentials);
	str_free(&t->out);
	free(t);
}

static void tls_close(void *self)
{
	struct tls *t = self;
	struct err ignored;

	if (!t->broken && !t->stuck) {
		(void)gnutls->bye(t->session, GNUTLS_SHUT_WR);
		(void)flush(t, clock_now_ms(), &ignored);
	}
	t->lower.ops->close(t->lower.self);
	release(t);
}

static const struct stream_ops tls_ops = { "tls", tls_read, tls_write,
					   tls_close };

/* --- the handshake -------------------------------------------------------- */

static void add_binding(const struct tls *t, gnutls_channel_binding_t type,
			struct str *out)
{
	gnutls_datum_t d;

	if (gnutls->session_channel_binding(t->session, type, &d) < 0)
		return;
	str_add(out, (struct view){ (char *)d.data, d.size });
	(*gnutls->free)(d.data);
}

static void tell(const struct tls *t, struct tls_info *info)
{
	gnutls_protocol_t version = gnutls->protocol_get_version(t->session);
	char *description = gnutls->session_get_desc(t->session);
	const char *name = gnutls->protocol_get_name(version);

	tls_info_free(info);
	str_adds(&info->version, name ? name : "TLS");
	str_adds(&info->description, description ? description : "");
	(*gnutls->free)(description);
	trust_describe(t->session, &info->certificate);
	info->fault = t->fault;
	if (version == GNUTLS_TLS1_3)
		add_binding(t, GNUTLS_CB_TLS_EXPORTER, &info->exporter);
	else if (version == GNUTLS_TLS1_2 &&
		 (gnutls->session_get_flags(t->session) &
		  GNUTLS_SFLAGS_EXT_MASTER_SECRET) != 0)
		add_binding(t, GNUTLS_CB_TLS_UNIQUE, &info->unique);
}

static void connect_callbacks(struct tls *t)
{
	gnutls->session_set_ptr(t->session, t);
	gnutls->transport_set_ptr(t->session, t);
	gnutls->transport_set_push_function(t->session, push);
	gnutls->transport_set_pull_function(t->session, pull);
	gnutls->transport_set_pull_timeout_function(t->session, pull_timeout);
	gnutls->handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls->session_set_verify_function(t->session, judge);
}

/* Server name indication has no literals (RFC 6066, 3). */
static int set_name(struct tls *t)
{
	const char *host = t->config->host;

	if (!host || !*host || tcp_is_literal(host))
		return 0;
	return gnutls->server_name_set(t->session, GNUTLS_NAME_DNS, host,
				       strlen(host));
}

static bool prepare(struct tls *t, struct err *e)
{
	int rc = gnutls->init(&t->session, GNUTLS_CLIENT | GNUTLS_NO_TICKETS);

	if (rc < 0)
		return err_set(e, ERR_SYSTEM, "cannot set up TLS: %s",
			       gnutls->strerror(rc));
	if (!tls_setup_priorities(t->session, t->config, e) ||
	    !tls_setup_credentials(&t->pin, &t->credentials, e))
		return false;
	connect_callbacks(t);
	rc = gnutls->credentials_set(t->session, GNUTLS_CRD_CERTIFICATE,
				     t->credentials);
	if (rc >= 0)
		rc = set_name(t);
	return rc >= 0 || err_set(e, ERR_CONFIG, "cannot set up TLS for %s: %s",
				  t->config->host, gnutls->strerror(rc));
}

/* Tell the server why, if that can leave at once. */
static void send_alert(struct tls *t, int rc)
{
	struct err ignored;

	if (!t->heard || t->ended || t->stuck || !gnutls->error_is_fatal(rc) ||
	    rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return;
	(void)gnutls->alert_send_appropriate(t->session, rc);
	(void)flush(t, clock_now_ms(), &ignored);
}

static bool shake(struct tls *t, struct err *e)
{
	int rc, times = 0;

	do {
		rc = gnutls->handshake(t->session);
	} while (rc < 0 && repeat(t, rc, &times));
	if (rc >= 0)
		return true;
	send_alert(t, rc);
	fail(t, rc, e);
	if (e->kind == ERR_NETWORK)
		err_context(e, "TLS handshake");
	return false;
}

/* A name may end with a dot; certificates and RFC 6066 have none. */
static char *without_dot(const char *host)
{
	size_t n = host ? strlen(host) : 0;

	if (n > 0 && host[n - 1] == '.')
		n--;
	return host ? mem_copy_n(host, n) : NULL;
}

bool tls_start(struct stream lower, const struct tls_config *c,
	       int64_t deadline_ms, struct stream *out, struct tls_info *info,
	       struct err *e)
{
	CLEAN(mem_string) char *host = without_dot(c->host);
	struct tls_config config = *c;
	struct tls *t;

	if (!tls_library_load(e))
		return false;
	t = mem_zero(1, sizeof(*t));
	config.host = host;
	t->config = &config;
	t->pin = (struct tls_pin){ &config, &t->err };
	t->lower = lower;
	t->deadline_ms = deadline_ms;
	if (!prepare(t, e) || !shake(t, e)) {
		release(t);
		return false;
	}
	if (info)
		tell(t, info);
	t->config = NULL;
	gnutls->certificate_set_pin_function(t->credentials, NULL, NULL);
	*out = (struct stream){ &tls_ops, t };
	return true;
}

const char *tls_library_version(void)
{
	struct err ignored = ERR_INIT;

	return tls_library_load(&ignored) ? gnutls->check_version(NULL)
					  : "missing";
}
