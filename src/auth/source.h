/*
 * source: where a secret comes from; a table, the first row that has one wins.
 *
 * A source is asked only when a mechanism, or the token of a client
 * certificate, needs the secret.  One that has nothing makes way for the next;
 * one that was named and fails is an error, so that no other secret is sent
 * than the one that was meant.
 */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

#include <stdint.h>

#include "base/secret.h"

struct err;

enum source_keyring {
	SOURCE_KEYRING_AUTO, /* where it can be asked; its faults are silent */
	SOURCE_KEYRING_ON,
	SOURCE_KEYRING_OFF,
}; /* as keyword `keyring` */

struct source_config {
	/* All borrowed; NULL, 0 or unset where not configured. */
	const struct secret *password;
	const char *passwordeval;  /* command for /bin/sh */
	const char *password_file; /* path, or credential:NAME */
	int password_fd;
	enum source_keyring keyring;
	/* Whose secret it is; without a user no keyring is asked. */
	const char *host, *user;
	/* The folders of .netrc and of netrc. */
	const char *home, *system_dir;
	bool may_prompt;
};

#define SOURCE_COMMAND_LIMIT_S 60
#define SOURCE_FILE_MAX 65536
#define SOURCE_NETRC_MAX 1048576

/*
 * Take the descriptor of `password_fd` into keeping, once it is known: no
 * program that is started from then on inherits it.  One that the caller did
 * not hand to us is not taken: it could be a file of our own.
 */
void source_hold(int fd);

/*
 * ERR_CONFIG where there is no source or one is missing, unfit or empty;
 * ERR_DEFERRED (75) where a command fails, is not done in time, or prints an
 * empty line.  A descriptor is read and closed.  On failure out is empty.
 */
bool source_fetch(const struct source_config *c, int64_t deadline_ms,
		  struct secret *out, struct err *e) ATTR_MUST_USE;

#endif
