#include "config.h"

#include "smtp/outcome.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/scan.h"

void outcome_init(struct outcome *o, size_t recipients)
{
	*o = OUTCOME_INIT;
	o->v = mem_zero(recipients, sizeof(*o->v));
	o->n = recipients;
	o->judged = recipients;
}

void verdict_free(struct verdict *v)
{
	free(v->said);
	free(v->why);
	free(v->hint);
	*v = (struct verdict){ .settled = false };
}

void outcome_free(struct outcome *o)
{
	for (size_t i = 0; i < o->n; i++)
		verdict_free(&o->v[i]);
	free(o->v);
	free(o->said);
	*o = OUTCOME_INIT;
}

static char *said_of(const struct reply *r)
{
	CLEAN(str) struct str said = STR_INIT;

	reply_add_said(r, &said);
	return str_detach(&said);
}

void verdict_accept(struct verdict *v, const struct reply *r)
{
	if (v->settled)
		return;
	*v = (struct verdict){ .settled = true,
			       .kind = ERR_NONE,
			       .code = r->code,
			       .said = said_of(r) };
	for (int i = 0; r->has_status && i < 3; i++)
		v->status[i] = r->status[i];
}

/* The status is in what the server said: its first line says it all. */
static void read_status(struct verdict *v, const char *said)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct scan s = scan_of(view_of(said));
	struct err ignored;

	if (!reply_add_line(&r, scan_until(&s, '\n'), &ignored) ||
	    !r.has_status)
		return;
	for (int i = 0; i < 3; i++)
		v->status[i] = r.status[i];
}

void verdict_refuse(struct verdict *v, const struct err *e)
{
	if (v->settled)
		return;
	*v = (struct verdict){ .settled = true,
			       .kind = e->kind,
			       .code = e->code,
			       .why = mem_copy(e->text),
			       .hint = e->hint[0] ? mem_copy(e->hint) : NULL };
	if (e->said[0] == '\0')
		return;
	v->said = mem_copy(e->said);
	read_status(v, e->said);
}

bool verdict_is_surplus(const struct verdict *v)
{
	return v->settled && v->kind == ERR_DEFERRED &&
	       (v->code == 452 || v->code == 552) &&
	       (v->status[0] == 0 || (v->status[1] == 5 && v->status[2] == 3));
}

bool outcome_has_surplus(const struct outcome *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (verdict_is_surplus(&o->v[i]))
			return true;
	return false;
}

void outcome_doubt(struct outcome *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].settled && o->v[i].kind == ERR_NONE)
			verdict_free(&o->v[i]);
}

void outcome_note(struct outcome *o, const struct reply *r)
{
	free(o->said);
	o->said = said_of(r);
	o->code = r->code;
}

void outcome_refuse(struct outcome *o, const struct reply *r,
		    const struct err *e)
{
	outcome_note(o, r);
	for (o->judged = 0; o->judged < o->n; o->judged++)
		if (!o->v[o->judged].settled)
			break;
	outcome_settle_rest(o, e);
}

void outcome_settle_rest(struct outcome *o, const struct err *e)
{
	for (size_t i = 0; i < o->n; i++)
		verdict_refuse(&o->v[i], e);
}

bool outcome_is_open(enum err_kind kind)
{
	return kind == ERR_NOHOST || kind == ERR_NETWORK ||
	       kind == ERR_DEFERRED;
}

bool verdict_is_open(const struct verdict *v)
{
	return !v->settled || outcome_is_open(v->kind);
}

/* A verdict on the message, or on a recipient, rather than on us. */
static bool is_about_mail(const struct verdict *v)
{
	return v->kind == ERR_NONE || v->kind == ERR_REFUSED ||
	       v->kind == ERR_RECIPIENT || v->kind == ERR_MESSAGE ||
	       v->kind == ERR_UNCERTAIN || verdict_is_open(v);
}

/* A server that may come back speaks before a name that does not exist. */
static bool replaces(const struct verdict *from, const struct verdict *to,
		     bool other)
{
	if (!from->settled || !to->settled)
		return from->settled;
	if (from->kind == ERR_NOHOST && to->kind != ERR_NOHOST)
		return false;
	return !other || is_about_mail(from);
}

void outcome_take(struct outcome *o, struct outcome *later, const size_t *index,
		  bool other)
{
	for (size_t i = 0; i < later->n; i++) {
		struct verdict *to = &o->v[index ? index[i] : i];
		struct verdict *from = &later->v[i];

		if (!replaces(from, to, other))
			continue;
		verdict_free(to);
		*to = *from;
		*from = (struct verdict){ .settled = false };
	}
	free(o->said);
	o->said = later->said;
	later->said = NULL;
	o->code = later->code;
	if (later->octets > 0)
		o->octets = later->octets;
}

size_t outcome_count(const struct outcome *o, enum err_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->v[i].settled && o->v[i].kind == kind;
	return n;
}

/* From the gravest.  What is to be tried again gives way to what is not. */
static const enum err_kind gravity[] = {
	ERR_REFUSED, ERR_RECIPIENT, ERR_MESSAGE,   ERR_USAGE,    ERR_NOINPUT,
	ERR_CONFIG,  ERR_AUTH,      ERR_TLS,       ERR_PROTOCOL, ERR_SYSTEM,
	ERR_IO,      ERR_NOHOST,    ERR_UNCERTAIN, ERR_DEFERRED, ERR_NETWORK,
};

static size_t rank(enum err_kind kind)
{
	size_t i = 0;

	while (i < ARRAY_LEN(gravity) && gravity[i] != kind)
		i++;
	return i;
}

bool outcome_graver(enum err_kind a, enum err_kind b)
{
	return rank(a) < rank(b);
}

enum err_kind outcome_kind(const struct outcome *o)
{
	for (size_t i = 0; i < ARRAY_LEN(gravity); i++)
		if (outcome_count(o, gravity[i]) > 0)
			return gravity[i];
	/* What nobody judged did not go. */
	return outcome_count(o, ERR_NONE) == o->n ? ERR_NONE : ERR_NETWORK;
}
