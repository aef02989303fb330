/* Of cli/info.h: the capabilities of a server in words. */
#include "config.h"

#include <inttypes.h>

#include "auth/mech.h"
#include "base/scan.h"
#include "base/when.h"
#include "cli/info.h"

#define MIB 1048576.0

static void say_size(const struct caps *c, struct str *out)
{
	if (c->size > 0)
		str_addf(out, "no more than %" PRId64 " bytes (%.2f MiB)\n",
			 c->size, (double)c->size / MIB);
	else
		str_adds(out, "no fixed limit\n");
}

/* Those that we have first, for who knows them by name alone. */
static void say_auth(const struct caps *c, struct str *out)
{
	struct scan s = scan_of(str_view(&c->auth));
	CLEAN(str) struct str others = STR_INIT;

	str_adds(out, "mechanisms:");
	while (!scan_done(&s)) {
		struct view name = scan_until(&s, ' ');
		size_t i = 0;

		while (mech_at(i) && !view_is(name, mech_at(i)->name))
			i++;
		str_addc(mech_at(i) ? out : &others, ' ');
		str_add(mech_at(i) ? out : &others, name);
	}
	str_addc(out, '\n');
	if (others.len > 0)
		str_addf(out, "not known here:%s\n", others.s);
}

static void say_deliverby(const struct caps *c, struct str *out)
{
	if (c->by_min_s > 0)
		str_addf(out,
			 "%d seconds at least, where late mail is to come "
			 "back\n",
			 c->by_min_s);
}

static void say_futurerelease(const struct caps *c, struct str *out)
{
	if (c->hold_max_s > 0)
		str_addf(out, "for %d seconds at most\n", c->hold_max_s);
	if (c->hold_max_until == 0)
		return;
	str_adds(out, "until ");
	when_add_stamp(out, c->hold_max_until);
	str_adds(out, " at most\n");
}

static void say_limits(const struct caps *c, struct str *out)
{
	const struct {
		int n;
		const char *of;
	} limits[] = {
		{ c->limits.recipients, "recipients at once" },
		{ c->limits.domains, "domains of recipients at once" },
		{ c->limits.transactions, "messages in a session" },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (limits[i].n > 0)
			str_addf(out, "%d %s\n", limits[i].n, limits[i].of);
}

static const struct {
	const char *keyword;
	const char *meaning;
	void (*say)(const struct caps *c, struct str *out);
} words[] = {
	{ "8BITMIME", "bodies need not be ASCII", NULL },
	{ "ATRN", "passes on mail for a host over this connection", NULL },
	{ "AUTH", "logging in", say_auth },
	{ "BINARYMIME", "bodies may be of any bytes and have no lines", NULL },
	{ "BURL", "takes parts of a message from an IMAP server", NULL },
	{ "CHUNKING", "messages go by BDAT, in pieces of known length", NULL },
	{ "DELIVERBY", "deliver_by: a time limit for the delivery",
	  say_deliverby },
	{ "DSN", "dsn_notify, dsn_return: reports on the delivery", NULL },
	{ "ENHANCEDSTATUSCODES", "answers say more precisely why", NULL },
	{ "ETRN", "--rmqs: sends on request what it keeps for a host", NULL },
	{ "EXPN", "tells who is on a list", NULL },
	{ "FUTURERELEASE",
	  "hold_for, hold_until: keeps a message until it is "
	  "time",
	  say_futurerelease },
	{ "HELP", "explains its commands", NULL },
	{ "LIMITS", "says how much it takes", say_limits },
	{ "MT-PRIORITY", "priority: some messages before others", NULL },
	{ "PIPELINING", "commands need not wait for each other's answers",
	  NULL },
	{ "REQUIRETLS", "require_tls: passes on over TLS or not at all", NULL },
	{ "SIZE", "knows beforehand whether a message is too large", say_size },
	{ "SMTPUTF8", "addresses and headers may be in UTF-8", NULL },
	{ "STARTTLS", "encryption from the next command on", NULL },
	{ "VRFY", "tells whether an address exists", NULL },
	{ "XCLIENT", "trusted relays may say for whom they speak", NULL },
};

void info_add_lines(struct str *out, const char *indent, struct view lines)
{
	struct scan s = scan_of(lines);

	while (!scan_done(&s)) {
		str_adds(out, indent);
		str_add(out, scan_until(&s, '\n'));
		str_addc(out, '\n');
	}
}

void info_add_capability(const struct caps *caps, const struct caps_line *line,
			 const char *indent, struct str *out)
{
	CLEAN(str) struct str text = STR_INIT;
	size_t i = 0;

	while (i < ARRAY_LEN(words) &&
	       !view_is_nocase(line->keyword, words[i].keyword))
		i++;
	if (i == ARRAY_LEN(words)) {
		str_adds(&text, "not known here\n");
	} else {
		str_addf(&text, "%s\n", words[i].meaning);
		if (words[i].say)
			words[i].say(caps, &text);
	}
	info_add_lines(out, indent, str_view(&text));
}
