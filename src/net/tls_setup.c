#include "config.h"

#include "net/tls_setup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "net/pin.h"
#include "net/tls_library.h"

#define KEY_FILE_MAX ((size_t)1 << 20)

/*
 * What no connection uses unless tls_priorities says so: old versions (RFC
 * 8996), and keys of less than 112 bits of security, RSA's of 1024 bits among
 * them (RFC 9325, 4.5).
 */
#define OLD_VERSIONS "-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1"
#define SAFE_KEYS ":%PROFILE_MEDIUM"
static const char *const without[] = {
	[TLS_1_2] = OLD_VERSIONS SAFE_KEYS,
	[TLS_1_3] = OLD_VERSIONS ":-VERS-TLS1.2" SAFE_KEYS,
};

static bool bad_priorities(const struct tls_config *c, const char *where,
			   int rc, struct err *e)
{
	if (rc == GNUTLS_E_INVALID_REQUEST && where && *where)
		err_set(e, ERR_CONFIG, "tls_priorities: not understood at '%s'",
			where);
	else
		err_set(e, ERR_CONFIG, "tls_priorities '%s': %s",
			c->priorities ? c->priorities : "",
			gnutls->strerror(rc));
	return err_hint(e, "leave tls_priorities out unless the server needs "
			   "it");
}

static const struct {
	int bits;
	const char *without;
} groups[] = {
	{ 2048, ":-GROUP-FFDHE2048" }, { 3072, ":-GROUP-FFDHE3072" },
	{ 4096, ":-GROUP-FFDHE4096" }, { 6144, ":-GROUP-FFDHE6144" },
	{ 8192, ":-GROUP-FFDHE8192" },
};

/* The well-known groups (RFC 7919) are offered by name, and GnuTLS measures
 * only the primes that a server makes up. */
static void leave_out_groups(const struct tls_config *c, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (groups[i].bits < c->min_dh_prime_bits)
			str_adds(out, groups[i].without);
}

bool tls_setup_priorities(gnutls_session_t session, const struct tls_config *c,
			  struct err *e)
{
	CLEAN(str) struct str own = STR_INIT;
	const char *where = NULL;
	int rc;

	/* Whoever asks for the newest version gets no other by the way. */
	str_adds(&own, c->priorities ? c->priorities : without[c->min_version]);
	if (c->priorities && c->min_version == TLS_1_3)
		str_adds(&own, ":" OLD_VERSIONS ":-VERS-TLS1.2");
	leave_out_groups(c, &own);
	if (c->priorities)
		rc = gnutls->priority_set_direct(session, own.s, &where);
	else
		rc = gnutls->set_default_priority_append(session, own.s, &where,
							 0);
	if (rc < 0)
		return bad_priorities(c, where, rc, e);
	if (c->min_dh_prime_bits > 0)
		gnutls->dh_set_prime_bits(session,
					  (unsigned int)c->min_dh_prime_bits);
	return true;
}

/*
 * GnuTLS asks for the PIN of a token, or for what a file is encrypted with.  A
 * wrong one is not given again: three times would lock the token.
 */
/* NOLINTNEXTLINE(readability-function-size): as GnuTLS wants it. */
static int give_pin(void *who, int attempt, const char *token_url,
		    const char *token_label, unsigned int flags, char *pin,
		    size_t pin_max)
{
	const struct tls_pin *p = who;
	const unsigned int trouble = GNUTLS_PIN_WRONG | GNUTLS_PIN_FINAL_TRY;
	CLEAN(secret) struct secret known = SECRET_INIT;

	(void)token_url;
	(void)token_label;
	if (attempt > 0 || (flags & trouble) != 0 || !p->config->pin ||
	    !p->config->pin(p->config->pin_who, &known, p->err) ||
	    known.n >= pin_max)
		return -1;
	memcpy(pin, known.p, known.n + 1);
	return 0;
}

static bool is_url(const char *path)
{
	struct err ignored = ERR_INIT;

	return strchr(path, ':') && tls_library_load(&ignored) &&
	       gnutls->url_is_supported(path) != 0;
}

static bool read_config_file(const char *keyword, const char *path,
			     struct secret *out, struct err *e)
{
	struct stat st;

	if (file_read(path, KEY_FILE_MAX, out, &st, e))
		return true;
	err_context(e, "%s", keyword);
	e->kind = ERR_CONFIG;
	return false;
}

static int set_files(gnutls_certificate_credentials_t credentials,
		     const struct secret *cert, const struct secret *key)
{
	const gnutls_datum_t c = { (unsigned char *)cert->p,
				   (unsigned int)cert->n };
	const gnutls_datum_t k = { (unsigned char *)key->p,
				   (unsigned int)key->n };

	return gnutls->certificate_set_x509_key_mem2(
		credentials, &c, &k, GNUTLS_X509_FMT_PEM, NULL, 0);
}

static const struct {
	int rc;
	const char *hint;
} key_hints[] = {
	{ GNUTLS_E_PKCS11_PIN_ERROR,
	  "the PIN is the password of the account, wherever that comes from" },
	{ GNUTLS_E_PKCS11_PIN_LOCKED,
	  "too many wrong PINs were given; pkcs11-tool can unlock it" },
	{ GNUTLS_E_DECRYPTION_FAILED,
	  "the file is encrypted with another password than the account's" },
	{ GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE,
	  "p11tool --list-all-certs shows what there is" },
};

