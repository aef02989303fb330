#include "config.h"

#include "smtp/caps.h"

#include "base/ascii.h"
#include "base/scan.h"
#include "base/when.h"

/* RFC 4422, section 3.1. */
#define MECHANISM_MAX 20
/* Names that are kept, from the first: no server has as many mechanisms, and
 * each is compared with all before it. */
#define MECHANISMS_MAX 1000
/* RFC 9422, 4.1: at most six digits. */
#define LIMIT_MAX 999999
/* RFC 2852, 3, and RFC 4865, 4: at most nine. */
#define SECONDS_MAX 999999999

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

/* 0 where it is no number from 1 to max. */
static int number_of(struct view v, int max)
{
	struct scan s = scan_of(v);
	int64_t value;

	return scan_number(&s, &value) && scan_done(&s) && value <= max
		       ? (int)value
		       : 0;
}

/* RFC 2852, 3: the least time may be left out, extensions may follow it. */
static void read_deliverby(struct caps *c, struct view parameters)
{
	struct scan s = scan_of(parameters);

	c->by_min_s = number_of(scan_until(&s, ','), SECONDS_MAX);
}

/* RFC 4865, 4: longest interval, latest point in time. */
static void read_futurerelease(struct caps *c, struct view parameters)
{
	struct scan s = scan_of(parameters);

	c->hold_max_s = number_of(scan_until(&s, ' '), SECONDS_MAX);
	if (!when_parse_stamp(view_trim(scan_rest(&s)), &c->hold_max_until))
		c->hold_max_until = 0;
}

static void read_limit(struct caps_limits *l, struct view limit)
{
	const struct {
		const char *name;
		int *place;
	} known[] = {
		{ "RCPTMAX", &l->recipients },
		{ "MAILMAX", &l->transactions },
		{ "RCPTDOMAINMAX", &l->domains },
	};
	struct scan s = scan_of(limit);
	struct view name = scan_until(&s, '=');

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (view_is_nocase(name, known[i].name))
			*known[i].place = number_of(scan_rest(&s), LIMIT_MAX);
}

static void read_limits(struct caps *c, struct view parameters)
{
	struct scan s = scan_of(parameters);

	while (!scan_done(&s))
		read_limit(&c->limits, scan_until(&s, ' '));
}

/* Those whose parameters mean something to us. */
static const struct {
	enum cap cap;
	void (*read)(struct caps *c, struct view parameters);
} readers[] = {
	{ CAP_AUTH, read_auth },
	{ CAP_DELIVERBY, read_deliverby },
	{ CAP_FUTURERELEASE, read_futurerelease },
	{ CAP_LIMITS, read_limits },
	{ CAP_SIZE, read_size },
};

static void offer(struct caps *c, const struct caps_line *line)
{
	if (line->cap == CAP_COUNT)
		return;
	c->offered |= 1U << line->cap;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i].cap == line->cap)
			readers[i].read(c, line->parameters);
}

static enum cap cap_of(struct view keyword)
{
	int i = 0;

	while (i < CAP_COUNT && !view_is_nocase(keyword, names[i]))
		i++;
	return (enum cap)i;
}

const char *caps_name(enum cap cap)
{
	return names[cap];
}

bool caps_next(struct view *rest, struct caps_line *line)
{
	struct scan all = scan_of(*rest);
	struct view text = scan_until(&all, '\n');
	struct scan s = scan_of(text);

	if (rest->n == 0)
		return false;
	*rest = scan_rest(&all);
	line->keyword = scan_until(&s, ' ');
	line->parameters = view_trim(scan_rest(&s));
	/* What servers wrote before RFC 2554, and some for old clients. */
	if (view_starts_nocase(line->keyword, "AUTH=")) {
		line->keyword = view_part(text, 0, 4);
		line->parameters = view_trim(view_part(text, 5, text.n));
	}
	line->cap = cap_of(line->keyword);
	return true;
}

void caps_read(struct caps *c, const char *text)
{
	struct scan s = scan_of(view_of(text));
	struct caps_line line;
	struct view rest;

	caps_free(c);
	(void)scan_until(&s, '\n');
	rest = scan_rest(&s);
	str_add(&c->all, rest);
	while (caps_next(&rest, &line))
		offer(c, &line);
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
