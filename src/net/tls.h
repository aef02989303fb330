/*
 * tls: GnuTLS as a stream.
 *
 * What GnuTLS writes is gathered and sent when it wants to read or when a
 * write of ours is complete, so that the last flight of a handshake is one
 * segment (and leaves together with the first command where the client speaks
 * first), and so that bulk data goes out as full records in few writes.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "base/list.h"
#include "base/secret.h"
#include "net/stream.h"

enum tls_version {
	TLS_1_2,
	TLS_1_3
}; /* as keyword `tls_min_version` */

struct tls_config {
	/* All borrowed.  host: for SNI (never a literal) and for matching. */
	const char *host;
	const char *trust_file;  /* path, "system", or NULL: no CA is trusted */
	const char *crl_file;    /* or NULL */
	const char *fingerprint; /* hex of SHA-256, SHA-1 or MD5, or NULL */
	const struct list *pins; /* "sha256:BASE64" of SPKIs; may be empty */
	const char *key_file;    /* path or pkcs11: URI, or NULL */
	const char *cert_file;
	/*
	 * Fetches the PIN of a token, or what key_file is encrypted with, when
	 * that is wanted; NULL: nobody can.  Its errors are passed on.
	 */
	bool (*pin)(void *who, struct secret *out, struct err *e);
	void *pin_who;
	const char *priorities;       /* GnuTLS priority string, or NULL */
	enum tls_version min_version; /* TLS_1_3 holds for priorities too */
	int min_dh_prime_bits;        /* 0: as GnuTLS has it */
	bool check;                   /* false: believe any certificate */
	bool after_starttls; /* plain SMTP came before; shapes words only */
	/*
	 * For looking at a server, never for anything that is worth keeping
	 * from others: a certificate that is not believed does not end the
	 * handshake, and is told in tls_info.fault.  It is shown none of ours;
	 * where a server has asked for that first, the handshake ends.
	 */
	bool inspect;
};

/* The certificate of the server; all printable, and empty where there is none
 * that can be read. */
struct tls_certificate {
	struct str subject, issuer; /* as RFC 4514 has it */
	struct str names;           /* that it is for, by ", " */
	struct str from, until;     /* "2026-01-01 00:00:00 UTC" */
	struct str sha256, sha1;    /* digests, "AA:BB" */
	struct str pin;             /* of the key, as tls_pin wants it */
};

/* What was agreed upon, for people, logs and channel binding. */
struct tls_info {
	struct str version;     /* "TLS1.3" */
	struct str description; /* protocol and cipher in GnuTLS's words */
	struct tls_certificate certificate;
	struct err fault;    /* why it is not believed; ERR_NONE: it is */
	struct str exporter; /* raw tls-exporter binding (RFC 9266); or empty */
	struct str unique;   /* raw tls-unique (RFC 5929), empty unless TLS
				1.2 with extended master secret */
};

#define TLS_INFO_INIT ((struct tls_info){ .version = STR_INIT })

void tls_certificate_free(struct tls_certificate *c);
void tls_info_free(struct tls_info *info);

/*
 * Check what can be checked before a connection is made: both of key and
 * certificate that can be used (which may take the PIN), fingerprint and
 * pin syntax, priorities, files that exist, something to judge a certificate
 * by.  ERR_CONFIG, or what fetching the PIN says.
 */
bool tls_config_check(const struct tls_config *c, struct err *e) ATTR_MUST_USE;

/*
 * Handshake over lower.  On success out owns lower; on failure lower is still
 * the caller's.  ERR_TLS says in words why a certificate is not believed, and
 * hints at what to set where the port speaks plain SMTP; ERR_CONFIG: files,
 * priorities; ERR_NETWORK: hung up, timed out.  The certificate is judged
 * during the handshake: when this returns true, it is believed, and where it
 * is not, nothing of ours (a certificate, a word of SMTP) has left.  A last
 * flight of the handshake may still wait for the first read or write.
 *
 * Of the stream that it gives: read gives 0 where the server closed by
 * close_notify and ERR_NETWORK "hung up" where the connection ended without
 * one; renegotiation is refused; close says close_notify if that is possible
 * at once.  info may be NULL.
 */
bool tls_start(struct stream lower, const struct tls_config *c,
	       int64_t deadline_ms, struct stream *out, struct tls_info *info,
	       struct err *e) ATTR_MUST_USE;

/* For --version; static. */
const char *tls_library_version(void);

#endif
