#include "config.h"

#include "net/trust.h"

#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/chain.h"
#include "net/pin.h"
#include "net/tls_library.h"
#include "net/trust_words.h"

/* Larger trust files and lists of revocations are not read. */
#define TRUST_FILE_MAX ((size_t)64 << 20)

/* Where systems keep the bundle that GnuTLS was built to use. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static gnutls_datum_t datum_of(char *p, size_t n)
{
	return (gnutls_datum_t){ .data = (unsigned char *)p,
				 .size = (unsigned int)n };
}

static struct view view_of_datum(const gnutls_datum_t *d)
{
	return (struct view){ (const char *)d->data, d->size };
}

static bool read_file(const char *keyword, const char *path, struct secret *out,
		      struct err *e)
{
	struct stat st;

	if (file_read(path, TRUST_FILE_MAX, out, &st, e))
		return true;
	err_context(e, "%s", keyword);
	e->kind = ERR_CONFIG;
	return false;
}

/* Add what pem has for this chain; gives how many certificates it has. */
static size_t add_wanted(gnutls_x509_trust_list_t list, const struct peer *peer,
			 struct view pem)
{
	CLEAN(chain) struct chain chain = CHAIN_INIT;
	size_t seen;

	for (size_t i = 0; i < peer->n; i++)
		chain_want(&chain, view_of_datum(&peer->der[i]));
	seen = chain_collect(&chain, pem);
	for (size_t i = 0; i < chain.certs; i++) {
		gnutls_datum_t d = datum_of(chain.cert[i].s, chain.cert[i].len);

		/* One that GnuTLS cannot read is not trusted; that is all. */
		(void)gnutls->x509_trust_list_add_trust_mem(
			list, &d, NULL, GNUTLS_X509_FMT_DER, 0, 0);
	}
	return seen;
}

static bool add_trust_file(gnutls_x509_trust_list_t list,
			   const struct peer *peer, const char *path,
			   struct err *e)
{
	CLEAN(secret) struct secret pem = SECRET_INIT;

	if (!read_file("tls_trust_file", path, &pem, e))
		return false;
	if (add_wanted(list, peer, secret_view(&pem)) > 0)
		return true;
	return err_set(e, ERR_CONFIG,
		       "tls_trust_file: '%s' has no certificate in PEM", path);
}

static bool add_system_trust(gnutls_x509_trust_list_t list,
			     const struct peer *peer, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(bundles); i++) {
		struct err ignored;

		if (add_trust_file(list, peer, bundles[i], &ignored))
			return true;
	}
	if (gnutls->x509_trust_list_add_system_trust(list, 0, 0) > 0)
		return true;
	err_set(e, ERR_CONFIG, "this system has no trusted certificates");
	return err_hint(e, "install the package ca-certificates, or set "
			   "tls_trust_file to a file of your own");
}

static bool add_revocations(gnutls_x509_trust_list_t list, const char *path,
			    struct err *e)
{
	CLEAN(secret) struct secret pem = SECRET_INIT;
	gnutls_datum_t d;

	if (!path)
		return true;
	if (!read_file("tls_crl_file", path, &pem, e))
		return false;
	d = datum_of(pem.p, pem.n);
	if (gnutls->x509_trust_list_add_trust_mem(
		    list, NULL, &d, GNUTLS_X509_FMT_PEM, 0, 0) > 0)
		return true;
	return err_set(e, ERR_CONFIG,
		       "tls_crl_file: '%s' has no list of revocations in PEM",
		       path);
}

static bool fill(gnutls_x509_trust_list_t list, const struct peer *peer,
		 const struct tls_config *c, struct err *e)
{
	bool ok = true;

	if (c->trust_file && strcmp(c->trust_file, "system") == 0)
		ok = add_system_trust(list, peer, e);
	else if (c->trust_file)
		ok = add_trust_file(list, peer, c->trust_file, e);
	return ok && add_revocations(list, c->crl_file, e);
}

/* Make what c trusts the trust of the session's credentials. */
static bool load(gnutls_session_t session, const struct peer *peer,
		 const struct tls_config *c, struct err *e)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_trust_list_t list;
	int rc = gnutls->credentials_get(session, GNUTLS_CRD_CERTIFICATE,
					 (void **)&credentials);

	if (rc >= 0)
		rc = gnutls->x509_trust_list_init(&list, 0);
	if (rc < 0)
		return err_set(e, ERR_TLS,
			       "the certificate cannot be checked: %s",
			       gnutls->strerror(rc));
	if (!fill(list, peer, c, e)) {
		gnutls->x509_trust_list_deinit(list, 1);
		return false;
	}
	/* The credentials own the list from here on. */
	gnutls->certificate_set_trust_list(credentials, list, 0);
	return true;
}

