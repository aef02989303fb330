#include "config.h"

#include "config/hostport.h"

#include <string.h>

#include "base/ascii.h"
#include "base/scan.h"

#define PORT_MAX 65535
#define PORT_DIGITS_MAX 5

static bool read_port(struct view text, int *port)
{
	struct scan s = scan_of(text);
	int64_t number;

	if (text.n > PORT_DIGITS_MAX || !scan_number(&s, &number) ||
	    !scan_done(&s) || number < 1 || number > PORT_MAX)
		return false;
	*port = (int)number;
	return true;
}

static size_t count(struct view v, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += v.p[i] == c;
	return n;
}

/* What cannot be in a name or an address, but in an URL or a mailbox. */
static bool is_host(struct view v)
{
	static const char never[] = "[]/@,;\"'";

	for (size_t i = 0; i < v.n; i++)
		if (ascii_is_blank(v.p[i]) || ascii_is_control(v.p[i]) ||
		    strchr(never, v.p[i]))
			return false;
	return v.n > 0;
}

/* What follows the host: nothing, or a colon and a port. */
static bool read_rest(struct view rest, int *port)
{
	return rest.n == 0 || (rest.p[0] == ':' &&
			       read_port(view_part(rest, 1, rest.n), port));
}

bool hostport_split(struct view word, struct view *host, int *port)
{
	bool brackets = word.n > 0 && word.p[0] == '[';
	size_t start = brackets ? 1 : 0, n = word.n;

	*port = 0;
	if (brackets) {
		const char *end = memchr(word.p, ']', word.n);

		if (!end)
			return false;
		n = (size_t)(end - word.p) - 1;
	} else if (count(word, ':') == 1) {
		n = (size_t)((const char *)memchr(word.p, ':', word.n) -
			     word.p);
	}
	*host = view_part(word, start, n);
	return is_host(*host) && (!brackets || count(*host, ':') > 1) &&
	       read_rest(
		       view_part(word, start + n + (brackets ? 1 : 0), word.n),
		       port);
}
