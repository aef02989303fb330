/*
 * Input: a configuration file.  Holds: limits; every account has a name of
 * its own and values without control characters; what the lines hold is
 * judged without harm.  Neither include nor eval is possible here.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/check.h"
#include "config/section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_text(const char *s, bool tab_allowed)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 && !(*s == '\t' && tab_allowed))
			abort();
}

/* They stand between the lines of what may be repeated. */
static void drop_line_ends(struct str *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->s[i] == '\n')
			s->s[i] = ' ';
}

static bool has_server(const struct account *a)
{
	return a->host || a->hosts.n > 0 || a->socket || a->tunnel ||
	       a->capture;
}

static void judge_account(const struct account *a)
{
	CLEAN(list) struct list advice = LIST_INIT;
	struct err e = ERR_INIT;

	if (a->label[0] == '\0' || strpbrk(a->label, ":,"))
		abort();
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		CLEAN(str) struct str shown = STR_INIT;

		account_show(a, k, &shown);
		if (k->type == KEY_LINES)
			drop_line_ends(&shown);
		judge_text(str_chars(&shown), true);
	}
	if (check_account(a, &e) && !has_server(a))
		abort();
	check_advice(a, &advice);
}

static void judge(const struct config *c)
{
	if (c->n > SECTION_ACCOUNTS_MAX ||
	    c->mistakes.n > CONFIG_WORDS_MAX + 1 ||
	    c->notes.n > CONFIG_WORDS_MAX + 1)
		abort();
	for (size_t i = 0; i < c->mistakes.n; i++)
		judge_text(c->mistakes.v[i], false);
	for (size_t i = 0; i < c->n; i++) {
		judge_account(&c->v[i]);
		for (size_t j = 0; j < i && i < 100; j++)
			if (strcmp(c->v[i].label, c->v[j].label) == 0)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(sections) struct sections s;
	struct view text = { (const char *)data, size };

	sections_init(&s, &c, NULL, false);
	(void)sections_holds(text);
	sections_take(&s, "fuzz", text);
	judge(&c);
	return 0;
}
