/* flush_pick: which messages a flush is about, and making them due. */
#ifndef CLI_FLUSH_PICK_H
#define CLI_FLUSH_PICK_H

#include "cli/flush.h"

struct pick {
	struct queue *queue; /* borrowed */
	char *id;            /* owned */
	int64_t last_try;    /* as it was then */
	int attempts;
};

struct picks {
	struct pick *v;
	size_t n;
};

#define PICKS_INIT ((struct picks){ .v = NULL })

/*
 * Note those that f is about and that shall be tried, due on disk.  What
 * hinders a single one is told, and e is then why; false with ERR_NOINPUT
 * where an ID is unknown, with ERR_CONFIG where an account is.
 */
bool flush_pick(const struct flush *f, struct picks *picks,
		struct err *e) ATTR_MUST_USE;
void picks_free(struct picks *p);

#endif
