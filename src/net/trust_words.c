#include "config.h"

#include "net/trust_words.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "net/pin.h"
#include "net/tls_library.h"

/* Of so many names of a certificate people are told. */
#define NAMES_SHOWN_MAX 8
#define NAME_MAX_LEN 256
#define DIGEST_MAX 64

void peer_free(struct peer *p)
{
	for (size_t i = 0; i < p->n; i++)
		gnutls->x509_crt_deinit(p->cert[i]);
	p->n = 0;
}

bool peer_read(struct peer *p, gnutls_session_t session)
{
	unsigned int count = 0;

	p->n = 0;
	if (gnutls->certificate_type_get2(session, GNUTLS_CTYPE_SERVER) !=
	    GNUTLS_CRT_X509)
		return false;
	p->der = gnutls->certificate_get_peers(session, &count);
	for (; p->der && p->n < count && p->n < PEER_CERTS_MAX; p->n++) {
		gnutls_x509_crt_t *crt = &p->cert[p->n];

		if (gnutls->x509_crt_init(crt) < 0)
			return false;
		if (gnutls->x509_crt_import(*crt, &p->der[p->n],
					    GNUTLS_X509_FMT_DER) < 0) {
			gnutls->x509_crt_deinit(*crt);
			return false;
		}
	}
	return p->n > 0;
}

bool peer_add_digest(const struct peer *p, gnutls_digest_algorithm_t hash,
		     struct str *out)
{
	char digest[DIGEST_MAX];
	size_t n = sizeof(digest);

	if (gnutls->fingerprint(hash, &p->der[0], digest, &n) < 0)
		return false;
	str_add(out, (struct view){ digest, n });
	return true;
}

bool peer_add_key_id(const struct peer *p, struct str *out)
{
	unsigned char id[DIGEST_MAX];
	size_t n = sizeof(id);

	if (gnutls->x509_crt_get_key_id(p->cert[0], GNUTLS_KEYID_USE_SHA256, id,
					&n) < 0)
		return false;
	str_add(out, (struct view){ (const char *)id, n });
	return true;
}

static void add_time(struct str *out, time_t t)
{
	char text[64] = "?";
	struct tm tm;

	if (t != (time_t)-1 && gmtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		text[0] = '\0';
	str_adds(out, text);
}

typedef int get_dn_fn(gnutls_x509_crt_t cert, gnutls_datum_t *dn,
		      unsigned int flags);

static void add_dn(struct str *out, gnutls_x509_crt_t cert, get_dn_fn *get)
{
	gnutls_datum_t dn;

	if (get(cert, &dn, 0) < 0) {
		str_adds(out, "?");
		return;
	}
	str_add_printable(out, (struct view){ (char *)dn.data, dn.size });
	(*gnutls->free)(dn.data);
}

static void add_address(struct str *out, const char *bytes, size_t n)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (n == 4)
		(void)inet_ntop(AF_INET, bytes, text, sizeof(text));
	else if (n == 16)
		(void)inet_ntop(AF_INET6, bytes, text, sizeof(text));
	str_adds(out, text);
}

/* The seq-th alternative name of a host; false where there are no more. */
static bool add_alt_name(struct str *out, gnutls_x509_crt_t cert,
			 unsigned int seq)
{
	char name[NAME_MAX_LEN];
	size_t n = sizeof(name);
	int type = gnutls->x509_crt_get_subject_alt_name(cert, seq, name, &n,
							 NULL);

	if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return false;
	if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
		return true;
	str_adds(out, out->len > 0 ? ", " : "");
	if (type == GNUTLS_SAN_IPADDRESS)
		add_address(out, name, n);
	else
		str_add_printable(out, (struct view){ name, n });
	return true;
}

/* The names a certificate is for: RFC 9525 wants these; else its CN. */
static void add_names(struct str *out, gnutls_x509_crt_t cert)
{
	CLEAN(str) struct str names = STR_INIT;
	char cn[NAME_MAX_LEN];
	size_t n = sizeof(cn);

	for (unsigned int i = 0; i < NAMES_SHOWN_MAX; i++)
		if (!add_alt_name(&names, cert, i))
			break;
	if (names.len == 0 &&
	    gnutls->x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0,
					   0, cn, &n) >= 0)
		str_add_printable(&names, (struct view){ cn, n });
	str_adds(out, names.len > 0 ? names.s : "no name at all");
}

