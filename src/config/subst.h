/*
 * subst: %U, %H, %C, %M and %F in the values of `from` and `domain`.
 *
 * Only what a file says is expanded, and only after an account was chosen;
 * addresses of the command line may hold % themselves.  There is no way to
 * write a literal %U.
 */
#ifndef CONFIG_SUBST_H
#define CONFIG_SUBST_H

#include "base/str.h"

struct err;
struct subst_values;

/*
 * How to find out what a letter stands for; each appends to out and is asked
 * only where the letter occurs.
 */
struct subst_lookups {
	bool (*user)(const struct subst_values *v, struct str *out,
		     struct err *e); /* %U */
	bool (*host)(const struct subst_values *v, struct str *out,
		     struct err *e); /* %H */
	bool (*canonical)(const struct subst_values *v, struct str *out,
			  struct err *e); /* %C: may ask name service */
	bool (*mailname)(const struct subst_values *v, struct str *out,
			 struct err *e); /* %M */
};

struct subst_values {
	const struct subst_lookups *lookups;
	const char *system_dir;  /* SYSCONFDIR, for %M */
	const char *from_header; /* address of the From header, for %F; or
				    NULL: there is none */
	bool domain_only;        /* %H, %C and %M only: the keyword `domain` */
};

/* This machine's: environment, gethostname, getaddrinfo, mailname. */
extern const struct subst_lookups subst_of_system;

/*
 * Append value, expanded.  Control characters and broken UTF-8 in what is put
 * in become '?'.  ERR_CONFIG where a letter that occurs stands for nothing.
 */
bool subst_expand(const char *value, const struct subst_values *v,
		  struct str *out, struct err *e) ATTR_MUST_USE;

#endif
