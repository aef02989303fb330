/*
 * Input: a byte that says which proxy is asked and in pieces of how many bytes
 * it answers, then its answer; or a URL.  Holds: limits; a failure has a kind
 * and words.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answer {
	struct view left;
	size_t piece;
	size_t read;
};

static bool answer_read(void *self, char *buf, size_t n, int64_t by,
			size_t *got, struct err *e)
{
	struct answer *a = self;
	struct view part = view_part(a->left, 0, n < a->piece ? n : a->piece);

	(void)by;
	(void)e;
	if (part.n > 0)
		memcpy(buf, part.p, part.n);
	a->left = view_part(a->left, part.n, a->left.n);
	a->read += part.n;
	*got = part.n;
	return true;
}

static bool answer_write(void *self, const char *buf, size_t n, int64_t by,
			 struct err *e)
{
	(void)self;
	(void)buf;
	(void)by;
	(void)e;
	return n > 0;
}

static const struct stream_ops ops = { "answer", answer_read, answer_write,
				       NULL };

static void check(bool ok, const struct err *e)
{
	if (!ok && (e->kind == ERR_NONE || e->text[0] == '\0'))
		abort();
}

static void read_url(struct view url)
{
	CLEAN(proxy) struct proxy p = PROXY_INIT;
	struct err e = ERR_INIT;
	bool ok = proxy_parse(url, &p, &e);

	check(ok, &e);
	if (!ok)
		return;
	if (p.port < 1 || p.port > 65535 || p.host.len == 0 ||
	    p.host.len > 255 || p.user.n > 255 || p.password.n > 255)
		abort();
	if (p.login != (p.user.n > 0))
		abort();
}

static void ask(const char *url, struct view said, size_t piece)
{
	CLEAN(proxy) struct proxy p = PROXY_INIT;
	struct answer a = { .left = said, .piece = piece };
	struct stream s = { &ops, &a };
	struct err e = ERR_INIT;

	if (!proxy_parse(view_of(url), &p, &e))
		abort();
	check(proxy_connect(&p, s, "mail.test", 587, CLOCK_NEVER, &e), &e);
	if (a.read > PROXY_ANSWER_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const urls[] = {
		"socks5://proxy",
		"socks5://ada:lovelace@proxy",
		"http://proxy",
	};
	struct view rest;
	size_t which;

	if (size == 0)
		return 0;
	rest = (struct view){ (const char *)data + 1, size - 1 };
	which = data[0] % (ARRAY_LEN(urls) + 1);
	if (which == ARRAY_LEN(urls))
		read_url(rest);
	else
		ask(urls[which], rest, 1 + data[0] / 8);
	return 0;
}
