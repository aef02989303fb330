/*
 * local: what means something on this machine only, and what becomes of it.
 *
 * An address is local where it has no domain, or one of `local_hosts`.  Under
 * the name msmtp a domain counts only where local_hosts was set.
 */
#ifndef DELIVER_LOCAL_H
#define DELIVER_LOCAL_H

#include "base/list.h"
#include "msg/aliases.h"

struct account;
struct err;

#define LOCAL_HOSTS_MAX 1000

struct local {
	const struct account *account; /* borrowed */
	bool msmtp_name;
	const char *default_aliases; /* borrowed: where it exists; or NULL */
	struct list hosts;
	struct aliases aliases;
	bool aliases_read;
};

#define LOCAL_INIT ((struct local){ 0 })

/*
 * Find out which domains are ours; no DNS, unless local_hosts has %C.  The
 * fields up to hosts are filled in by the caller.  ERR_CONFIG where what the
 * user wrote into local_hosts stands for nothing.
 */
bool local_open(struct local *l, struct err *e) ATTR_MUST_USE;
void local_free(struct local *l);

bool local_is_host(const struct local *l, struct view domain);
bool local_is(const struct local *l, const char *path);

/* The names that lines of text, an /etc/hosts, have for host. */
void local_add_names(struct view text, const char *host, struct list *out);

/*
 * Whom path stands for, at the end of out: itself, unless it is local: by
 * aliases, else local_recipient, else at masquerade, else (under the name
 * msmtp) itself.  Nobody where all were there before in this search
 * (aliases_begin).  Lines about aliases go into notes.  ERR_RECIPIENT where
 * nobody stands behind it, ERR_CONFIG where aliases are wrong.
 */
bool local_resolve(struct local *l, const char *path, struct list *out,
		   struct list *notes, struct err *e) ATTR_MUST_USE;

/* path, local, at the domain of masquerade; NULL without one.  Owned. */
char *local_masquerade(const struct local *l, const char *path);

/* Where aliases are looked up under the name sendmail, if nothing else is said
 * and there is such a file. */
#define LOCAL_SYSTEM_ALIASES "/etc/aliases"

/* Read the aliases that local_resolve would use and walk through them: the
 * mistakes are in l->aliases then, what is passed over in notes. */
bool local_check_aliases(struct local *l, struct list *notes,
			 struct err *e) ATTR_MUST_USE;

#endif
