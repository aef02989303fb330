#include "config.h"

#include "auth/sasl_fault.h"

#include "auth/sasl_library.h"
#include "base/err.h"
#include "base/mem.h"

static const struct {
	int rc;
	enum err_kind kind;
	const char *text;
	const char *hint;
} faults[] = {
	{ GSASL_MECHANISM_PARSE_ERROR, ERR_PROTOCOL,
	  "the server's challenge makes no sense", "" },
	{ GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, ERR_PROTOCOL,
	  "the server asks on after the exchange was complete", "" },
	{ GSASL_AUTHENTICATION_ERROR, ERR_PROTOCOL,
	  "the server did not prove that it knows the password",
	  "somebody may be posing as the server" },
	{ GSASL_INTEGRITY_ERROR, ERR_PROTOCOL,
	  "the server did not prove that it knows the password",
	  "somebody may be posing as the server" },
	{ GSASL_SASLPREP_ERROR, ERR_CONFIG,
	  "the user or the password cannot be used: not UTF-8, or characters "
	  "that RFC 4013 forbids",
	  "change the password, or name another mechanism with `auth`" },
	{ GSASL_UNKNOWN_MECHANISM, ERR_CONFIG,
	  "this build of libgsasl does not have it", "" },
	{ GSASL_NO_CLIENT_CODE, ERR_CONFIG,
	  "this build of libgsasl does not have it", "" },
	{ GSASL_NO_AUTHID, ERR_CONFIG, "no user is configured", "set `user`" },
	{ GSASL_NO_AUTHZID, ERR_CONFIG, "no authzid is configured",
	  "set `authzid`" },
	{ GSASL_NO_PASSWORD, ERR_CONFIG, "no password is configured", "" },
	{ GSASL_NO_HOSTNAME, ERR_CONFIG, "no host is configured",
	  "set `host`" },
	{ GSASL_NO_CB_TLS_UNIQUE, ERR_TLS,
	  "the connection has nothing to bind to", "" },
	{ GSASL_NO_CB_TLS_EXPORTER, ERR_TLS,
	  "the connection has nothing to bind to", "" },
	{ GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR, ERR_AUTH,
	  "there is no Kerberos ticket for this server",
	  "kinit gets a ticket, klist shows those you have" },
};

bool sasl_fault(const struct mech *mech, int rc, struct err *e)
{
	const char *name = mech ? mech->name : "libgsasl";

	if (rc == GSASL_MALLOC_ERROR)
		mem_exhausted();
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (faults[i].rc != rc)
			continue;
		err_set(e, faults[i].kind, "%s: %s", name, faults[i].text);
		return err_hint(e, "%s", faults[i].hint);
	}
	return err_set(e, ERR_SYSTEM, "%s: %s", name, gsasl->strerror(rc));
}
