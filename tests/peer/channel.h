/*
 * channel: a connection to a client, in clear or under TLS, in lines and bytes.
 * Each function is false where the client is gone or broke the rules.
 */
#ifndef TESTS_PEER_CHANNEL_H
#define TESTS_PEER_CHANNEL_H

#include <gnutls/gnutls.h>

#include "base/str.h"

#define CHANNEL_LINE_MAX 65536

struct channel {
	int fd;
	gnutls_session_t tls; /* NULL: in clear */
	gnutls_certificate_credentials_t credentials;
	char in[CHANNEL_LINE_MAX];
	size_t have; /* bytes in `in` */
};

/* The next line, without its CRLF, in place of what line held. */
bool channel_line(struct channel *c, struct str *line);
/* Append the next n bytes. */
bool channel_bytes(struct channel *c, size_t n, struct str *out);
bool channel_send(struct channel *c, struct view v);

/* The server's handshake; version is "1.2", "1.3", or NULL for either. */
bool channel_secure(struct channel *c, const char *version);

/* Ready for the next client. */
void channel_close(struct channel *c);

#endif
