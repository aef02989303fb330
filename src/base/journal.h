/*
 * journal: an event for systemd's journal, by its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
 *
 * An entry is fields, each a name of A-Z, 0-9 and _ and a value of any bytes.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct log_event;

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Append one field to an entry. */
void journal_add(struct str *entry, const char *name, struct view value);

/* Append every field of ev: host becomes POSTRIDER_HOST, and so on. */
void journal_add_event(struct str *entry, const struct log_event *ev);

/*
 * One entry to the socket at path, in a datagram or, where it is too large
 * for one, in a sealed file of memory.  ERR_SYSTEM where nobody takes it
 * within a few seconds.
 */
bool journal_send(const char *path, struct view entry,
		  struct err *e) ATTR_MUST_USE;

#endif
