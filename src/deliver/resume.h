/*
 * resume: from an item back to an account and a message.
 *
 * And the other way: whether an account could be found again later at all.
 */
#ifndef DELIVER_RESUME_H
#define DELIVER_RESUME_H

#include "config/fallback.h"
#include "config/parse.h"
#include "deliver/message.h"
#include "queue/spool.h"

/*
 * Append what changes with the files by which account is made, or its secret
 * found, is changed; config is the file that o->config names, or NULL.
 */
void resume_stamp(const struct item_origin *o, const struct config *c,
		  const struct account *account, struct str *out);

/*
 * Note in o how account (chosen from c, options applied) is found again.
 * ERR_CONFIG names what could not be repeated later: password_fd, a command for
 * the secret on the command line, a secret of the environment, credential:.
 */
bool resume_describe(const struct config *c, const struct account *account,
		     struct item_origin *o, struct err *e) ATTR_MUST_USE;

struct resumed {
	struct config config;
	struct account account;
	struct accounts fallbacks;
	struct str stamp; /* of resume_stamp; there though resume_account failed
			   */
};

#define RESUMED_INIT ((struct resumed){ .config = CONFIG_INIT })

/* The account and its fallbacks, as the files have them now.  ERR_CONFIG. */
bool resume_account(const struct item_origin *o, struct resumed *r,
		    struct err *e) ATTR_MUST_USE;
void resumed_free(struct resumed *r);

/*
 * The message of a taken item, for those recipients that are pending; index[i]
 * (owned, to be freed) is whom recipient i is in the item.  deliver_by is less
 * by the time waited, a hold_until that has passed is dropped.  m borrows
 * nothing.
 */
bool resume_message(const struct taken *t, int64_t now, struct message *m,
		    size_t **index, struct err *e) ATTR_MUST_USE;

#endif
