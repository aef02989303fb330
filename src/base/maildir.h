/*
 * maildir: messages in a folder as files, each there whole or not at all.
 *
 * A message is written to tmp/, made safe on disk and moved to where mail
 * readers look.  What is in the files is the caller's.
 */
#ifndef BASE_MAILDIR_H
#define BASE_MAILDIR_H

#include <stdbool.h>

#include "base/draft.h"
#include "base/str.h"

struct err;

enum maildir_box {
	MAILDIR_NEW,  /* new/: nobody has seen it */
	MAILDIR_SEEN, /* cur/, marked as seen */
};

/*
 * Add head and then all of message (flushed) as one file of mode 0600.  The
 * maildir and its folders are made, with mode 0700, where the folder above is
 * there.  Where it fails nothing is left behind; ERR_IO or ERR_SYSTEM.
 */
bool maildir_add(const char *path, enum maildir_box box, struct view head,
		 const struct draft *message, struct err *e) ATTR_MUST_USE;

#endif
