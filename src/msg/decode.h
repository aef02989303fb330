/* decode: encoded words (RFC 2047) back to UTF-8. */
#ifndef MSG_DECODE_H
#define MSG_DECODE_H

#include "base/str.h"

/*
 * Append text with its encoded words decoded and made printable; charsets
 * UTF-8, US-ASCII and ISO-8859-1, what is in others stays as it is.  Blanks
 * between adjacent encoded words go (RFC 2047, 6.2).
 */
void decode_words(struct view text, struct str *out);

#endif
