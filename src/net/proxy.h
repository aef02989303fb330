/*
 * proxy: have a proxy connect a stream to a server: SOCKS5 (RFC 1928, RFC
 * 1929) and HTTP CONNECT (RFC 9110, section 9.3.6).
 *
 * The server's name goes to the proxy as it is; nobody here looks it up.  No
 * byte is read beyond the proxy's own words, since a mail server speaks first.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdint.h>

#include "base/secret.h"
#include "base/str.h"
#include "net/stream.h"

struct err;

/* Where a URL names no port. */
#define PROXY_SOCKS5_PORT 1080
#define PROXY_HTTP_PORT 8080

/* What an answer over HTTP may have. */
#define PROXY_LINES_MAX 64
#define PROXY_ANSWER_MAX 16384

enum proxy_kind {
	PROXY_SOCKS5,
	PROXY_HTTP
};

struct proxy {
	enum proxy_kind kind;
	struct str host; /* without brackets; UTF-8 where the URL has it */
	int port;
	bool login; /* user and password are to be used */
	struct secret user, password;
};

#define PROXY_INIT ((struct proxy){ .port = 0 })

/*
 * Read socks5://[user[:password]@]host[:port][/], socks5h:// (the same) or
 * http://.  %XX is decoded in user and password, IPv6 is in brackets.
 * ERR_CONFIG; its text never holds the URL, which may hold a password.
 */
bool proxy_parse(struct view url, struct proxy *out,
		 struct err *e) ATTR_MUST_USE;
void proxy_free(struct proxy *p);

/*
 * Ask for host (A-labels or a literal, 255 bytes at most) and port over
 * stream, which is connected to the proxy and stays the caller's.  When true,
 * what is read next comes from the server.  ERR_CONFIG: the proxy refuses our
 * user and password, wants some, or host does not fit; ERR_PROTOCOL: it is no
 * proxy of that kind; ERR_NETWORK: all else, in the proxy's words.
 */
bool proxy_connect(const struct proxy *p, struct stream stream,
		   const char *host, int port, int64_t deadline_ms,
		   struct err *e) ATTR_MUST_USE;

#endif
