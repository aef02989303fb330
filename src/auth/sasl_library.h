/* sasl_library: the functions of libgsasl that we use; see base/library. */
#ifndef AUTH_SASL_LIBRARY_H
#define AUTH_SASL_LIBRARY_H

#include <gsasl.h>

#include "base/err.h"
#include "base/library.h"

/* clang-format off */
#define GSASL_FUNCTIONS(X) \
	X(callback_hook_get) X(callback_hook_set) X(callback_set) \
	X(check_version) X(client_start) X(client_support_p) X(done) \
	X(finish) X(free) X(init) X(property_fast) X(property_set) \
	X(saslprep) X(step) X(strerror)
#define GSASL_POINTER(name) __typeof__(gsasl_##name) *(name);
struct gsasl_functions {
	GSASL_FUNCTIONS(GSASL_POINTER)
};
/* clang-format on */

/* To be used after sasl_library_load() was true. */
extern const struct gsasl_functions *const gsasl;

/* ERR_SYSTEM: there is no libgsasl here that can be used. */
bool sasl_library_load(struct err *e) ATTR_MUST_USE;

#endif
