/*
 * tls_setup: a struct tls_config as the objects that GnuTLS wants.
 */
#ifndef NET_TLS_SETUP_H
#define NET_TLS_SETUP_H

#include <gnutls/gnutls.h>

#include "net/tls.h"

/*
 * Credentials with the client's certificate, if there is one; on success the
 * caller's.  They point to c->pin, for a token, and change nothing. ERR_CONFIG:
 * a file that cannot be read or used.
 */
bool tls_setup_credentials(struct tls_config *c,
			   gnutls_certificate_credentials_t *out,
			   struct err *e) ATTR_MUST_USE;

/* Versions and algorithms: c->priorities, or the system's with those that are
 * not safe left out; nothing before TLS 1.3 where min_version says so. */
bool tls_setup_priorities(gnutls_session_t session, const struct tls_config *c,
			  struct err *e) ATTR_MUST_USE;

#endif
