#include "config.h"

#include "smtp/etrn.h"

#include "smtp/command.h"

/* RFC 1985, 5.3: what it makes of the node. */
static const struct {
	int code;
	enum err_kind kind;
	const char *text;
} refusals[] = {
	{ 458, ERR_REFUSED, "the server cannot send now what it has for" },
	{ 459, ERR_REFUSED, "the server does not do that for" },
	{ 500, ERR_MESSAGE, "the server does not understand ETRN for" },
	{ 501, ERR_MESSAGE, "the server can make nothing of" },
};

static bool judge(const struct reply *r, const char *node, struct err *e)
{
	if (r->code >= 250 && r->code <= 253)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].code == r->code) {
			err_set(e, refusals[i].kind, "%s '%s'",
				refusals[i].text, node);
			return reply_said(r, e);
		}
	if (phase_check(PHASE_ETRN, r, e)) {
		err_set(e, ERR_PROTOCOL, "%s makes no sense",
			phase_awaited(PHASE_ETRN));
		return reply_said(r, e);
	}
	return false;
}

bool etrn_ask(struct session *s, const char *node, struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;
	CLEAN(reply) struct reply r = REPLY_INIT;

	if (!caps_has(&s->caps, CAP_ETRN))
		return err_set(e, ERR_REFUSED,
			       "the server does not offer ETRN, which asks it "
			       "to send what it keeps for a host");
	if (!command_etrn(&line, node, e))
		return false;
	wire_put(&s->wire, str_view(&line));
	return pipeline_read(&s->pipe, PHASE_ETRN, &r, e) && judge(&r, node, e);
}
