/* visit: a session that is not for a message: to ask a server something. */
#ifndef DELIVER_VISIT_H
#define DELIVER_VISIT_H

#include "deliver/dial.h"
#include "deliver/route.h"

struct visit {
	bool looks_only; /* to be set by the caller; see struct dial */
	struct route route;
	struct dial dial; /* with the last server that was tried */
};

#define VISIT_INIT ((struct visit){ .dial = DIAL_INIT })

/*
 * Open a session with the first of the account's servers that can be had, in
 * the order in which a message would try them; transcript may be NULL.  The
 * time is that of the account's deadline.  Where none can be had, e is about
 * the last.  v must not move in memory until visit_free.
 */
bool visit_open(struct visit *v, const struct account *a,
		struct transcript *transcript, struct err *e) ATTR_MUST_USE;
void visit_free(struct visit *v);

#endif
