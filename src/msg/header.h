/*
 * header: the header block of a message as an ordered list of fields.
 *
 * A field is kept as it came: name, then everything after the colon with its
 * folding, line ends as LF, without the last LF.  Bytes are not decoded.
 */
#ifndef MSG_HEADER_H
#define MSG_HEADER_H

#include "base/str.h"

struct err;

/* RFC 5322 sets no limit; a block beyond these is refused (ERR_MESSAGE). */
#define HEADER_BLOCK_MAX (1024 * 1024)
#define HEADER_FIELDS_MAX 10000
/* RFC 5322, 2.1.1: lines we make are folded before this. */
#define HEADER_FOLD_AT 78

struct field {
	char *name;    /* owned; as written, without blanks before the colon */
	char *value;   /* owned; may contain LF followed by blank (folding) */
	size_t length; /* of value, which may contain NUL bytes */
};

struct headers {
	struct field *v;
	size_t n;
	size_t cap;
};

#define HEADERS_INIT ((struct headers){ 0 })

void headers_free(struct headers *h);

/* Append; name and value are copied. */
void headers_add(struct headers *h, struct view name, struct view value);
/* Put in front of field `at` (0..n). */
void headers_insert(struct headers *h, size_t at, struct view name,
		    struct view value);
/* Remove every field of that name; returns how many there were. */
size_t headers_remove(struct headers *h, const char *name);

/* The index of the first field of that name (case folded) at or after
 * `from`; h->n where there is none. */
size_t headers_find(const struct headers *h, const char *name, size_t from);
bool headers_have(const struct headers *h, const char *name);
struct view field_value(const struct field *f);
/* Value with folding undone (LF before blank removed) and trimmed. */
void field_unfold(const struct field *f, struct str *out);
/* Another value, copied. */
void field_set(struct field *f, struct view value);
bool field_is(const struct field *f, const char *name);

/* True where line starts with a field name and a colon (RFC 5322, 2.2; blanks
 * before the colon are obsolete syntax, 4.5, and allowed): name and the rest
 * after the colon are returned. */
bool header_split(struct view line, struct view *name, struct view *rest);

/* Append "Name:value\n" to out; a line end in value that is no folding is made
 * one, so that a value is never two fields. */
void field_write(const struct field *f, struct str *out);
/* All fields; without the blank line after them. */
void headers_write(const struct headers *h, struct str *out);

/*
 * Fold text at its blanks into lines under HEADER_FOLD_AT, the first of which
 * follows a name of name_length octets and ": ".  Text has no line ends.
 */
void header_fold(size_t name_length, struct view text, struct str *out);

#endif
