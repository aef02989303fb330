#include "config.h"

#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/tcp.h"

#define DAY 86400

static time_t days_away(int days)
{
	return time(NULL) + (time_t)days * DAY;
}

static void set_names(gnutls_x509_crt_t crt, const struct identity_spec *spec)
{
	const char *cn = spec->cn;

	assert_int_equal(
		gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME,
					      0, cn, (unsigned)strlen(cn)),
		0);
	for (size_t i = 0; i < IDENTITY_NAMES_MAX && spec->dns[i]; i++)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
					 crt, GNUTLS_SAN_DNSNAME, spec->dns[i],
					 (unsigned)strlen(spec->dns[i]),
					 GNUTLS_FSAN_APPEND),
				 0);
	if (spec->ip)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
					 crt, GNUTLS_SAN_IPADDRESS, spec->ip, 4,
					 GNUTLS_FSAN_APPEND),
				 0);
}

static void set_must_staple(gnutls_x509_crt_t crt)
{
	gnutls_x509_tlsfeatures_t f;

	assert_int_equal(gnutls_x509_tlsfeatures_init(&f), 0);
	assert_int_equal(gnutls_x509_tlsfeatures_add(f, 5), 0);
	assert_int_equal(gnutls_x509_crt_set_tlsfeatures(crt, f), 0);
	gnutls_x509_tlsfeatures_deinit(f);
}

