/* check: settings that contradict one another, and legal but unwise ones. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/account.h"

struct err;

/*
 * What must hold before anything is sent: host, both of key and certificate,
 * trust or a fingerprint where tls is on, and so on.  ERR_CONFIG.
 */
bool check_account(const struct account *a, struct err *e) ATTR_MUST_USE;

/* Sentences about what is legal but unwise, for `postrider config` and -P. */
void check_advice(const struct account *a, struct list *out);

#endif
