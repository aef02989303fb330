/*
 * source: where a secret comes from; a table, the first row that has one wins.
 *
 * A source is asked only when a mechanism needs the secret.
 */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

#include <stdint.h>

#include "base/secret.h"

struct err;

struct source_config {
	/* All borrowed; NULL or unset where not configured. */
	const struct secret *password;
	const char *passwordeval;  /* command for /bin/sh */
	const char *password_file; /* path, or credential:NAME */
};

#define SOURCE_COMMAND_LIMIT_S 60
#define SOURCE_FILE_MAX 65536

/*
 * ERR_CONFIG where there is no source or its file is missing, unfit or empty
 * in its first line; ERR_DEFERRED (75) where the command fails, is not done in
 * time, or prints an empty line.  On failure out is empty.
 */
bool source_fetch(const struct source_config *c, int64_t deadline_ms,
		  struct secret *out, struct err *e) ATTR_MUST_USE;

#endif
