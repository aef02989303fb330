#include "config.h"

#include "cli/ui.h"

#include <stdarg.h>
#include <string.h>

static void say(const struct ui *ui, const char *text)
{
	fprintf(stderr, "%s: %s\n", ui->program, text);
}

static void say_below(const struct ui *ui, const char *lines)
{
	int indent = (int)strlen(ui->program) + 2;

	while (*lines) {
		size_t n = strcspn(lines, "\n");

		fprintf(stderr, "%*s%.*s\n", indent, "", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

void ui_error(const struct ui *ui, const struct err *e)
{
	say(ui, e->text);
	say_below(ui, e->said);
	ui_hint(ui, e);
}

void ui_hint(const struct ui *ui, const struct err *e)
{
	if (e->hint[0] && !ui->quiet)
		fprintf(stderr, "hint: %s\n", e->hint);
}

void ui_kept(const struct ui *ui, const char *text)
{
	CLEAN(str) struct str printable = STR_INIT;

	(void)ui;
	str_add_printable(&printable, view_of(text));
	fprintf(stderr, "kept: %s\n", str_chars(&printable));
}

void ui_note(const struct ui *ui, const char *fmt, ...)
{
	CLEAN(str) struct str text = STR_INIT;
	char line[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	str_add_printable(&text, view_of(line));
	say(ui, str_chars(&text));
}

void ui_recipient(const struct ui *ui, const char *recipient, const char *why)
{
	if (!why || !why[0])
		why = "not sent";
	fprintf(stderr, "%s: <%s>: %.*s\n", ui->program, recipient,
		(int)strcspn(why, "\n"), why);
}

void ui_left_out(const struct ui *ui, const struct list *lines,
		 const struct err *e)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!strstr(e->text, lines->v[i]))
			say(ui, lines->v[i]);
}

static const char *words_of(const struct verdict *v)
{
	return v->said && v->said[0] ? v->said : v->why;
}

void ui_outcome(const struct ui *ui, const struct envelope *env,
		const struct outcome *out, size_t left_out)
{
	size_t sent = outcome_count(out, ERR_NONE);

	if (out->n > 1)
		for (size_t i = 0; i < out->n; i++)
			if (out->v[i].kind != ERR_NONE)
				ui_recipient(ui, env->recipients.v[i],
					     words_of(&out->v[i]));
	if (sent > 0)
		ui_note(ui,
			"sent to %zu of %zu recipients; not kept for the "
			"others",
			sent, out->n + left_out);
	else if (outcome_count(out, ERR_UNCERTAIN) > 0)
		ui_note(ui, "the server had all of the message: it may have "
			    "been delivered; it was not kept");
	else
		ui_note(ui, "the message was not sent and not kept");
}

void ui_notes(const struct ui *ui, const struct list *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		say(ui, notes->v[i]);
}

void ui_mistakes(const struct ui *ui, const struct list *mistakes,
		 const struct err *e)
{
	for (size_t i = 0; i < mistakes->n; i++)
		say(ui, mistakes->v[i]);
	ui_error(ui, e);
}

void ui_dialogue(void *who, const char *line)
{
	const struct ui *ui = who;

	fprintf(ui->dialogue, "%s\n", line);
	fflush(ui->dialogue);
}
