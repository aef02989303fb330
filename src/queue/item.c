#include "config.h"

#include "queue/item.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/when.h"
#include "queue/retry.h"

#define HISTORY_HEAD 50   /* of the oldest lines that are never dropped */
#define NAME_LABEL_MAX 64 /* bytes of the label in a file's name */
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

void item_origin_free(struct item_origin *o)
{
	free(o->label);
	free(o->config);
	list_free(&o->keys);
	list_free(&o->values);
	*o = (struct item_origin){ 0 };
}

void item_origin_copy(struct item_origin *to, const struct item_origin *from)
{
	if (to == from)
		return;
	item_origin_free(to);
	*to = *from;
	to->label = mem_copy(from->label);
	to->config = mem_copy(from->config);
	to->keys = LIST_INIT;
	to->values = LIST_INIT;
	list_copy(&to->keys, &from->keys);
	list_copy(&to->values, &from->values);
}

static void free_recipients(struct item *it)
{
	for (size_t i = 0; it->v && i < it->envelope.recipients.n; i++)
		free(it->v[i].said);
	free(it->v);
	it->v = NULL;
}

void item_free(struct item *it)
{
	free_recipients(it);
	item_origin_free(&it->origin);
	free(it->tag);
	free(it->about);
	free(it->answer);
	free(it->message_id);
	envelope_free(&it->envelope);
	list_free(&it->history);
	*it = ITEM_INIT;
}

void item_start(struct item *it)
{
	size_t n = it->envelope.recipients.n;

	free_recipients(it);
	it->v = mem_zero(n > 0 ? n : 1, sizeof(*it->v));
}

/* The first lines and the last ones say most. */
static void forget_middle(struct list *history)
{
	CLEAN(str) struct str gap = STR_INIT;
	char **at = history->v + HISTORY_HEAD;

	str_add(&gap, view_part(view_of(at[1]), 0, strcspn(at[1], " ")));
	str_adds(&gap, " ...");
	free(at[0]);
	free(at[1]);
	at[0] = str_detach(&gap);
	history->n--;
	memmove(at + 1, at + 2, (history->n - HISTORY_HEAD - 1) * sizeof(*at));
}

void item_note(struct item *it, int64_t now, const char *fmt, ...)
{
	CLEAN(str) struct str line = STR_INIT;
	char words[ITEM_SAID_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (n < 0)
		words[0] = '\0';
	when_add_stamp(&line, now);
	str_addc(&line, ' ');
	str_add_printable(&line, view_of(words));
	while (it->history.n >= ITEM_HISTORY_MAX)
		forget_middle(&it->history);
	list_add(&it->history, line.s);
}

int64_t item_due(const struct item *it, int64_t now)
{
	int64_t known = it->last_try > it->created ? it->last_try : it->created;

	return retry_due(it->due, known, now);
}

bool item_is_for_later(const struct item *it, int64_t now)
{
	return it->attempts == 0 && it->due > now && it->due > it->created;
}

size_t item_count(const struct item *it, enum item_progress progress)
{
	size_t n = 0;

	if (!it->v)
		return progress == ITEM_PENDING ? it->envelope.recipients.n : 0;
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == progress)
			n++;
	return n;
}

/* What decides which server is met, how, and as whom: words that keywords
 * begin with. */
static bool decides_where(const char *key)
{
	static const char *const deciding[] = {
		"auth",     "capture",  "chunking",   "deadline",  "domain",
		"fallback", "family",   "host",       "keyring",   "ntlmdomain",
		"oauth",    "password", "pipelining", "port",      "protocol",
		"provider", "proxy",    "socket",     "source_ip", "srv",
		"timeout",  "tls",      "tunnel",     "user",
	};

	for (size_t i = 0; i < ARRAY_LEN(deciding); i++)
		if (view_starts(view_of(key), deciding[i]))
			return true;
	return false;
}

/* With its NUL, so that "a", "bc" and "ab", "c" differ. */
static uint64_t hash_on(uint64_t h, const char *s)
{
	if (!s)
		return (h ^ 0xff) * FNV_PRIME;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * FNV_PRIME;
	return h * FNV_PRIME;
}

static uint64_t hash_origin(const struct item_origin *o)
{
	uint64_t h = hash_on(hash_on(FNV_START, o->label), o->config);

	h = hash_on(h, o->built ? "built" : "");
	h = hash_on(h, o->msmtp_name ? "msmtp" : "");
	h = hash_on(h, o->system_only ? "system" : "");
	for (size_t i = 0; i < o->keys.n && i < o->values.n; i++)
		if (decides_where(o->keys.v[i]))
			h = hash_on(hash_on(h, o->keys.v[i]), o->values.v[i]);
	return h;
}

void item_account_name(const struct item_origin *o, struct str *out)
{
	struct view label = view_part(view_of(o->label ? o->label : ""), 0,
				      NAME_LABEL_MAX);

	for (size_t i = 0; i < label.n; i++)
		str_add(out, ascii_is_alnum(label.p[i]) ? view_part(label, i, 1)
							: view_of("_"));
	str_addf(out, "-%016llx", (unsigned long long)hash_origin(o));
}
