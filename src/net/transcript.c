#include "config.h"

#include "net/transcript.h"

/* Longer lines (of a message) are shown in pieces, to bound memory. */
#define SHOWN_MAX 2048

void transcript_free(struct transcript *t)
{
	str_free(&t->line);
}

static void show(struct transcript *t, const char *arrow, struct view text)
{
	CLEAN(str) struct str out = STR_INIT;

	str_adds(&out, arrow);
	str_add_printable(&out, text);
	t->show(t->who, out.s);
}

static void show_sent(struct transcript *t)
{
	struct view v = str_view(&t->line);

	if (v.n > 0 && v.p[v.n - 1] == '\r')
		v.n--;
	show(t, "--> ", v);
	str_truncate(&t->line, 0);
}

void transcript_sent(struct transcript *t, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != '\n')
			str_addc(&t->line, bytes.p[i]);
		if (bytes.p[i] == '\n' || t->line.len >= SHOWN_MAX)
			show_sent(t);
	}
}

void transcript_sent_secret(struct transcript *t)
{
	str_adds(&t->line, "<secret>");
}

void transcript_received(struct transcript *t, struct view line)
{
	show(t, "<-- ", line);
}

void transcript_note(struct transcript *t, const char *text)
{
	show(t, "", view_of(text));
}
