#include "config.h"

#include "smtp/phase.h"

#include "smtp/explain.h"

static const struct {
	const char *awaited;
	const char *subject; /* what "the server refused" */
	int timeout_s;
	int good_class;
	enum err_kind refused;
} phases[PHASE_COUNT] = {
	[PHASE_GREETING] = { "the greeting", "the connection", 60, 2,
			     ERR_PROTOCOL },
	[PHASE_EHLO] = { "the answer to EHLO", "EHLO", 60, 2, ERR_PROTOCOL },
	[PHASE_STARTTLS] = { "the answer to STARTTLS", "STARTTLS", 60, 2,
			     ERR_TLS },
	[PHASE_AUTH] = { "the answer to AUTH", "the credentials", 60, 2,
			 ERR_AUTH },
	[PHASE_RSET] = { "the answer to RSET", "RSET", 300, 2, ERR_PROTOCOL },
	[PHASE_MAIL] = { "the answer to MAIL FROM", "the sender", 300, 2,
			 ERR_REFUSED },
	[PHASE_RCPT] = { "the answer to RCPT TO", "the recipient", 300, 2,
			 ERR_REFUSED },
	[PHASE_DATA] = { "the answer to DATA", "the message", 300, 3,
			 ERR_REFUSED },
	[PHASE_CHUNK] = { "the answer to BDAT", "the message", 300, 2,
			  ERR_REFUSED },
	[PHASE_BODY] = { "the answer to the message", "the message", 600, 2,
			 ERR_REFUSED },
	[PHASE_ETRN] = { "the answer to ETRN", "ETRN", 300, 2, ERR_PROTOCOL },
	[PHASE_QUIT] = { "the answer to QUIT", "QUIT", 1, 2, ERR_PROTOCOL },
};

const char *phase_awaited(enum phase p)
{
	return phases[p].awaited;
}

int phase_timeout_s(enum phase p)
{
	return phases[p].timeout_s;
}

/* RFC 5321, 4.5.3.1.10: 552 to RCPT means that there are too many for now. */
static enum err_kind refused_recipient(const struct reply *r)
{
	switch (r->code) {
	case 552:
		return ERR_DEFERRED;
	case 550:
	case 551:
	case 553:
		return ERR_RECIPIENT;
	default:
		return r->has_status && r->status[1] == 1 ? ERR_RECIPIENT
							  : ERR_REFUSED;
	}
}

static enum err_kind refused(enum phase p, const struct reply *r)
{
	if (r->code == REPLY_AUTH_NEEDED && p != PHASE_GREETING)
		return ERR_AUTH;
	return p == PHASE_RCPT ? refused_recipient(r) : phases[p].refused;
}

static bool say(enum phase p, const struct reply *r, struct err *e)
{
	const char *subject = phases[p].subject;

	if (r->code == REPLY_CLOSING)
		return err_set(e, ERR_DEFERRED,
			       "the server closes the connection");
	if (r->code / 100 == 4)
		return err_set(e, ERR_DEFERRED, "the server put off %s",
			       subject);
	if (r->code / 100 != 5)
		return err_set(e, ERR_PROTOCOL,
			       "%s makes no sense at this point",
			       phases[p].awaited);
	if (r->code == REPLY_AUTH_NEEDED && p != PHASE_AUTH)
		return err_set(e, refused(p, r),
			       "the server wants authentication first");
	return err_set(e, refused(p, r), "the server refused %s", subject);
}

bool phase_check(enum phase p, const struct reply *r, struct err *e)
{
	if (r->code / 100 == phases[p].good_class)
		return true;
	say(p, r, e);
	reply_said(r, e);
	explain_reply(p, e);
	return false;
}
