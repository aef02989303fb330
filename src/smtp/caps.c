#include "config.h"

#include "smtp/caps.h"

#include "base/ascii.h"
#include "base/scan.h"

/* RFC 4422, section 3.1. */
#define MECHANISM_MAX 20
/* Names that are kept, from the first: no server has as many mechanisms, and
 * each is compared with all before it. */
#define MECHANISMS_MAX 1000

static const char *const names[CAP_COUNT] = {
	[CAP_8BITMIME] = "8BITMIME",
	[CAP_AUTH] = "AUTH",
	[CAP_BINARYMIME] = "BINARYMIME",
	[CAP_CHUNKING] = "CHUNKING",
	[CAP_DELIVERBY] = "DELIVERBY",
	[CAP_DSN] = "DSN",
	[CAP_ENHANCEDSTATUSCODES] = "ENHANCEDSTATUSCODES",
	[CAP_ETRN] = "ETRN",
	[CAP_FUTURERELEASE] = "FUTURERELEASE",
	[CAP_LIMITS] = "LIMITS",
	[CAP_MT_PRIORITY] = "MT-PRIORITY",
	[CAP_PIPELINING] = "PIPELINING",
	[CAP_REQUIRETLS] = "REQUIRETLS",
	[CAP_SIZE] = "SIZE",
	[CAP_SMTPUTF8] = "SMTPUTF8",
	[CAP_STARTTLS] = "STARTTLS",
};

static bool in_mechanism(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_';
}

bool caps_is_mechanism(struct view v)
{
	struct scan s = scan_of(v);
	struct view name;

	return v.n <= MECHANISM_MAX && scan_while(&s, in_mechanism, &name) &&
	       scan_done(&s);
}

static bool has_mechanism(const struct caps *c, struct view name)
{
	struct scan s = scan_of(str_view(&c->auth));

	while (!scan_done(&s))
		if (view_equal_nocase(scan_until(&s, ' '), name))
			return true;
	return false;
}

static void add_mechanism(struct caps *c, struct view name)
{
	if (c->mechanisms == MECHANISMS_MAX || !caps_is_mechanism(name) ||
	    has_mechanism(c, name))
		return;
	c->mechanisms++;
	if (c->auth.len > 0)
		str_addc(&c->auth, ' ');
	for (size_t i = 0; i < name.n; i++)
		str_addc(&c->auth, ascii_upper(name.p[i]));
}

static void read_auth(struct caps *c, struct view parameters)
{
	struct scan s = scan_of(parameters);

	while (!scan_done(&s))
		add_mechanism(c, scan_until(&s, ' '));
}

/* RFC 1870, section 3: absent and 0 mean that no limit is declared. */
static void read_size(struct caps *c, struct view parameters)
{
	struct scan s = scan_of(view_trim(parameters));
	int64_t size;

	c->size = scan_number(&s, &size) && scan_done(&s) ? size : 0;
}

static void offer(struct caps *c, enum cap cap, struct view parameters)
{
	c->offered |= 1U << cap;
	if (cap == CAP_AUTH)
		read_auth(c, parameters);
	if (cap == CAP_SIZE)
		read_size(c, parameters);
}

static void read_line(struct caps *c, struct view line)
{
	struct scan s = scan_of(line);
	struct view keyword = scan_until(&s, ' ');

	/* What servers wrote before RFC 2554, and some for old clients. */
	if (view_starts_nocase(keyword, "AUTH=")) {
		s = scan_of(view_part(line, 5, line.n));
		keyword = view_part(line, 0, 4);
	}
	for (int i = 0; i < CAP_COUNT; i++)
		if (view_is_nocase(keyword, names[i]))
			offer(c, (enum cap)i, scan_rest(&s));
}

void caps_read(struct caps *c, const char *text)
{
	struct scan s = scan_of(view_of(text));

	caps_free(c);
	(void)scan_until(&s, '\n');
	str_add(&c->all, scan_rest(&s));
	while (!scan_done(&s))
		read_line(c, scan_until(&s, '\n'));
}

bool caps_has(const struct caps *c, enum cap cap)
{
	return (c->offered & 1U << cap) != 0;
}

void caps_free(struct caps *c)
{
	str_free(&c->auth);
	str_free(&c->all);
	*c = CAPS_INIT;
}
