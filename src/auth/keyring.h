/*
 * keyring: passwords that the desktop keeps, asked for through secret-tool(1),
 * which speaks the Secret Service of GNOME Keyring, KWallet and others.
 *
 * An entry is found by its attributes, whatever its schema is called: first
 * host, service (always smtp) and user, which is how ours and those of msmtp
 * are stored; then server, protocol and user, the schema of network passwords
 * that many programs share.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include <stdint.h>

#include "base/secret.h"

struct err;

/* The keyring may have to ask the person at the desktop to unlock it. */
#define KEYRING_LIMIT_S 60

/*
 * False where there is no bus of a desktop session to ask on, as in cron:
 * neither $DBUS_SESSION_BUS_ADDRESS nor $XDG_RUNTIME_DIR/bus.
 */
bool keyring_reachable(void);

/*
 * out is the password, or unset where the keyring has no such entry.
 * ERR_CONFIG: secret-tool is missing; ERR_DEFERRED: it failed, or was not done
 * in time.
 */
bool keyring_fetch(const char *host, const char *user, int64_t deadline_ms,
		   struct secret *out, struct err *e) ATTR_MUST_USE;

#endif
