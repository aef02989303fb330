#include "config.h"

#include "smtp/needs.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/when.h"
#include "smtp/command.h"

static bool is_late(const struct needs *n)
{
	return n->envelope->wishes.by != BY_UNSET;
}

static bool is_held(const struct needs *n)
{
	return n->envelope->wishes.hold_for_s > 0 ||
	       n->envelope->wishes.hold_until != 0;
}

static bool has_priority(const struct needs *n)
{
	return n->envelope->wishes.has_priority;
}

static bool wants_tls(const struct needs *n)
{
	return n->envelope->wishes.require_tls;
}

static bool wants_utf8(const struct needs *n)
{
	return n->envelope->smtputf8;
}

static bool wants_dsn(const struct needs *n)
{
	return n->dsn_require && command_wants_dsn(n->envelope);
}

static const struct {
	bool (*wanted)(const struct needs *n);
	enum cap cap;
	const char *why;
	const char *hint;
} rows[] = {
	{ wants_utf8, CAP_SMTPUTF8,
	  "an address of this message is not in ASCII", NULL },
	{ wants_dsn, CAP_DSN, "a delivery status notice was asked for",
	  "'dsn_require off' leaves the wish out" },
	{ wants_tls, CAP_REQUIRETLS,
	  "by require_tls the message may only go on over TLS",
	  "without require_tls it is sent, and perhaps in clear beyond this "
	  "server" },
	{ is_late, CAP_DELIVERBY, "deliver_by sets a time limit",
	  "leave deliver_by out for this server" },
	{ is_held, CAP_FUTURERELEASE,
	  "by hold_for or hold_until the server shall hold the message",
	  "leave hold_for and hold_until out, and send it when it is time" },
	{ has_priority, CAP_MT_PRIORITY, "priority is set",
	  "leave priority out for this server" },
};

/* RFC 8689, 4.2: what is offered in clear does not count. */
static bool has(const struct needs *n, const struct caps *caps, enum cap cap)
{
	return caps_has(caps, cap) && (cap != CAP_REQUIRETLS || n->encrypted);
}

static bool check_extensions(const struct needs *n, const struct caps *caps,
			     struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!rows[i].wanted(n) || has(n, caps, rows[i].cap))
			continue;
		err_set(e, ERR_REFUSED, "%s, but the server does not offer %s",
			rows[i].why, caps_name(rows[i].cap));
		return rows[i].hint && err_hint(e, "%s", rows[i].hint);
	}
	return true;
}

/* RFC 2852, 3: the least time is for messages that are to come back. */
static bool check_by(const struct envelope_wishes *w, const struct caps *caps,
		     struct err *e)
{
	if (w->by != BY_RETURN || caps->by_min_s <= w->by_s)
		return true;
	err_set(e, ERR_REFUSED,
		"deliver_by gives %d seconds, but by its DELIVERBY the server "
		"wants %d at least",
		w->by_s, caps->by_min_s);
	return err_hint(e, "set deliver_by to %d or more, or to '%d;notify'",
			caps->by_min_s, w->by_s);
}

static bool check_hold_for(const struct envelope_wishes *w,
			   const struct caps *caps, struct err *e)
{
	if (w->hold_for_s == 0 || caps->hold_max_s == 0 ||
	    w->hold_for_s <= caps->hold_max_s)
		return true;
	err_set(e, ERR_REFUSED,
		"hold_for is %d seconds, but by its FUTURERELEASE the server "
		"holds messages for %d at most",
		w->hold_for_s, caps->hold_max_s);
	return err_hint(e, "set hold_for to less, or send the message later");
}

static bool check_hold_until(const struct envelope_wishes *w,
			     const struct caps *caps, struct err *e)
{
	CLEAN(str) struct str wanted = STR_INIT;
	CLEAN(str) struct str latest = STR_INIT;

	if (w->hold_until == 0 || caps->hold_max_until == 0 ||
	    w->hold_until <= caps->hold_max_until)
		return true;
	when_add_stamp(&wanted, w->hold_until);
	when_add_stamp(&latest, caps->hold_max_until);
	err_set(e, ERR_REFUSED,
		"hold_until is %s, but by its FUTURERELEASE the server holds "
		"messages until %s at most",
		str_chars(&wanted), str_chars(&latest));
	return err_hint(e, "set hold_until to an earlier time, or send the "
			   "message later");
}

static bool check_size(const struct needs *n, const struct caps *caps,
		       struct err *e)
{
	uint64_t size = facts_wire_size(n->facts);

	if (!n->size_check || caps->size <= 0 || size <= (uint64_t)caps->size)
		return true;
	err_set(e, ERR_REFUSED,
		"the message has %" PRIu64 " octets, but the server takes no "
		"more than %" PRId64,
		size, caps->size);
	return err_hint(e, "send less at once, or a link to the file");
}

bool needs_check(const struct needs *n, const struct caps *caps, struct err *e)
{
	const struct envelope_wishes *w = &n->envelope->wishes;

	return check_extensions(n, caps, e) && check_by(w, caps, e) &&
	       check_hold_for(w, caps, e) && check_hold_until(w, caps, e) &&
	       check_size(n, caps, e);
}
