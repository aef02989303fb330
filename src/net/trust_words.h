/*
 * trust_words: what is in the certificates of a peer, and what GnuTLS found
 * wrong with them, in words.
 */
#ifndef NET_TRUST_WORDS_H
#define NET_TRUST_WORDS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "net/tls.h"

/* GnuTLS takes no longer chain from a peer. */
#define PEER_CERTS_MAX 16

/* What the peer presented, the leaf first, which there always is. */
struct peer {
	const gnutls_datum_t *der; /* borrowed from the session */
	gnutls_x509_crt_t cert[PEER_CERTS_MAX];
	size_t n;
};

/* False where there is none, or one that cannot be decoded. */
bool peer_read(struct peer *p, gnutls_session_t session) ATTR_MUST_USE;
void peer_free(struct peer *p);

/* Append digests: of the leaf, and SHA-256 of its SubjectPublicKeyInfo. */
bool peer_add_digest(const struct peer *p, gnutls_digest_algorithm_t hash,
		     struct str *out) ATTR_MUST_USE;
bool peer_add_key_id(const struct peer *p, struct str *out) ATTR_MUST_USE;

/* All about the leaf; out is empty. */
void peer_describe(const struct peer *p, struct tls_certificate *out);

/*
 * One sentence for each fault of status (gnutls_certificate_status_t bits),
 * joined by "; ", and what to do about the first of them.  Both printable.
 */
void trust_words(const struct peer *p, const char *host, unsigned int status,
		 struct str *faults, struct str *hint);

#endif
