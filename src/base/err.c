#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/str.h"

#define UTF8_MAX 4    /* bytes of a character */
#define WHERE_MAX 512 /* bytes of a place, so that the reason fits too */

static const struct {
	int status;
	enum err_retry retry;
} kinds[ERR_KIND_COUNT] = {
	[ERR_NONE] = { EX_OK, ERR_RETRY_NEVER },
	[ERR_USAGE] = { EX_USAGE, ERR_RETRY_NEVER },
	[ERR_MESSAGE] = { EX_DATAERR, ERR_RETRY_NEVER },
	[ERR_NOINPUT] = { EX_NOINPUT, ERR_RETRY_NEVER },
	[ERR_RECIPIENT] = { EX_NOUSER, ERR_RETRY_NEVER },
	[ERR_NOHOST] = { EX_NOHOST, ERR_RETRY_LATER },
	[ERR_REFUSED] = { EX_UNAVAILABLE, ERR_RETRY_NEVER },
	[ERR_SYSTEM] = { EX_OSERR, ERR_RETRY_NEVER },
	[ERR_IO] = { EX_IOERR, ERR_RETRY_NEVER },
	[ERR_NETWORK] = { EX_TEMPFAIL, ERR_RETRY_LATER },
	[ERR_DEFERRED] = { EX_TEMPFAIL, ERR_RETRY_LATER },
	[ERR_UNCERTAIN] = { EX_TEMPFAIL, ERR_RETRY_LATER },
	[ERR_PROTOCOL] = { EX_PROTOCOL, ERR_RETRY_LATER },
	[ERR_TLS] = { EX_PROTOCOL, ERR_RETRY_LATER },
	[ERR_AUTH] = { EX_NOPERM, ERR_RETRY_HELD },
	[ERR_CONFIG] = { EX_CONFIG, ERR_RETRY_HELD },
};

static const struct {
	int status;
	const char *name;
} statuses[] = {
	{ EX_OK, "EX_OK" },
	{ EX_USAGE, "EX_USAGE" },
	{ EX_DATAERR, "EX_DATAERR" },
	{ EX_NOINPUT, "EX_NOINPUT" },
	{ EX_NOUSER, "EX_NOUSER" },
	{ EX_NOHOST, "EX_NOHOST" },
	{ EX_UNAVAILABLE, "EX_UNAVAILABLE" },
	{ EX_SOFTWARE, "EX_SOFTWARE" },
	{ EX_OSERR, "EX_OSERR" },
	{ EX_IOERR, "EX_IOERR" },
	{ EX_TEMPFAIL, "EX_TEMPFAIL" },
	{ EX_PROTOCOL, "EX_PROTOCOL" },
	{ EX_NOPERM, "EX_NOPERM" },
	{ EX_CONFIG, "EX_CONFIG" },
};

/* What does not print becomes '?', so s never grows. */
static void defuse(char *s)
{
	struct view rest = view_of(s);

	while (rest.n > 0) {
		bool prints;
		size_t n = view_next_shown(rest, &prints);

		if (prints)
			memmove(s, rest.p, n);
		else
			*s = '?';
		s += prints ? n : 1;
		rest = view_part(rest, n, rest.n);
	}
	*s = '\0';
}

static bool continues_char(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Text that was cut off may end in a part of a character: drop that. */
static void drop_partial_char(char *s)
{
	size_t n = strlen(s), start = n;

	while (start > 0 && n - start < UTF8_MAX &&
	       continues_char(s[start - 1]))
		start--;
	if (start > 0 &&
	    view_utf8_char((struct view){ s + start - 1, n - start + 1 }) == 0)
		s[start - 1] = '\0';
}

/*
 * Format into out, which has size bytes; what is formatted may lie within out.
 */
static void format(char *out, size_t size, const char *fmt, va_list ap)
	ATTR_PRINTF(3, 0);

static void format(char *out, size_t size, const char *fmt, va_list ap)
{
	char text[sizeof(((struct err *)NULL)->text)];
	int n;

	if (size > sizeof(text))
		size = sizeof(text);
	n = vsnprintf(text, size, fmt, ap);
	if (n < 0)
		text[0] = '\0';
	if (n >= (int)size)
		drop_partial_char(text);
	defuse(text);
	memcpy(out, text, strlen(text) + 1);
}

bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	struct err fresh = { .kind = kind };
	va_list ap;

	va_start(ap, fmt);
	format(fresh.text, sizeof(fresh.text), fmt, ap);
	va_end(ap);
	*e = fresh;
	return false;
}

static enum err_kind kind_of_errno(int number)
{
	switch (number) {
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EFBIG:
		return ERR_IO;
	default:
		return ERR_SYSTEM;
	}
}

bool err_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[WHERE_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, kind_of_errno(saved), "%s: %s", what,
		       strerror(saved));
}

bool err_context(struct err *e, const char *fmt, ...)
{
	char where[WHERE_MAX];
	struct err whole;
	va_list ap;

	va_start(ap, fmt);
	format(where, sizeof(where), fmt, ap);
	va_end(ap);
	err_set(&whole, e->kind, "%s: %s", where, e->text);
	memcpy(e->text, whole.text, sizeof(e->text));
	return false;
}

bool err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return false;
}

bool err_said(struct err *e, int code, const char *text)
{
	e->code = code;
	if (snprintf(e->said, sizeof(e->said), "%s", text) >=
	    (int)sizeof(e->said))
		drop_partial_char(e->said);
	return false;
}

enum err_retry err_retry(const struct err *e)
{
	return kinds[e->kind].retry;
}

int err_exit_status(const struct err *e)
{
	return kinds[e->kind].status;
}

const char *err_status_name(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "EX_SOFTWARE";
}