static bool unusable_key(const struct tls_pin *pin, int rc, struct err *e)
{
	const struct tls_config *c = pin->config;

	if (pin->err->kind != ERR_NONE) {
		*e = *pin->err;
		return err_context(e, "tls_key_file '%s'", c->key_file);
	}
	err_set(e, ERR_CONFIG,
		"tls_key_file '%s' and tls_cert_file '%s' cannot be used: %s",
		c->key_file, c->cert_file, gnutls->strerror(rc));
	for (size_t i = 0; i < ARRAY_LEN(key_hints); i++)
		if (key_hints[i].rc == rc)
			return err_hint(e, "%s", key_hints[i].hint);
	return false;
}

static bool load_key(const struct tls_pin *pin,
		     gnutls_certificate_credentials_t credentials,
		     struct err *e)
{
	const struct tls_config *c = pin->config;
	CLEAN(secret) struct secret cert = SECRET_INIT;
	CLEAN(secret) struct secret key = SECRET_INIT;
	int rc;

	if (is_url(c->cert_file) || is_url(c->key_file)) {
		rc = gnutls->certificate_set_x509_key_file2(
			credentials, c->cert_file, c->key_file,
			GNUTLS_X509_FMT_PEM, NULL, 0);
	} else {
		if (!read_config_file("tls_cert_file", c->cert_file, &cert,
				      e) ||
		    !read_config_file("tls_key_file", c->key_file, &key, e))
			return false;
		rc = set_files(credentials, &cert, &key);
	}
	return rc >= 0 || unusable_key(pin, rc, e);
}

bool tls_setup_credentials(struct tls_pin *pin,
			   gnutls_certificate_credentials_t *out, struct err *e)
{
	const struct tls_config *c = pin->config;
	int rc = gnutls->certificate_allocate_credentials(out);

	if (rc < 0)
		return err_set(e, ERR_SYSTEM, "cannot set up TLS: %s",
			       gnutls->strerror(rc));
	gnutls->certificate_set_pin_function(*out, give_pin, pin);
	if (!c->key_file || !c->cert_file || load_key(pin, *out, e))
		return true;
	gnutls->certificate_free_credentials(*out);
	*out = NULL;
	return false;
}

/* --- before a connection is made ------------------------------------------ */

static bool check_file(const char *keyword, const char *path, struct err *e)
{
	int fd;

	if (!path || is_url(path))
		return true;
	if (file_open(path, &fd, e)) {
		close(fd);
		return true;
	}
	err_context(e, "%s", keyword);
	e->kind = ERR_CONFIG;
	return false;
}

static bool check_files(const struct tls_config *c, struct err *e)
{
	bool is_file = c->trust_file && strcmp(c->trust_file, "system") != 0;

	if (!c->key_file != !c->cert_file)
		return err_set(e, ERR_CONFIG,
			       "tls_key_file and tls_cert_file go together; "
			       "only one is set");
	return check_file("tls_trust_file", is_file ? c->trust_file : NULL,
			  e) &&
	       check_file("tls_crl_file", c->crl_file, e) &&
	       check_file("tls_key_file", c->key_file, e) &&
	       check_file("tls_cert_file", c->cert_file, e);
}

static bool check_trust(const struct tls_config *c, struct err *e)
{
	CLEAN(str) struct str ignored = STR_INIT;

	if (c->fingerprint &&
	    !pin_parse_fingerprint(c->fingerprint, &ignored, e))
		return false;
	if (c->pins && !pin_check(c->pins, e))
		return false;
	if (c->crl_file && !c->trust_file)
		return err_set(e, ERR_CONFIG,
			       "tls_crl_file has no use without "
			       "tls_trust_file");
	if (!c->check || c->fingerprint || c->trust_file)
		return true;
	err_set(e, ERR_CONFIG,
		"no certificate can be trusted: tls_trust_file "
		"is empty");
	return err_hint(e, "set tls_trust_file to system, or tls_fingerprint");
}

static bool check_priorities(const struct tls_config *c, struct err *e)
{
	gnutls_session_t session;
	bool ok;

	if (!c->priorities)
		return true;
	if (!tls_library_load(e))
		return false;
	if (gnutls->init(&session, GNUTLS_CLIENT) < 0)
		return err_set(e, ERR_SYSTEM, "cannot set up TLS");
	ok = tls_setup_priorities(session, c, e);
	gnutls->deinit(session);
	return ok;
}

static bool check_key(const struct tls_config *c, struct err *e)
{
	gnutls_certificate_credentials_t credentials;
	struct err trouble = ERR_INIT;
	struct tls_pin pin = { c, &trouble };

	if (!c->key_file || !c->cert_file)
		return true;
	if (!tls_library_load(e))
		return false;
	if (!tls_setup_credentials(&pin, &credentials, e))
		return false;
	gnutls->certificate_free_credentials(credentials);
	return true;
}

bool tls_config_check(const struct tls_config *c, struct err *e)
{
	return check_files(c, e) && check_trust(c, e) &&
	       check_priorities(c, e) && check_key(c, e);
}
