/*
 * trust: whether to believe a certificate, and why not in words.
 *
 * Of a trust file only the certificates that can matter are decoded and
 * given to GnuTLS (those whose subject is the issuer or the subject of one
 * that the server presented, and their issuers in turn; see chain.h); the
 * verdict is always GnuTLS's.
 */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include <gnutls/gnutls.h>

#include "net/tls.h"

/*
 * Judge the chain that the peer of session presented, by c.  ERR_TLS with one
 * sentence for each fault: expired (since when), not yet valid, wrong name
 * (which names it has), unknown issuer (who), self-signed, revoked, weak
 * algorithm, pin or fingerprint mismatch (what it was); ERR_CONFIG where the
 * trust file or the list of revocations cannot be used.  To be called while
 * the handshake still goes on: the trusted certificates become those of the
 * session's credentials, so that GnuTLS looks at a stapled OCSP answer too.
 */
bool trust_check(gnutls_session_t session, const struct tls_config *c,
		 struct err *e) ATTR_MUST_USE;

/* The peer's certificate for struct tls_info; out is empty. */
void trust_describe(gnutls_session_t session, struct tls_certificate *out);

#endif
