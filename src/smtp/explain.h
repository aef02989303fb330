/* explain: what well-known replies of providers mean for the user. */
#ifndef SMTP_EXPLAIN_H
#define SMTP_EXPLAIN_H

#include "base/err.h"
#include "smtp/phase.h"

/* Set e->hint where e->code and e->said are in the table and no hint is set. */
void explain_reply(enum phase phase, struct err *e);

#endif
