#include "config.h"

#include "channel.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t receive(struct channel *c, char *buf, size_t n)
{
	ssize_t got;

	do
		got = c->tls ? gnutls_record_recv(c->tls, buf, n)
			     : recv(c->fd, buf, n, 0);
	while (c->tls &&
	       (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN));
	return got;
}

static bool fill(struct channel *c)
{
	ssize_t got;

	if (c->have == sizeof(c->in))
		return false;
	got = receive(c, c->in + c->have, sizeof(c->in) - c->have);
	if (got <= 0)
		return false;
	c->have += (size_t)got;
	return true;
}

static void consume(struct channel *c, size_t n)
{
	memmove(c->in, c->in + n, c->have - n);
	c->have -= n;
}

bool channel_line(struct channel *c, struct str *line)
{
	const char *end;
	size_t n;

	while (!(end = c->have ? memmem(c->in, c->have, "\r\n", 2) : NULL))
		if (!fill(c))
			return false;
	n = (size_t)(end - c->in);
	str_truncate(line, 0);
	str_add(line, (struct view){ c->in, n });
	consume(c, n + 2);
	return true;
}

bool channel_bytes(struct channel *c, size_t n, struct str *out)
{
	while (n > 0) {
		size_t part = c->have < n ? c->have : n;

		str_add(out, (struct view){ c->in, part });
		consume(c, part);
		n -= part;
		if (n > 0 && !fill(c))
			return false;
	}
	return true;
}

bool channel_send(struct channel *c, struct view v)
{
	while (v.n > 0) {
		ssize_t sent = c->tls ? gnutls_record_send(c->tls, v.p, v.n)
				      : send(c->fd, v.p, v.n, MSG_NOSIGNAL);

		if (c->tls &&
		    (sent == GNUTLS_E_INTERRUPTED || sent == GNUTLS_E_AGAIN))
			continue;
		if (sent <= 0)
			return false;
		v = view_part(v, (size_t)sent, v.n);
	}
	return true;
}

static const char *priorities(const char *version)
{
	if (!version)
		return "NORMAL";
	return strcmp(version, "1.2") == 0 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2"
					   : "NORMAL:-VERS-ALL:+VERS-TLS1.3";
}

bool channel_secure(struct channel *c, const char *version)
{
	gnutls_session_t tls;
	int rc;

	gnutls_init(&tls, GNUTLS_SERVER);
	gnutls_priority_set_direct(tls, priorities(version), NULL);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, c->credentials);
	gnutls_transport_set_int(tls, c->fd);
	do
		rc = gnutls_handshake(tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	if (rc < 0) {
		fprintf(stderr, "handshake: %s\n", gnutls_strerror(rc));
		gnutls_deinit(tls);
		return false;
	}
	c->tls = tls;
	c->have = 0;
	return true;
}

void channel_close(struct channel *c)
{
	if (c->tls) {
		gnutls_bye(c->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(c->tls);
		c->tls = NULL;
	}
	close(c->fd);
	c->have = 0;
}