static void add_hex_digest(const struct peer *p, gnutls_digest_algorithm_t hash,
			   struct str *out)
{
	CLEAN(str) struct str digest = STR_INIT;

	if (peer_add_digest(p, hash, &digest))
		pin_add_hex(out, str_view(&digest));
}

void peer_describe(const struct peer *p, struct tls_certificate *out)
{
	gnutls_x509_crt_t leaf = p->cert[0];
	CLEAN(str) struct str key = STR_INIT;

	add_dn(&out->subject, leaf, gnutls->x509_crt_get_dn3);
	add_dn(&out->issuer, leaf, gnutls->x509_crt_get_issuer_dn3);
	add_names(&out->names, leaf);
	add_time(&out->from, gnutls->x509_crt_get_activation_time(leaf));
	add_time(&out->until, gnutls->x509_crt_get_expiration_time(leaf));
	add_hex_digest(p, GNUTLS_DIG_SHA256, &out->sha256);
	add_hex_digest(p, GNUTLS_DIG_SHA1, &out->sha1);
	if (peer_add_key_id(p, &key))
		pin_add(&out->pin, str_view(&key));
}

/* --- what is wrong, in words ------------------------------------------------
 */

/* "it", or the one in the chain that is meant. */
static void add_which(struct str *out, const struct peer *p, size_t i)
{
	if (i == 0) {
		str_adds(out, "it");
		return;
	}
	str_adds(out, "the certificate of its issuer '");
	add_dn(out, p->cert[i], gnutls->x509_crt_get_dn3);
	str_addc(out, '\'');
}

static void say_expired(const struct peer *p, const char *host, struct str *out)
{
	time_t now = time(NULL);

	(void)host;
	for (size_t i = 0; i < p->n; i++) {
		time_t end = gnutls->x509_crt_get_expiration_time(p->cert[i]);

		if (end >= now)
			continue;
		add_which(out, p, i);
		str_adds(out, " expired on ");
		add_time(out, end);
		return;
	}
	str_adds(out, "a trusted certificate behind it has expired");
}

static void say_not_yet(const struct peer *p, const char *host, struct str *out)
{
	time_t now = time(NULL);

	(void)host;
	for (size_t i = 0; i < p->n; i++) {
		time_t start = gnutls->x509_crt_get_activation_time(p->cert[i]);

		if (start <= now)
			continue;
		add_which(out, p, i);
		str_adds(out, " is not valid before ");
		add_time(out, start);
		return;
	}
	str_adds(out, "a trusted certificate behind it is not yet valid");
}

static void say_owner(const struct peer *p, const char *host, struct str *out)
{
	str_adds(out, "it is for ");
	add_names(out, p->cert[0]);
	str_addf(out, ", not for %s", host);
}

/* The last of the presented chain, from where the issuer is not known. */
static gnutls_x509_crt_t top_of(const struct peer *p)
{
	size_t top = 0;

	for (size_t steps = 0; steps < p->n; steps++) {
		size_t i = 0;

		while (i < p->n &&
		       (i == top || !gnutls->x509_crt_check_issuer(p->cert[top],
								   p->cert[i])))
			i++;
		if (i == p->n)
			break;
		top = i;
	}
	return p->cert[top];
}

static bool is_self_issued(gnutls_x509_crt_t cert)
{
	return gnutls->x509_crt_check_issuer(cert, cert) != 0;
}

static void say_signer(const struct peer *p, const char *host, struct str *out)
{
	(void)host;
	if (is_self_issued(p->cert[0])) {
		str_adds(out, "it is self-signed");
		return;
	}
	str_adds(out, "its issuer '");
	add_dn(out, top_of(p), gnutls->x509_crt_get_issuer_dn3);
	str_adds(out, "' is not known here");
}

