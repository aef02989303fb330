/*
 * fallback: the accounts whose servers are tried after those of another.
 */
#ifndef CONFIG_FALLBACK_H
#define CONFIG_FALLBACK_H

#include "config/parse.h"

/* One message is not tried through more accounts than this in all. */
#define FALLBACK_ACCOUNTS_MAX 8

struct accounts {
	struct account v[FALLBACK_ACCOUNTS_MAX];
	size_t n;
};

#define ACCOUNTS_INIT ((struct accounts){ .n = 0 })

void accounts_free(struct accounts *list);

/*
 * The account that a names as its fallback, the one that this names, and so
 * on, in the order in which they are tried; copies, which borrow file names
 * from c.  A fallback that an account got from `defaults` and that is this
 * very account ends the chain.  ERR_CONFIG where there is no such account,
 * where the chain comes back to an account or is too long, and for what
 * check_account finds; out is then empty.
 */
bool fallback_chain(const struct config *c, const struct account *a,
		    struct accounts *out, struct err *e) ATTR_MUST_USE;

/* Every `fallback` of a file that names no account is a mistake of its line;
 * one of the environment is found when it is followed. */
void fallback_check(struct config *c);

#endif
