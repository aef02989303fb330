#include "config.h"

#include "deliver/visit.h"

#include "base/clock.h"
#include "base/err.h"
#include "net/srv.h"
#include "smtp/outcome.h"

bool visit_open(struct visit *v, const struct account *a,
		struct transcript *transcript, struct err *e)
{
	int64_t by = clock_after_s(a->deadline);
	struct dial *d = &v->dial;
	struct err last = ERR_INIT;

	if (!route_find(a, srv_lookup, by, &v->route, e))
		return false;
	for (size_t i = 0; i < v->route.n; i++) {
		size_t left = v->route.n - i;

		dial_close(d);
		d->open_by_ms = clock_share(by, left);
		d->looks_only = v->looks_only;
		d->keep_secret = left > 1;
		if (dial_open(d, a, &v->route.v[i], by, transcript, &last))
			return true;
		if (!d->reached || !outcome_is_open(last.kind))
			break;
	}
	*e = last;
	return false;
}

void visit_free(struct visit *v)
{
	dial_free(&v->dial);
	route_free(&v->route);
}
