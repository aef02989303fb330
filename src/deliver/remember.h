/*
 * remember: what earlier runs have learnt about servers.
 *
 * A small file, $XDG_STATE_HOME/postrider/state or
 * ~/.local/state/postrider/state, root's LOCALSTATEDIR/lib/postrider/state,
 * with lines
 *
 *     good HOST:PORT ACCOUNT      the server of the account that worked last
 *     nochunk HOST:PORT           gets CHUNKING wrong
 *
 * It only saves time: where it is missing, cannot be written, belongs to
 * somebody else or holds anything else, nothing is remembered and nobody is
 * told.  It is read where there is a choice, and written, whole and at once,
 * where something changed.
 */
#ifndef DELIVER_REMEMBER_H
#define DELIVER_REMEMBER_H

#include "base/str.h"

#define REMEMBER_FILE_MAX 16384
#define REMEMBER_LINES_MAX 128 /* of the older ones the first are dropped */
#define REMEMBER_LINE_MAX 512

/* The server that worked last, appended to where; false: none is known. */
bool remember_good(const char *account, struct str *where);
void remember_set_good(const char *account, const char *where);

bool remember_is_chunking_bad(const char *where);
void remember_set_chunking_bad(const char *where);

#endif
