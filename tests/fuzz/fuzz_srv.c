/* Input: a packet of name service.  Holds: limits, host names, a kind. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "net/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct srv *s)
{
	size_t n = strnlen(s->target, SRV_TARGET_MAX);

	if (n == 0 || n == SRV_TARGET_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alnum(s->target[i]) &&
		    !strchr("-_.", s->target[i]))
			abort();
	if (s->port < 1 || s->port > 65535 || s->priority < 0 ||
	    s->priority > 65535 || s->weight < 0 || s->weight > 65535)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t random[SRV_MAX];
	struct view packet = { (const char *)data, size };
	struct srv_list l;
	struct err e = ERR_INIT;

	if (!srv_read(packet, &l, &e)) {
		if (e.kind != ERR_NOHOST && e.kind != ERR_NETWORK)
			abort();
		return 0;
	}
	if (l.n == 0 || l.n > SRV_MAX)
		abort();
	srv_order(&l, random);
	for (size_t i = 0; i < l.n; i++) {
		check(&l.v[i]);
		if (i > 0 && l.v[i].priority < l.v[i - 1].priority)
			abort();
	}
	return 0;
}
