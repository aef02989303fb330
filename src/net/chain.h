/*
 * chain: of the certificates in a PEM file, those that can matter.
 *
 * A trust store has some 140 certificates and importing them costs more than
 * all else in a short run.  This room looks at names alone, in the DER of each
 * certificate (RFC 5280, section 4.1), and decides nothing about trust: one
 * that is passed over wrongly makes a verdict stricter, one that is kept
 * wrongly is judged like all others.
 */
#ifndef NET_CHAIN_H
#define NET_CHAIN_H

#include "base/str.h"

/* Names that are looked for; a peer presents at most 16 certificates. */
#define CHAIN_NAMES_MAX 64
/* Certificates that are kept; many may share a name (roll-over, crosses). */
#define CHAIN_CERTS_MAX 64
/* Walks of the file; each may find the issuer of what the last one found. */
#define CHAIN_PASSES_MAX 8

struct chain {
	struct str name[CHAIN_NAMES_MAX]; /* a Name in DER */
	size_t names;
	struct str cert[CHAIN_CERTS_MAX]; /* a Certificate in DER */
	const char *place[CHAIN_CERTS_MAX];
	size_t certs;
};

#define CHAIN_INIT ((struct chain){ .names = 0 })

void chain_free(struct chain *c);

/*
 * The issuer's and the subject's Name in a certificate, of which der may be
 * only the beginning; false where it does not reach that far or is malformed.
 */
bool chain_names_of(struct view der, struct view *issuer,
		    struct view *subject) ATTR_MUST_USE;

/* Look for certificates whose subject is the issuer or subject of der. */
void chain_want(struct chain *c, struct view der);

/*
 * Keep those of pem (blocks CERTIFICATE and X509 CERTIFICATE, RFC 7468) whose
 * subject is wanted, and want their issuers, until nothing new is found.  Gives
 * the number of certificates that pem has.  Call it once.
 */
size_t chain_collect(struct chain *c, struct view pem);

#endif