static void set_usage(gnutls_x509_crt_t crt, const struct identity_spec *spec)
{
	gnutls_x509_crt_set_ca_status(crt, spec->ca);
	gnutls_x509_crt_set_key_usage(
		crt, spec->ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
			      : GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (spec->client_only)
		gnutls_x509_crt_set_key_purpose_oid(
			crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
	if (spec->must_staple)
		set_must_staple(crt);
}

/* GnuTLS sorts a chain by what it noted when it read the certificates. */
static void read_again(struct identity *id)
{
	gnutls_x509_crt_t fresh;
	gnutls_datum_t d;

	assert_int_equal(
		gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_DER, &d), 0);
	gnutls_x509_crt_init(&fresh);
	assert_int_equal(gnutls_x509_crt_import(fresh, &d, GNUTLS_X509_FMT_DER),
			 0);
	gnutls_free(d.data);
	gnutls_x509_crt_deinit(id->crt);
	id->crt = fresh;
}

void identity_make(struct identity *id, const struct identity_spec *spec,
		   const struct identity *issuer)
{
	static unsigned char serial = 1;

	gnutls_x509_privkey_init(&id->key);
	assert_int_equal(
		gnutls_x509_privkey_generate(
			id->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	gnutls_x509_crt_init(&id->crt);
	gnutls_x509_crt_set_version(id->crt, 3);
	gnutls_x509_crt_set_serial(id->crt, &serial, 1);
	serial++;
	set_names(id->crt, spec);
	set_usage(id->crt, spec);
	gnutls_x509_crt_set_activation_time(id->crt,
					    days_away(spec->from_days));
	gnutls_x509_crt_set_expiration_time(id->crt,
					    days_away(spec->until_days));
	gnutls_x509_crt_set_key(id->crt, id->key);
	if (!issuer)
		issuer = id;
	assert_int_equal(
		gnutls_x509_crt_sign2(
			id->crt, issuer->crt, issuer->key,
			spec->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0),
		0);
	read_again(id);
}

void identity_free(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
}

static void add_datum(struct str *out, gnutls_datum_t *d)
{
	str_add(out, (struct view){ (char *)d->data, d->size });
	gnutls_free(d->data);
}

void identity_add_pem(const struct identity *id, struct str *out)
{
	gnutls_datum_t d;

	assert_int_equal(
		gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_PEM, &d), 0);
	add_datum(out, &d);
}

void identity_add_crl(const struct identity *issuer, const struct identity *id,
		      struct str *out)
{
	gnutls_x509_crl_t crl;
	gnutls_datum_t d;

	gnutls_x509_crl_init(&crl);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, days_away(-1));
	gnutls_x509_crl_set_next_update(crl, days_away(9));
	assert_int_equal(gnutls_x509_crl_set_crt(crl, id->crt, days_away(-1)),
			 0);
	assert_int_equal(gnutls_x509_crl_sign2(crl, issuer->crt, issuer->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &d),
			 0);
	add_datum(out, &d);
	gnutls_x509_crl_deinit(crl);
}

/* --- the server; no assertions in its thread ------------------------------ */

static void note_sni(struct peer_server *s, gnutls_session_t session)
{
	size_t n = sizeof(s->sni);
	unsigned int type;

	if (gnutls_server_name_get(session, s->sni, &n, &type, 0) < 0)
		s->sni[0] = '\0';
}

static void *serve(void *arg)
{
	struct peer_server *s = arg;
	gnutls_datum_t ticket_key = { NULL, 0 };
	gnutls_session_t session;

	gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(
		session, s->priorities ? s->priorities : "NORMAL", NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, s->credentials);
	gnutls_certificate_server_set_request(
		session,
		s->wants_cert ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
	if (s->tickets) {
		gnutls_session_ticket_key_generate(&ticket_key);
		gnutls_session_ticket_enable_server(session, &ticket_key);
	}
	gnutls_transport_set_int(session, s->fd);
	do {
		s->rc = gnutls_handshake(session);
	} while (s->rc < 0 && !gnutls_error_is_fatal(s->rc));
	if (s->rc < 0)
		gnutls_alert_send_appropriate(session, s->rc);
	note_sni(s, session);
	if (s->rc == 0 && s->talk)
		s->talk(s, session);
	else if (s->rc == 0)
		gnutls_bye(session, GNUTLS_SHUT_WR);
	gnutls_deinit(session);
	gnutls_free(ticket_key.data);
	close(s->fd);
	return NULL;
}

int peer_server_start(struct peer_server *s)
{
	gnutls_x509_crt_t chain[PEER_CHAIN_MAX];
	int n = 0, pair[2];

	assert_int_equal(
		gnutls_certificate_allocate_credentials(&s->credentials), 0);
	do {
		chain[n] = s->chain[n]->crt;
	} while (++n < PEER_CHAIN_MAX && s->chain[n]);
	assert_int_equal(gnutls_certificate_set_x509_key(s->credentials, chain,
							 n, s->chain[0]->key),
			 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	s->fd = pair[1];
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return pair[0];
}

void peer_server_join(struct peer_server *s)
{
	pthread_join(s->thread, NULL);
	gnutls_certificate_free_credentials(s->credentials);
}

void peer_server_free(struct peer_server *s)
{
	str_free(&s->heard);
}

void peer_server_hear(struct peer_server *s, gnutls_session_t session, size_t n)
{
	char buf[16384];

	while (s->heard.len < n) {
		ssize_t got = gnutls_record_recv(session, buf, sizeof(buf));

		if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
			continue;
		if (got <= 0)
			return;
		str_add(&s->heard, (struct view){ buf, (size_t)got });
	}
}

/* --- the client's side ---------------------------------------------------- */

static bool counted_read(void *self, char *buf, size_t n, int64_t by,
			 size_t *got, struct err *e)
{
	struct counted *c = self;

	return c->lower.ops->read(c->lower.self, buf, n, by, got, e);
}

static bool counted_write(void *self, const char *buf, size_t n, int64_t by,
			  struct err *e)
{
	struct counted *c = self;

	c->writes++;
	str_add(&c->sent, (struct view){ buf, n });
	return c->lower.ops->write(c->lower.self, buf, n, by, e);
}

static void counted_close(void *self)
{
	struct counted *c = self;

	c->lower.ops->close(c->lower.self);
	c->closed = true;
}

static const struct stream_ops counted_ops = { "counted", counted_read,
					       counted_write, counted_close };

struct stream counted_stream(struct counted *c, int fd)
{
	*c = (struct counted){ .lower = tcp_stream(fd) };
	return (struct stream){ &counted_ops, c };
}

void write_temporary(char *path, const struct str *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, str_chars(text), text->len), text->len);
	close(fd);
}

/* --- one session --------------------------------------------------------- */

struct identity leaf;

int leaf_make(void **state)
{
	const struct identity_spec spec = {
		.cn = "leaf", .dns = { HOST }, .from_days = -1, .until_days = 9
	};

	(void)state;
	identity_make(&leaf, &spec, NULL);
	return 0;
}

int leaf_free(void **state)
{
	(void)state;
	identity_free(&leaf);
	return 0;
}

int64_t in_ms(int64_t ms)
{
	return clock_now_ms() + ms;
}

bool meet(struct meeting *m)
{
	struct stream lower;

	m->server.chain[0] = &leaf;
	if (!m->config.host)
		m->config.host = HOST;
	lower = counted_stream(&m->lower, peer_server_start(&m->server));
	if (tls_start(lower, &m->config, in_ms(LONG_MS), &m->tls, &m->info,
		      &m->e))
		return true;
	lower.ops->close(lower.self);
	m->tls = (struct stream){ NULL, NULL };
	return false;
}

void part(struct meeting *m)
{
	if (m->tls.ops)
		m->tls.ops->close(m->tls.self);
	assert_true(m->lower.closed);
	peer_server_join(&m->server);
	tls_info_free(&m->info);
	str_free(&m->lower.sent);
}

bool say(struct meeting *m, const char *text)
{
	return m->tls.ops->write(m->tls.self, text, strlen(text),
				 in_ms(LONG_MS), &m->e);
}

bool hear(struct meeting *m, char *buf, size_t n, size_t *got)
{
	return m->tls.ops->read(m->tls.self, buf, n, in_ms(LONG_MS), got,
				&m->e);
}