static void say_weak(const struct peer *p, const char *host, struct str *out)
{
	(void)host;
	for (size_t i = 0; i < p->n; i++) {
		gnutls_sign_algorithm_t how =
			(gnutls_sign_algorithm_t)gnutls
				->x509_crt_get_signature_algorithm(p->cert[i]);

		if (gnutls->sign_is_secure2(how,
					    GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS))
			continue;
		add_which(out, p, i);
		str_addf(out, " is signed with the weak algorithm %s",
			 gnutls->sign_get_name(how) ? gnutls->sign_get_name(how)
						    : "?");
		return;
	}
	str_adds(out, "it or one of its issuers has a key or a signature that "
		      "is too weak");
}

#define HINT_CLOCK "see that the clock of this machine is right"
#define HINT_OPERATOR "tell those who run the server"
#define HINT_CRL "put a newer list into tls_crl_file"

/* One fault a row; the hint of the first row that applies is given. */
static const struct {
	unsigned int bit;
	const char *text; /* or, where that depends on the certificate: */
	void (*say)(const struct peer *p, const char *host, struct str *out);
	const char *hint;
} faults_known[] = {
	{ GNUTLS_CERT_REVOKED, "it was revoked by its issuer", NULL,
	  HINT_OPERATOR },
	{ GNUTLS_CERT_EXPIRED, NULL, say_expired,
	  "tell those who run the server; if the date looks right to you, "
	  "see that the clock of this machine is" },
	{ GNUTLS_CERT_NOT_ACTIVATED, NULL, say_not_yet, HINT_CLOCK },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, "a signature in its chain is wrong",
	  NULL, HINT_OPERATOR },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, NULL, say_signer, NULL },
	{ GNUTLS_CERT_SIGNER_NOT_CA, "its issuer is no certificate authority",
	  NULL, HINT_OPERATOR },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	  "its issuer may not issue certificates for this name", NULL,
	  HINT_OPERATOR },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, NULL, say_owner,
	  "set host (or tls_host_override) to a name that it has, if that is "
	  "the server you mean" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, NULL, say_weak, HINT_OPERATOR },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, "it is not made for a server", NULL,
	  HINT_OPERATOR },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS,
	  "it has critical extensions that are not understood here", NULL,
	  HINT_OPERATOR },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS,
	  "it demands a proof that it is not revoked (must-staple), and the "
	  "server sent none",
	  NULL, HINT_OPERATOR },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS,
	  "the proof that it is not revoked (OCSP) is not valid", NULL,
	  HINT_OPERATOR },
	{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED,
	  "the list of revocations is out of date", NULL, HINT_CRL },
	{ GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	  "the list of revocations is from the future", NULL, HINT_CLOCK },
};

/* What to do about a chain that ends at nothing known. */
static void hint_signer(const struct peer *p, struct str *hint)
{
	CLEAN(str) struct str digest = STR_INIT;

	if (!is_self_issued(p->cert[0])) {
		str_adds(hint, "if you trust that issuer, set tls_trust_file "
			       "to a file with its certificate");
		return;
	}
	str_adds(hint, "if you know that it is the right one: tls_fingerprint "
		       "");
	if (peer_add_digest(p, GNUTLS_DIG_SHA256, &digest))
		pin_add_hex(hint, str_view(&digest));
}

static void give_hint(const struct peer *p, size_t row, struct str *hint)
{
	if (hint->len > 0)
		return;
	if (faults_known[row].hint)
		str_adds(hint, faults_known[row].hint);
	else
		hint_signer(p, hint);
}

void trust_words(const struct peer *p, const char *host, unsigned int status,
		 struct str *faults, struct str *hint)
{
	for (size_t i = 0; i < ARRAY_LEN(faults_known); i++) {
		if ((status & faults_known[i].bit) == 0)
			continue;
		str_adds(faults, faults->len > 0 ? "; " : "");
		if (faults_known[i].say)
			faults_known[i].say(p, host, faults);
		else
			str_adds(faults, faults_known[i].text);
		give_hint(p, i, hint);
	}
	if (status != 0 && faults->len == 0)
		str_addf(faults, "it is not valid (status %#x)", status);
}
