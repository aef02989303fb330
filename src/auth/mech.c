#include "config.h"

#include "auth/mech.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/scan.h"

/* Columns of the table below, so that a row reads as a sentence. */
#define AUTOMATIC .automatic = true
#define CLEAR .in_clear = true
#define BINDS .binds = true
#define USER .needs_user = true
#define SECRET .needs_secret = true
#define FIRST .client_first = true

static const struct mech mechs[] = {
	{ "SCRAM-SHA-256-PLUS", "scram-sha-256-plus", MECH_SCRAM, AUTOMATIC,
	  CLEAR, BINDS, USER, SECRET, FIRST },
	{ "SCRAM-SHA-1-PLUS", "scram-sha-1-plus", MECH_SCRAM, AUTOMATIC, CLEAR,
	  BINDS, USER, SECRET, FIRST },
	{ "SCRAM-SHA-256", "scram-sha-256", MECH_SCRAM, AUTOMATIC, CLEAR, USER,
	  SECRET, FIRST },
	{ "SCRAM-SHA-1", "scram-sha-1", MECH_SCRAM, AUTOMATIC, CLEAR, USER,
	  SECRET, FIRST },
	{ "PLAIN", "plain", MECH_PLAIN, AUTOMATIC, USER, SECRET, FIRST },
	{ "CRAM-MD5", "cram-md5", MECH_PLAIN, AUTOMATIC, USER, SECRET },
	{ "DIGEST-MD5", "digest-md5", MECH_PLAIN, AUTOMATIC, USER, SECRET },
	{ "LOGIN", "login", MECH_PLAIN, AUTOMATIC, USER, SECRET },
	{ "NTLM", "ntlm", MECH_PLAIN, AUTOMATIC, USER, SECRET, FIRST },
	{ "EXTERNAL", "external", MECH_EXTERNAL, FIRST },
	{ "GSSAPI", "gssapi", MECH_PLAIN, FIRST },
	{ "GS2-KRB5", "gs2-krb5", MECH_PLAIN, FIRST },
	{ "OAUTHBEARER", "oauthbearer", MECH_OAUTHBEARER, USER, SECRET, FIRST },
	{ "XOAUTH2", "xoauth2", MECH_XOAUTH2, USER, SECRET, FIRST },
};

const struct mech *mech_at(size_t i)
{
	return i < ARRAY_LEN(mechs) ? &mechs[i] : NULL;
}

const struct mech *mech_find(const char *keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(mechs); i++)
		if (ascii_casecmp(mechs[i].keyword, keyword) == 0)
			return &mechs[i];
	return NULL;
}

bool mech_offered(struct view offered, const char *name)
{
	struct scan words = scan_of(offered);

	while (!scan_done(&words))
		if (view_is_nocase(scan_until(&words, ' '), name))
			return true;
	return false;
}

const struct mech *mech_choose(struct view offered, bool encrypted,
			       bool can_bind)
{
	for (size_t i = 0; i < ARRAY_LEN(mechs); i++) {
		const struct mech *m = &mechs[i];

		if (m->automatic && (encrypted || m->in_clear) &&
		    (can_bind || !m->binds) && mech_offered(offered, m->name))
			return m;
	}
	return NULL;
}
