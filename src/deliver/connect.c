#include "config.h"

#include "deliver/connect.h"

#include <string.h>

#include "base/err.h"
#include "net/idn.h"
#include "net/tcp.h"

static bool by_tcp(const struct account *a, const char *host, int port,
		   int64_t deadline_ms, struct stream *out, struct str *peer,
		   struct err *e)
{
	CLEAN(str) struct str ascii = STR_INIT;
	struct tcp_target target;

	if (!idn_to_ascii(view_of(host), &ascii, e)) {
		e->kind = ERR_CONFIG;
		return false;
	}
	target = (struct tcp_target){
		.host = ascii.s,
		.port = port,
		.family = (enum tcp_family)a->family,
		.source_ip = a->source_ip,
	};
	return tcp_connect(&target, deadline_ms, out, peer, e);
}

bool connect_stream(const struct account *a, const char *host, int port,
		    int64_t deadline_ms, struct stream *out, struct str *peer,
		    struct err *e)
{
	str_truncate(peer, 0);
	if (a->tunnel)
		return err_set(e, ERR_CONFIG, "tunnel: not yet");
	if (a->socket) {
		str_adds(peer, a->socket);
		return tcp_connect_unix(a->socket, deadline_ms, out, e);
	}
	return by_tcp(a, host, port, deadline_ms, out, peer, e);
}

bool connect_needs_host(const struct account *a)
{
	return !a->tunnel && !a->socket;
}

void connect_where(const struct account *a, const char *host, int port,
		   struct str *out)
{
	if (!a->tunnel && a->socket)
		str_adds(out, a->socket);
	else if (!host)
		str_adds(out, "tunnel");
	else if (port == 0)
		str_adds(out, host);
	else
		str_addf(out, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host,
			 port);
}
