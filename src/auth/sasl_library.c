#include "config.h"

#include "auth/sasl_library.h"

static struct library_page page;
const struct gsasl_functions *const gsasl = (const void *)&page;

#define GSASL_NAME(name) "gsasl_" #name,
static const char *const names[] = { GSASL_FUNCTIONS(GSASL_NAME) };

bool sasl_library_load(struct err *e)
{
	static struct library library = {
		.file = GSASL_FILE,
		.names = names,
		.n = ARRAY_LEN(names),
		.page = &page,
	};

	return library_load(&library, e);
}
