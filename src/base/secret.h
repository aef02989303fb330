/*
 * secret: bytes that are locked in memory, kept out of core dumps, and wiped.
 *
 * Passwords, tokens, what goes into AUTH and the buffers these pass through
 * are of this type and of no other: never in argv, the environment, a struct
 * str, a log or a transcript.  Locking is tried, not required (RLIMIT_MEMLOCK).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

struct secret {
	char *p; /* owned pages; p[n] is NUL where p is not NULL */
	size_t n;
	size_t cap;
};

#define SECRET_INIT ((struct secret){ 0 })

void secret_add(struct secret *s, struct view v);
void secret_set(struct secret *s, struct view v); /* v may lie within s */
void secret_copy(struct secret *to, const struct secret *from);

/* Room for n bytes at p, in all; what was there stays. */
void secret_reserve(struct secret *s, size_t n);

/* Shorten to len bytes and wipe what is cut off. */
void secret_truncate(struct secret *s, size_t len);

/* Keep the first line, without its end (LF or CRLF), and wipe the rest. */
void secret_keep_line(struct secret *s);
void secret_free(struct secret *s);

/* Borrowed; dies when s grows or is freed. */
struct view secret_view(const struct secret *s);
bool secret_is_set(const struct secret *s); /* p exists: "" is a secret too */

/* Overwrite n bytes in a way that no compiler takes out. */
void secret_wipe(void *p, size_t n);

#endif
