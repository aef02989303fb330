#include "config.h"

#include "cli/handover.h"

#include <unistd.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "net/transcript.h"

bool handover_notes(const struct ui *ui)
{
	return !ui->quiet && (ui->verbose || isatty(STDERR_FILENO));
}

/* A call in progress: what submit asks back about it. */
struct going {
	const struct handover *h;
	const struct submit_trouble *trouble;
	struct stored stored;
};

static void settle(void *settler, const struct outcome *out,
		   const struct err *e, struct fate *fate)
{
	struct going *g = settler;
	const struct handover *h = g->h;

	store_settle(h->store, h->message, out, e, g->trouble, &g->stored);
	*fate = stored_fate(h->store, &g->stored);
}

static void say_trouble(const struct ui *ui, const struct err *trouble)
{
	if (trouble->kind != ERR_NONE)
		ui_error(ui, trouble);
}

static void say_captured(const struct handover *h,
			 const struct outcome *outcome)
{
	const char *maildir = h->store->account->capture;

	if (h->ui->verbose && maildir && outcome_count(outcome, ERR_NONE) > 0)
		ui_note(h->ui, "nothing was sent: the message is in %s",
			maildir);
}

/* Why a call that could have used the queue does not. */
static void say_off(const struct handover *h)
{
	const struct store *s = h->store;

	if (h->ui->verbose && s->mode == STORE_OFF &&
	    s->cannot.kind != ERR_NONE)
		ui_note(h->ui, "without the queue: %s", s->cannot.text);
}

/* The lock on what was entered ends with the draft, before a run looks. */
static void finish(const struct handover *h, struct stored *st)
{
	struct err e = ERR_INIT;

	draft_free(&h->message->draft);
	if (!store_start_run(h->store, st, &e) && h->notes)
		ui_error(h->ui, &e);
}

static void record(const struct handover *h, const struct stored *st,
		   const struct err *e)
{
	const struct store *s = h->store;
	const struct fate fate = stored_fate(s, st);
	struct err trouble = ERR_INIT;

	record_attempt(
		&(struct record){
			.account = s->account,
			.envelope = &h->message->envelope,
			.err = e,
			.fate = &fate,
			.tag = s->tag,
			.notes = &h->message->notes,
			.started_ms = clock_now_ms(),
			.octets = h->message->facts.octets,
		},
		&trouble);
	say_trouble(h->ui, &trouble);
}

/* An upload that people have to wait for. */
struct upload {
	struct progress progress;
	uint64_t size;
};

static void show_upload(void *watcher, uint64_t octets)
{
	struct upload *u = watcher;

	progress_show(&u->progress, octets, u->size);
}

static int try_now(const struct handover *h)
{
	CLEAN(outcome) struct outcome outcome = OUTCOME_INIT;
	struct submit_trouble trouble = { .met = false };
	struct going g = { .h = h, .trouble = &trouble, .stored = STORED_INIT };
	struct upload upload = { .size = h->message->facts.octets };
	struct ui mine = *h->ui;
	CLEAN(transcript)
	struct transcript transcript = TRANSCRIPT_INIT(ui_dialogue, &mine);
	const struct submit submit = {
		.account = h->store->account,
		.fallbacks = h->fallbacks,
		.message = h->message,
		.settle = settle,
		.settler = &g,
		.transcript = h->ui->verbose ? &transcript : NULL,
		.log_tag = h->store->tag,
		.gone = show_upload,
		.watcher = &upload,
	};
	struct err e = ERR_INIT;
	int status;
	bool ok;

	progress_start(&upload.progress, h->ui, "sending", PROGRESS_BYTES);
	ok = submit_now(&submit, &outcome, &trouble, &e);
	progress_end(&upload.progress);
	status = g.stored.status;
	say_trouble(h->ui, &trouble.log);
	say_trouble(h->ui, &trouble.keep);
	say_captured(h, &outcome);
	handover_say(h, &g.stored, &outcome, ok ? NULL : &e);
	handover_report(h, &g.stored, &outcome, ok ? NULL : &e);
	finish(h, &g.stored);
	stored_free(&g.stored);
	return status;
}

static int enter_only(const struct handover *h)
{
	CLEAN(stored) struct stored st = STORED_INIT;
	struct err e = ERR_INIT;
	bool ok = true;

	store_settle(h->store, h->message, NULL, NULL, NULL, &st);
	if (st.as == STORED_NOT)
		e = st.cannot;
	else
		ok = store_is_well(h->store, &e);
	ok = ok && e.kind == ERR_NONE;
	record(h, &st, ok ? NULL : &e);
	handover_say(h, &st, NULL, NULL);
	handover_report(h, &st, NULL, ok ? NULL : &e);
	finish(h, &st);
	return st.status;
}

int hand_over(const struct handover *h)
{
	say_off(h);
	return store_tries(h->store) ? try_now(h) : enter_only(h);
}

int refuse_message(const struct handover *h, const struct err *e, bool kept)
{
	CLEAN(stored) struct stored st = STORED_INIT;

	if (kept)
		store_refuse(h->store, h->message, e, &st);
	st.status = err_exit_status(e);
	st.loud = true;
	record(h, &st, e);
	handover_say(h, &st, NULL, e);
	handover_report(h, &st, NULL, e);
	return st.status;
}
