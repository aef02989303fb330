/* tale: what went wrong at one server after another, as one sentence. */
#ifndef DELIVER_TALE_H
#define DELIVER_TALE_H

#include "base/err.h"
#include "base/str.h"

/* So many are told, and so many bytes of each. */
#define TALE_TOLD_MAX 4
#define TALE_REASON_MAX 120

struct tale {
	struct str text;
	int told;
};

#define TALE_INIT ((struct tale){ .text = STR_INIT })

/* One that was not the last. */
void tale_add(struct tale *t, const struct err *e);

/* Put those in front of what the last one said; false, as err_set. */
bool tale_join(const struct tale *t, struct err *e);

void tale_free(struct tale *t);

#endif
