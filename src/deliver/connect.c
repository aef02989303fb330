#include "config.h"

#include "deliver/connect.h"

#include <string.h>

#include "base/err.h"
#include "net/idn.h"
#include "net/proxy.h"
#include "net/tcp.h"
#include "net/tunnel.h"

static bool to_ascii(const char *host, struct str *out, struct err *e)
{
	if (idn_to_ascii(view_of(host), out, e))
		return true;
	e->kind = ERR_CONFIG;
	return false;
}

struct wanted {
	const struct account *account;
	const char *host;
	int port;
	int64_t deadline_ms;
};

static bool by_tcp(const struct wanted *w, struct stream *out, struct str *peer,
		   struct err *e)
{
	CLEAN(str) struct str ascii = STR_INIT;
	struct tcp_target target;

	if (!to_ascii(w->host, &ascii, e))
		return false;
	target = (struct tcp_target){
		.host = ascii.s,
		.port = w->port,
		.family = (enum tcp_family)w->account->family,
		.source_ip = w->account->source_ip,
	};
	return tcp_connect(&target, w->deadline_ms, out, peer, e);
}

static bool read_proxy(const struct account *a, struct proxy *out,
		       struct err *e)
{
	if (a->proxy)
		return proxy_parse(view_of(a->proxy), out, e);
	out->kind = PROXY_SOCKS5;
	out->port = a->proxy_port > 0 ? a->proxy_port : PROXY_SOCKS5_PORT;
	str_adds(&out->host, a->proxy_host);
	return true;
}

static bool through(const struct proxy *p, const struct wanted *w,
		    struct stream *out, struct err *e)
{
	const struct wanted first = { w->account, p->host.s, p->port,
				      w->deadline_ms };
	CLEAN(str) struct str ascii = STR_INIT;

	if (!to_ascii(w->host, &ascii, e))
		return false;
	if (!by_tcp(&first, out, NULL, e)) {
		if (e->kind == ERR_NOHOST)
			err_hint(e, "check the keyword '%s'",
				 w->account->proxy ? "proxy" : "proxy_host");
		return false;
	}
	if (proxy_connect(p, *out, ascii.s, w->port, w->deadline_ms, e))
		return true;
	out->ops->close(out->self);
	return false;
}

static bool by_proxy(const struct wanted *w, struct stream *out, struct err *e)
{
	CLEAN(proxy) struct proxy p = PROXY_INIT;
	bool brackets;

	if (!read_proxy(w->account, &p, e))
		return false;
	if (through(&p, w, out, e))
		return true;
	brackets = strchr(p.host.s, ':') != NULL;
	return err_context(e, brackets ? "proxy [%s]:%d" : "proxy %s:%d",
			   p.host.s, p.port);
}

bool connect_stream(const struct account *a, const struct endpoint *to,
		    int64_t deadline_ms, struct stream *out, struct str *peer,
		    struct err *e)
{
	const struct wanted w = { a, to->host, to->port, deadline_ms };

	str_truncate(peer, 0);
	if (a->tunnel)
		return tunnel_open(a->tunnel, out, e);
	if (a->socket) {
		str_adds(peer, a->socket);
		return tcp_connect_unix(a->socket, deadline_ms, out, e);
	}
	return a->proxy || a->proxy_host ? by_proxy(&w, out, e)
					 : by_tcp(&w, out, peer, e);
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
