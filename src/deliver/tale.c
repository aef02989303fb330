#include "config.h"

#include "deliver/tale.h"

#include <string.h>

void tale_add(struct tale *t, const struct err *e)
{
	struct view why = view_of(e->text);

	t->told++;
	if (t->told > TALE_TOLD_MAX + 1)
		return;
	str_adds(&t->text, t->told > 1 ? "; " : "");
	if (t->told > TALE_TOLD_MAX) {
		str_adds(&t->text, "and more");
		return;
	}
	str_add(&t->text, view_part(why, 0, TALE_REASON_MAX));
	/* A character that was cut in two is made a '?' by err_set. */
	if (why.n > TALE_REASON_MAX)
		str_adds(&t->text, "...");
}

bool tale_join(const struct tale *t, struct err *e)
{
	struct err whole;

	if (t->told == 0)
		return false;
	err_set(&whole, e->kind, "%s; %s", str_chars(&t->text), e->text);
	memcpy(e->text, whole.text, sizeof(e->text));
	return false;
}

void tale_free(struct tale *t)
{
	str_free(&t->text);
	*t = TALE_INIT;
}
