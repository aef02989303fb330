/* tls_library: the functions of GnuTLS that we use; see base/library. */
#ifndef NET_TLS_LIBRARY_H
#define NET_TLS_LIBRARY_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/err.h"
#include "base/library.h"

/* clang-format off */
#define GNUTLS_FUNCTIONS(X) \
	X(alert_get) X(alert_get_name) X(alert_send) \
	X(alert_send_appropriate) X(bye) X(certificate_allocate_credentials) \
	X(certificate_client_get_request_status) \
	X(certificate_free_credentials) X(certificate_free_keys) \
	X(certificate_get_peers) X(certificate_set_pin_function) \
	X(certificate_set_trust_list) X(certificate_set_x509_key_file2) \
	X(certificate_set_x509_key_mem2) X(certificate_type_get2) \
	X(certificate_verify_peers) X(check_version) X(credentials_get) \
	X(credentials_set) X(deinit) X(dh_set_prime_bits) X(digest_get_name) \
	X(error_is_fatal) X(fingerprint) X(free) X(handshake) \
	X(handshake_set_timeout) X(init) X(priority_set_direct) \
	X(protocol_get_name) X(protocol_get_version) X(record_recv) \
	X(record_send) X(server_name_set) X(session_channel_binding) \
	X(session_get_desc) X(session_get_flags) X(session_get_ptr) \
	X(session_set_ptr) X(session_set_verify_function) \
	X(set_default_priority_append) X(sign_get_name) X(sign_is_secure2) \
	X(strerror) X(transport_set_errno) X(transport_set_ptr) \
	X(transport_set_pull_function) \
	X(transport_set_pull_timeout_function) \
	X(transport_set_push_function) X(url_is_supported) \
	X(x509_crt_check_issuer) X(x509_crt_deinit) \
	X(x509_crt_get_activation_time) X(x509_crt_get_dn3) \
	X(x509_crt_get_dn_by_oid) X(x509_crt_get_expiration_time) \
	X(x509_crt_get_issuer_dn3) X(x509_crt_get_key_id) \
	X(x509_crt_get_signature_algorithm) X(x509_crt_get_subject_alt_name) \
	X(x509_crt_import) X(x509_crt_init) \
	X(x509_trust_list_add_system_trust) X(x509_trust_list_add_trust_mem) \
	X(x509_trust_list_deinit) X(x509_trust_list_init)
#define GNUTLS_POINTER(name) __typeof__(gnutls_##name) *(name);
struct gnutls_functions {
	GNUTLS_FUNCTIONS(GNUTLS_POINTER)
};
/* clang-format on */

/* To be used after tls_library_load() was true. */
extern const struct gnutls_functions *const gnutls;

/* ERR_SYSTEM: there is no GnuTLS here that can be used. */
bool tls_library_load(struct err *e) ATTR_MUST_USE;

#endif
