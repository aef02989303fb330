/*
 * pattern: which senders a value of `from`, `match` or `rewrite` means.
 */
#ifndef CONFIG_PATTERN_H
#define CONFIG_PATTERN_H

#include <stdbool.h>

/*
 * True where pattern has wildcards: ? * [ as a shell has them.  The bracket of
 * an address literal such as me@[192.0.2.1] is none.
 */
bool pattern_is_wild(const char *pattern);

/*
 * True where address is pattern, or fits it where it is wild, whatever the
 * case; or would without its +detail (RFC 5233) where pattern has no +.  / and
 * a leading dot are bytes like others.
 */
bool pattern_fits(const char *pattern, const char *address);

#endif
