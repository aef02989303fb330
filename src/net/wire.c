#include "config.h"

#include "net/wire.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scan.h"
#include "net/transcript.h"

void wire_init(struct wire *w, struct stream stream,
	       struct transcript *transcript)
{
	*w = (struct wire){ .stream = stream, .transcript = transcript };
	secret_reserve(&w->in, WIRE_IN_MAX);
	secret_reserve(&w->out, WIRE_IN_MAX);
}

void wire_free(struct wire *w)
{
	if (w->stream.ops)
		w->stream.ops->close(w->stream.self);
	w->stream = (struct stream){ NULL, NULL };
	secret_free(&w->out);
	secret_free(&w->in);
	secret_free(&w->said);
}

void wire_put(struct wire *w, struct view bytes)
{
	if (w->transcript)
		transcript_sent(w->transcript, bytes);
	secret_add(&w->out, bytes);
}

void wire_put_secret(struct wire *w, const struct secret *bytes)
{
	if (w->transcript)
		transcript_sent_secret(w->transcript);
	secret_add(&w->out, secret_view(bytes));
	secret_add(&w->said, secret_view(bytes));
	secret_add(&w->said, view_of("\n"));
}

size_t wire_pending(const struct wire *w)
{
	return w->out.n;
}

static bool write_out(struct wire *w, size_t n, int64_t deadline_ms,
		      struct err *e)
{
	const struct stream *s = &w->stream;
	size_t left = w->out.n - n;

	if (!s->ops->write(s->self, w->out.p, n, deadline_ms, e))
		return false;
	memmove(w->out.p, w->out.p + n, left);
	secret_truncate(&w->out, left);
	return true;
}

bool wire_flush(struct wire *w, int64_t deadline_ms, struct err *e)
{
	return w->out.n == 0 || write_out(w, w->out.n, deadline_ms, e);
}

bool wire_stream(struct wire *w, struct view bytes, int64_t deadline_ms,
		 struct err *e)
{
	wire_put(w, bytes);
	return w->out.n < WIRE_OUT_FULL ||
	       write_out(w, w->out.n / WIRE_OUT_FULL * WIRE_OUT_FULL,
			 deadline_ms, e);
}

static bool fill(struct wire *w, int64_t deadline_ms, struct err *e)
{
	const struct stream *s = &w->stream;
	size_t got;

	memmove(w->in.p, w->in.p + w->in_start, w->in_end - w->in_start);
	w->in_end -= w->in_start;
	w->in_start = 0;
	/* The CR of the longest line may be here before its LF. */
	if (w->in_end > WIRE_LINE_MAX + 1)
		return err_set(e, ERR_PROTOCOL,
			       "the server sent a line of more than %d bytes",
			       WIRE_LINE_MAX);
	if (!s->ops->read(s->self, w->in.p + w->in_end, WIRE_IN_MAX - w->in_end,
			  deadline_ms, &got, e))
		return false;
	if (got == 0)
		return err_set(e, ERR_NETWORK, "the server hung up");
	w->in_end += got;
	return true;
}

static struct view cut_line(struct wire *w, const char *start, const char *nl)
{
	w->in_start += (size_t)(nl - start) + 1;
	if (nl > start && nl[-1] == '\r')
		nl--;
	return (struct view){ start, (size_t)(nl - start) };
}

static size_t common_start(struct view a, struct view b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

/* Wipe what the peer repeats of a secret, cut off perhaps. */
static void mask(char *line, size_t n, struct view secret)
{
	for (size_t i = 0; i < n; i++) {
		struct view rest = { line + i, n - i };
		size_t same = common_start(rest, secret);

		if (same >= WIRE_ECHO_MIN)
			memset(line + i, '*', same);
	}
}

static void mask_all(struct wire *w, struct view line)
{
	struct scan said = scan_of(secret_view(&w->said));
	char *own = w->in.p + (line.p - w->in.p);

	while (!scan_done(&said))
		mask(own, line.n, scan_until(&said, '\n'));
}

bool wire_line(struct wire *w, int64_t deadline_ms, struct view *line,
	       struct err *e)
{
	const char *start, *nl;

	for (;;) {
		start = w->in.p + w->in_start;
		nl = memchr(start, '\n', w->in_end - w->in_start);
		if (nl)
			break;
		if (!fill(w, deadline_ms, e))
			return false;
	}
	*line = cut_line(w, start, nl);
	if (line->n > WIRE_LINE_MAX)
		return err_set(e, ERR_PROTOCOL,
			       "the server sent a line of more than %d bytes",
			       WIRE_LINE_MAX);
	mask_all(w, *line);
	if (w->transcript)
		transcript_received(w->transcript, *line);
	return true;
}

bool wire_has_input(const struct wire *w)
{
	return w->in_start != w->in_end;
}

/* What is broken shows at the next write, before anything is on its way. */
bool wire_is_quiet(struct wire *w)
{
	const struct stream *s = &w->stream;
	struct err ignored = ERR_INIT;
	size_t got = 0;

	if (wire_has_input(w))
		return false;
	w->in_start = w->in_end = 0;
	if (!s->ops->read(s->self, w->in.p, WIRE_IN_MAX, clock_now_ms(), &got,
			  &ignored))
		return true;
	w->in_end = got;
	return false;
}

bool wire_upgrade(struct wire *w, upgrade_fn *upgrade, void *who,
		  int64_t deadline_ms, struct err *e)
{
	struct stream secured;

	if (w->out.n != 0)
		return err_set(e, ERR_TLS,
			       "there is unsent output before encryption");
	if (wire_has_input(w))
		return err_set(e, ERR_TLS,
			       "the server sent data before encryption "
			       "started");
	if (!upgrade(who, w->stream, deadline_ms, &secured, e))
		return false;
	w->stream = secured;
	return true;
}
