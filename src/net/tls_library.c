#include "config.h"

#include "net/tls_library.h"

static struct library_page page;
const struct gnutls_functions *const gnutls = (const void *)&page;

#define GNUTLS_NAME(name) "gnutls_" #name,
static const char *const names[] = { GNUTLS_FUNCTIONS(GNUTLS_NAME) };

bool tls_library_load(struct err *e)
{
	static struct library library = {
		.file = GNUTLS_FILE,
		.names = names,
		.n = ARRAY_LEN(names),
		.page = &page,
	};

	return library_load(&library, e);
}
