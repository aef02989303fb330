/*
 * tls_setup: a struct tls_config as the objects that GnuTLS wants.
 */
#ifndef NET_TLS_SETUP_H
#define NET_TLS_SETUP_H

#include <gnutls/gnutls.h>

#include "net/tls.h"

/* Who may fetch a PIN, and where it goes what kept that from succeeding. */
struct tls_pin {
	const struct tls_config *config; /* borrowed, as is err */
	struct err *err;
};

/*
 * Credentials with the client's certificate of pin->config, if there is one;
 * on success the caller's.  They point to pin, which GnuTLS may want once more
 * in the handshake.  ERR_CONFIG: a file that cannot be read or used; or what
 * fetching the PIN says.
 */
bool tls_setup_credentials(struct tls_pin *pin,
			   gnutls_certificate_credentials_t *out,
			   struct err *e) ATTR_MUST_USE;

/* Versions and algorithms: c->priorities, or the system's with those that are
 * not safe left out; nothing before TLS 1.3 where min_version says so. */
bool tls_setup_priorities(gnutls_session_t session, const struct tls_config *c,
			  struct err *e) ATTR_MUST_USE;

#endif
