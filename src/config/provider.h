/*
 * provider: presets of well-known services: host, port, TLS and auth.
 *
 * A preset fills in what nothing else set: any keyword that is written
 * somewhere, in an account, in `defaults` or as an option, wins.
 */
#ifndef CONFIG_PROVIDER_H
#define CONFIG_PROVIDER_H

#include "config/account.h"

struct err;

/* The names, "ses:REGION" among them; NULL past the end.  Static. */
const char *provider_name(size_t i);

/* ERR_CONFIG, with the nearest name, where there is none of that name. */
bool provider_check(struct view name, struct err *e) ATTR_MUST_USE;

/*
 * Fill in what the account's provider says (origin ORIGIN_PROVIDER) and what
 * was neither set nor comes from anything but a preset.  May be called again
 * after settings were changed; without a provider what an earlier one said
 * goes back to the defaults.  The host stays unset where `hosts` or `srv` say
 * which servers there are.
 */
bool provider_apply(struct account *a, struct err *e) ATTR_MUST_USE;

/* What the provider wants for a password, for people; or NULL.  Static. */
const char *provider_hint(const struct account *a);

/* True where what answers there has a certificate that it made itself. */
bool provider_is_self_signed(const struct account *a);

#endif
