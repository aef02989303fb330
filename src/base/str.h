/*
 * str: bytes that are owned and grow.  view: bytes that are borrowed.
 *
 * A struct str is always followed by a NUL that len does not count, so .s may
 * be passed to C functions once anything was added.  A struct view is not
 * terminated and dies with whatever it points into.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct str {
	char *s;
	size_t len;
	size_t cap;
};

struct view {
	const char *p;
	size_t n;
};

#define STR_INIT ((struct str){ 0 })
#define VIEW_NONE ((struct view){ NULL, 0 })

/*
 * The process ends with EX_OSERR where memory runs out; see base/mem.h.  What
 * is added must not lie within s, which moves as it grows.
 */
void str_add(struct str *s, struct view v);
void str_addc(struct str *s, char c);
void str_adds(struct str *s, const char *terminated);
void str_addf(struct str *s, const char *fmt, ...) ATTR_PRINTF(2, 3);
void str_truncate(struct str *s, size_t len);
void str_free(struct str *s);

/* Add a character of ISO-8859-1 in UTF-8. */
void str_add_latin1(struct str *s, char c);

/* The bytes as a C string; "" where nothing was added yet.  Borrowed. */
const char *str_chars(const struct str *s);

/* Hand the bytes to the caller, who frees them; s is empty again. */
char *str_detach(struct str *s);

/*
 * Add v without what has no place in a header or a command: control characters
 * (C0, DEL, and C1 whether single bytes or U+0080 to U+009F in UTF-8) and bytes
 * that are no UTF-8 become '?'.
 */
void str_add_clean(struct str *s, struct view v);

/*
 * The same fit for a terminal and a log: marks that turn the direction of what
 * follows (Unicode Annex 9, explicit formatting) become '?' as well.
 */
void str_add_printable(struct str *s, struct view v);

/* Add v so that a shell takes it for one word, as it stands if it is one. */
void str_add_word(struct str *s, struct view v);

struct view str_view(const struct str *s);
struct view view_of(const char *terminated);
/* n bytes from position start, less where v ends before. */
struct view view_part(struct view v, size_t start, size_t n);
bool view_equal(struct view a, struct view b);
/* Equal but for the case of A-Z. */
bool view_equal_nocase(struct view a, struct view b);
bool view_is(struct view v, const char *terminated);
bool view_is_nocase(struct view v, const char *terminated);
bool view_starts(struct view v, const char *prefix);
bool view_starts_nocase(struct view v, const char *prefix);
/* Without blanks, CR and LF at either end. */
struct view view_trim(struct view v);
/* True where any byte is a C0 control (CR, LF, NUL, tab too) or DEL. */
bool view_has_control(struct view v);
bool view_has_8bit(struct view v);
bool view_is_utf8(struct view v);

/* The bytes of one well-formed UTF-8 character at v's start; 0 if none. */
size_t view_utf8_char(struct view v);

/*
 * How many bytes at the start of v (not empty) are one character, and whether
 * it is no control character; a byte that is no UTF-8 counts as one.
 */
size_t view_next_char(struct view v, bool *clean);

/* The same, and whether it is fit to be shown in the sense of
 * str_add_printable. */
size_t view_next_shown(struct view v, bool *shown);

#endif
