/*
 * word: text in headers.  RFC 2047 encoded words, RFC 2231 parameters, and
 * quoting of display names.
 */
#ifndef MSG_WORD_H
#define MSG_WORD_H

#include "base/str.h"

/*
 * Append text (UTF-8) as unstructured header text for a field whose name has
 * name_length octets: folded, and as encoded words of at most 75 octets where
 * it is not plain ASCII, looks like an encoded word, or has no blank to fold
 * at for long.  Characters are never split.  Control characters become blanks,
 * what is no UTF-8 is taken for ISO-8859-1.
 */
void word_add_text(size_t name_length, struct view text, struct str *out);

/*
 * Append name as a display name: atoms as they are, else quoted, else (not
 * ASCII, or with "=?" in it) as encoded words of at most 60 octets with one
 * blank between them.  A reader is shown what name says, but for blanks at its
 * ends.  No folding; the caller folds, at any blank.
 */
void word_add_name(struct view name, struct str *out);

/*
 * Append `; name=value` for a MIME parameter: token, quoted string, or for
 * other than ASCII RFC 2231 (name*=UTF-8''..., in pieces of at most 78
 * octets), each on a folded line of its own.  Control characters become "_".
 */
void word_add_parameter(const char *name, struct view value, struct str *out);

/* Append v in quotes, with a backslash before each quote and backslash. */
void word_add_quoted(struct view v, struct str *out);

/* True for what a token is made of (RFC 2045, 5.1). */
bool word_is_token_char(char c);

#endif
