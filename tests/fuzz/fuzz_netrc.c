/*
 * Input: a file.  Holds: the password is no longer than the file, is none for
 * a host that the file does not name, and is the same again.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth/netrc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(secret) struct secret a = SECRET_INIT;
	CLEAN(secret) struct secret b = SECRET_INIT;
	struct view text = { (const char *)data, size };

	netrc_find(text, "host", "ada", &a);
	netrc_find(text, "host", "ada", &b);
	if (secret_is_set(&a) != secret_is_set(&b) || a.n > size ||
	    !view_equal(secret_view(&a), secret_view(&b)))
		abort();
	if (secret_is_set(&a) &&
	    (!memchr(data, 'h', size) || !memchr(data, 'm', size)))
		abort();
	/* An entry that needs no login does for somebody, too. */
	netrc_find(text, "host", NULL, &b);
	netrc_find(text, "no such host", "ada\n", &b);
	return 0;
}
