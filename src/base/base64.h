/* base64: RFC 4648, section 4; padded, on one line. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/secret.h"
#include "base/str.h"

/* Bytes of the encoding of n bytes. */
size_t base64_length(size_t n);

/* Encode n bytes at p into out, which has base64_length(n); no NUL. */
void base64_encode(const void *p, size_t n, char *out);

/* Append the encoding of v. */
void base64_add(struct str *out, struct view v);
void base64_add_secret(struct secret *out, struct view v);

/* Append what v encodes; false, with nothing added, where it is malformed. */
bool base64_decode(struct str *out, struct view v) ATTR_MUST_USE;

#endif
