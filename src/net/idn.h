/* idn: domains in A-labels (RFC 5891), through libidn2 where needed. */
#ifndef NET_IDN_H
#define NET_IDN_H

#include "base/str.h"

struct err;

/*
 * Append domain (UTF-8) in A-labels to out (non-transitional, UTS 46).  Pure
 * ASCII is copied as it is, without a call to the library.  ERR_MESSAGE, and
 * out as it was, where the domain has no such form.
 */
bool idn_to_ascii(struct view domain, struct str *out,
		  struct err *e) ATTR_MUST_USE;

/* For --version; static. */
const char *idn_library_version(void);

#endif
