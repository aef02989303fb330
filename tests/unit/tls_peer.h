/*
 * tls_peer: certificates made on the spot, and a TLS server in a thread, for
 * tests of the client's side.
 */
#ifndef TESTS_TLS_PEER_H
#define TESTS_TLS_PEER_H

#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "net/stream.h"
#include "net/tls.h"

#define IDENTITY_NAMES_MAX 3

struct identity_spec {
	const char *cn;
	const char *dns[IDENTITY_NAMES_MAX];
	const char *ip;            /* four bytes, or NULL */
	int from_days, until_days; /* from today */
	bool ca;
	bool sha1;        /* the issuer's signature */
	bool client_only; /* extended key usage */
	bool must_staple;
};

struct identity {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

/* Made by issuer, or by itself where that is NULL. */
void identity_make(struct identity *id, const struct identity_spec *spec,
		   const struct identity *issuer);
void identity_free(struct identity *id);
void identity_add_pem(const struct identity *id, struct str *out);

/* A list, by issuer, that revokes id. */
void identity_add_crl(const struct identity *issuer, const struct identity *id,
		      struct str *out);

struct peer_server;
/* What the server does once the handshake is done. */
typedef void talk_fn(struct peer_server *s, gnutls_session_t session);

#define PEER_CHAIN_MAX 3

struct peer_server {
	const struct identity *chain[PEER_CHAIN_MAX]; /* the leaf first */
	const char *priorities;                       /* NULL: NORMAL */
	bool tickets;
	bool wants_cert;
	talk_fn *talk; /* or NULL: a farewell at once */
	/* What is known afterwards. */
	int rc; /* of the handshake */
	char sni[128];
	struct str heard;
	/* Its own. */
	int fd;
	pthread_t thread;
	gnutls_certificate_credentials_t credentials;
};

/* Start it; gives the client's end of a socket pair. */
int peer_server_start(struct peer_server *s);
void peer_server_join(struct peer_server *s);
void peer_server_free(struct peer_server *s);

/* Read until the client says farewell, or n bytes came. */
void peer_server_hear(struct peer_server *s, gnutls_session_t session,
		      size_t n);

/* A stream that notes how the one below is written to. */
struct counted {
	struct stream lower;
	struct str sent; /* freed by the test */
	int writes;
	bool closed;
};

struct stream counted_stream(struct counted *c, int fd);

/* path is a template for mkstemp(3). */
void write_temporary(char *path, const struct str *text);

/* --- one session, for tests that need no more ----------------------------- */

#define HOST "mail.example.org"
#define LONG_MS 10000
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* The server's, self-signed, for HOST; made and freed by a group of tests. */
extern struct identity leaf;
int leaf_make(void **state);
int leaf_free(void **state);

int64_t in_ms(int64_t ms);

/* Both ends of one session; what a test does not need stays zero. */
struct meeting {
	struct peer_server server;
	struct counted lower;
	struct tls_config config;
	struct tls_info info;
	struct stream tls;
	struct err e;
};

bool meet(struct meeting *m);
void part(struct meeting *m);
bool say(struct meeting *m, const char *text);
bool hear(struct meeting *m, char *buf, size_t n, size_t *got);

#endif
