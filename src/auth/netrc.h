/*
 * netrc: passwords by host and user, in the file that ftp(1) made known.
 *
 * Words are separated by blanks and line ends.  Quotes, single or double, keep
 * blanks in a word and end with the line at the latest; a backslash is an
 * ordinary character.  # begins a comment where a keyword could stand, but not
 * in a value.  `machine NAME` opens an entry, and `login` (or `user`) and
 * `password` (or `passwd`) are of the entry they follow; the last one of each
 * counts.  `default` opens an entry that is nobody's, `account X` is passed
 * over, `macdef NAME` up to the next empty line, and what is no keyword too.
 */
#ifndef AUTH_NETRC_H
#define AUTH_NETRC_H

#include "base/secret.h"

/*
 * The password of the first entry that has one, whose machine is host to the
 * letter and whose login is absent or user; where user is NULL it must be
 * absent.  out is unset where there is none.
 */
void netrc_find(struct view text, const char *host, const char *user,
		struct secret *out);

#endif
