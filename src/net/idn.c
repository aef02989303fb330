#include "config.h"

#include "net/idn.h"

#include <idn2.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/library.h"
#include "base/mem.h"

/* A name that long has no A-labels that fit into 255 octets (RFC 1035). */
#define IDN_DOMAIN_MAX 1024

/* --- libidn2 -------------------------------------------------------------- */

/* clang-format off */
#define IDN2_FUNCTIONS(X) X(check_version) X(free) X(strerror) X(to_ascii_8z)
#define IDN2_POINTER(name) __typeof__(idn2_##name) *(name);
#define IDN2_NAME(name) "idn2_" #name,
static struct library_page page;
static const struct {
	IDN2_FUNCTIONS(IDN2_POINTER)
} *const idn2 = (const void *)&page;
static const char *const names[] = { IDN2_FUNCTIONS(IDN2_NAME) };
/* clang-format on */

static bool load(struct err *e)
{
	static struct library library = {
		.file = IDN2_FILE,
		.names = names,
		.n = ARRAY_LEN(names),
		.page = &page,
	};

	return library_load(&library, e);
}

/* --- a domain ------------------------------------------------------------- */

static bool fail(struct view domain, const char *why, struct err *e)
{
	CLEAN(str) struct str shown = STR_INIT;

	str_add_printable(&shown, view_part(domain, 0, 255));
	return err_set(e, ERR_MESSAGE,
		       "'%s' is no domain that DNS can carry: %s",
		       str_chars(&shown), why);
}

/*
 * UTS 46 maps some characters to ASCII that no host name has (U+2100 gives
 * "a/c"), which could make another name, or a path, of it.
 */
static bool is_host_name(const char *s)
{
	for (; *s; s++)
		if (!ascii_is_alnum(*s) && *s != '-' && *s != '.' && *s != '_')
			return false;
	return true;
}

static bool convert(struct view domain, struct str *out, struct err *e)
{
	CLEAN(mem_string) char *name = mem_copy_n(domain.p, domain.n);
	char *ascii = NULL;
	int rc = idn2->to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL);
	bool ok = rc == IDN2_OK && is_host_name(ascii);

	if (ok)
		str_adds(out, ascii);
	idn2->free(ascii);
	if (ok)
		return true;
	return fail(domain,
		    rc == IDN2_OK ? "a character is not allowed there"
				  : idn2->strerror(rc),
		    e);
}

bool idn_to_ascii(struct view domain, struct str *out, struct err *e)
{
	if (!view_has_8bit(domain)) {
		str_add(out, domain);
		return true;
	}
	if (domain.n > IDN_DOMAIN_MAX)
		return fail(domain, "it is too long", e);
	if (view_has_control(domain) || !view_is_utf8(domain))
		return fail(domain, "it is not text in UTF-8", e);
	return load(e) && convert(domain, out, e);
}

const char *idn_library_version(void)
{
	struct err ignored = ERR_INIT;

	return load(&ignored) ? idn2->check_version(NULL) : "missing";
}
