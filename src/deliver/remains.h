/*
 * remains: what there is of a message that could not be made ready to be sent,
 * so that it can be kept for people to look at.
 */
#ifndef DELIVER_REMAINS_H
#define DELIVER_REMAINS_H

#include "deliver/prepare.h"

/*
 * After prepare_envelope or prepare_message failed with why: m becomes what was
 * given, its envelope as far as that can be said, the header without Bcc where
 * that is removed, and all that body still holds.  False: there is nothing to
 * keep, either because of what failed (usage, a missing file, this machine), or
 * as e says.
 */
bool remains_read(const struct prepare *p, struct message *m,
		  struct reader *body, const struct err *why,
		  struct err *e) ATTR_MUST_USE;

/* The same for a message whose body is in a draft. */
bool remains_composed(const struct prepare *p, struct message *m,
		      const struct draft *body, const struct facts *facts,
		      const struct err *why, struct err *e) ATTR_MUST_USE;

#endif
