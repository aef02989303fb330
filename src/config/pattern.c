#include "config.h"

#include "config/pattern.h"

#include <fnmatch.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/str.h"

bool pattern_is_wild(const char *pattern)
{
	const char *literal = strstr(pattern, "@[");

	if (strpbrk(pattern, "?*"))
		return true;
	return strchr(pattern, '[') != (literal ? literal + 1 : NULL);
}

static char *lower(const char *s)
{
	char *copy = mem_copy(s);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

/* The same address without the +detail of its local part, or NULL where it
 * has none. */
static char *without_detail(const char *address)
{
	const char *at = strrchr(address, '@');
	const char *plus = strchr(address, '+');
	struct str out = STR_INIT;

	if (!plus || plus == address || (at && plus > at))
		return NULL;
	str_add(&out, (struct view){ address, (size_t)(plus - address) });
	str_adds(&out, at ? at : "");
	return str_detach(&out);
}

/* Both in lower case. */
static bool fits(const char *pattern, const char *address)
{
	return strcmp(pattern, address) == 0 ||
	       (pattern_is_wild(pattern) && fnmatch(pattern, address, 0) == 0);
}

bool pattern_fits(const char *pattern, const char *address)
{
	CLEAN(mem_string) char *p = lower(pattern);
	CLEAN(mem_string) char *full = lower(address);
	CLEAN(mem_string) char *bare = without_detail(full);

	return fits(p, full) || (bare && !strchr(p, '+') && fits(p, bare));
}