static bool verify(gnutls_session_t session, const char *host,
		   unsigned int *status, struct err *e)
{
	char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	CLEAN(mem_string) char *name = mem_copy(host);
	gnutls_typed_vdata_st data[] = {
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID,
		  .data = (unsigned char *)purpose },
		{ .type = GNUTLS_DT_DNS_HOSTNAME,
		  .data = (unsigned char *)name },
	};
	int rc = gnutls->certificate_verify_peers(session, data,
						  ARRAY_LEN(data), status);

	if (rc >= 0)
		return true;
	return err_set(e, ERR_TLS, "the certificate cannot be checked: %s",
		       gnutls->strerror(rc));
}

static bool check_fingerprint(const struct peer *peer, const char *wanted,
			      struct err *e)
{
	CLEAN(str) struct str want = STR_INIT;
	CLEAN(str) struct str have = STR_INIT;
	gnutls_digest_algorithm_t hash;

	if (!pin_parse_fingerprint(wanted, &want, e))
		return false;
	hash = want.len == 32   ? GNUTLS_DIG_SHA256
	       : want.len == 20 ? GNUTLS_DIG_SHA1
				: GNUTLS_DIG_MD5;
	if (peer_add_digest(peer, hash, &have) &&
	    view_equal(str_view(&want), str_view(&have)))
		return true;
	str_truncate(&want, 0);
	pin_add_hex(&want, str_view(&have));
	err_set(e, ERR_TLS,
		"the server's certificate is not the one of "
		"tls_fingerprint: its %s fingerprint is %s",
		gnutls->digest_get_name(hash), str_chars(&want));
	return err_hint(e, "if you know that the server has a new certificate, "
			   "set tls_fingerprint to that");
}

static bool check_pins(const struct peer *peer, const struct list *pins,
		       struct str *faults, struct str *hint)
{
	CLEAN(str) struct str key = STR_INIT;

	if (!pins || pins->n == 0)
		return true;
	if (peer_add_key_id(peer, &key) && pin_matches(pins, str_view(&key)))
		return true;
	str_adds(faults, faults->len > 0 ? "; " : "");
	str_adds(faults, "its public key is ");
	pin_add(faults, str_view(&key));
	str_adds(faults, ", which tls_pin does not have");
	if (hint->len == 0)
		str_adds(hint, "if you know that the server has a new key, add "
			       "that to tls_pin");
	return false;
}

static bool not_believed(const struct tls_config *c, const struct str *faults,
			 const struct str *hint, struct err *e)
{
	err_set(e, ERR_TLS, "the certificate of '%s' is not believed: %s",
		c->host ? c->host : "the server", str_chars(faults));
	return err_hint(e, "%s", str_chars(hint));
}

static bool judge(gnutls_session_t session, const struct peer *peer,
		  const struct tls_config *c, struct err *e)
{
	CLEAN(str) struct str faults = STR_INIT;
	CLEAN(str) struct str hint = STR_INIT;
	unsigned int status = 0;
	bool pinned;

	/* It stands for the authorities and the name, not for the pins. */
	if (c->fingerprint && !check_fingerprint(peer, c->fingerprint, e))
		return false;
	if (c->fingerprint)
		return check_pins(peer, c->pins, &faults, &hint) ||
		       not_believed(c, &faults, &hint, e);
	if (!c->host)
		return err_set(e, ERR_CONFIG,
			       "there is no name to check the certificate "
			       "against: set host or tls_host_override");
	if (!load(session, peer, c, e) || !verify(session, c->host, &status, e))
		return false;
	trust_words(peer, c->host, status, &faults, &hint);
	pinned = check_pins(peer, c->pins, &faults, &hint);
	return (status == 0 && pinned) || not_believed(c, &faults, &hint, e);
}

bool trust_check(gnutls_session_t session, const struct tls_config *c,
		 struct err *e)
{
	CLEAN(peer) struct peer peer = { .n = 0 };

	if (!c->check)
		return true;
	if (!peer_read(&peer, session))
		return err_set(e, ERR_TLS,
			       "the server presented no certificate that can "
			       "be read");
	return judge(session, &peer, c, e);
}

void trust_describe(gnutls_session_t session, struct tls_certificate *out)
{
	CLEAN(peer) struct peer peer = { .n = 0 };

	if (peer_read(&peer, session))
		peer_describe(&peer, out);
}
