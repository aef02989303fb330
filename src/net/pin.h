/*
 * pin: what the keywords tls_fingerprint and tls_pin say, as bytes.
 */
#ifndef NET_PIN_H
#define NET_PIN_H

#include "base/list.h"

struct err;

#define PIN_PREFIX "sha256:"

/*
 * Append the bytes of a fingerprint to out: pairs of hexadecimal digits, ':'
 * or a blank allowed between two pairs; 32 (SHA-256), 20 (SHA-1) or 16 (MD5)
 * of them.  ERR_CONFIG, with out as it was, for anything else.
 */
bool pin_parse_fingerprint(const char *text, struct str *out,
			   struct err *e) ATTR_MUST_USE;

/* "aa:bb:cc" in capitals. */
void pin_add_hex(struct str *out, struct view bytes);

/* "sha256:" and the Base64 of a digest. */
void pin_add(struct str *out, struct view sha256);

/* ERR_CONFIG where one of pins is not "sha256:" and Base64 of 32 bytes. */
bool pin_check(const struct list *pins, struct err *e) ATTR_MUST_USE;

/* True where one of pins is this SHA-256 of a SubjectPublicKeyInfo. */
bool pin_matches(const struct list *pins, struct view sha256);

#endif
