#include "config.h"

#include "smtp/pipeline.h"

#include "base/clock.h"

int64_t pipeline_deadline(const struct pipeline *p, enum phase phase)
{
	int64_t seconds = p->timeout_s;
	int64_t by = CLOCK_NEVER;

	if (seconds == 0 || phase == PHASE_QUIT)
		seconds = phase_timeout_s(phase);
	if (seconds > 0)
		by = p->now_ms() + 1000 * seconds;
	return p->deadline_ms != 0 ? clock_earlier(by, p->deadline_ms) : by;
}

static bool fail(struct pipeline *p)
{
	p->broken = true;
	return false;
}

/* The first line by `by`, each step of the rest by the phase's limit. */
static bool read_reply(struct pipeline *p, enum phase phase, int64_t by,
		       struct reply *r, struct err *e)
{
	while (!r->complete) {
		struct view line;

		if (!wire_line(p->wire, by, &line, e) ||
		    !reply_add_line(r, line, e)) {
			err_context(e, "waiting for %s", phase_awaited(phase));
			return fail(p);
		}
	}
	return true;
}

static bool hand_out(struct pipeline *p, const struct reply *r, struct err *e)
{
	struct expectation x = p->expected[p->first];

	p->first = (p->first + 1) % PIPELINE_DEPTH_MAX;
	p->count--;
	p->sent--;
	if (p->count == 0)
		p->bytes = 0;
	if (!p->deliver[x.phase])
		return true;
	return p->deliver[x.phase](p->who, x.index, r, e) || fail(p);
}

static bool settle(struct pipeline *p, int64_t by, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	enum phase phase = p->expected[p->first].phase;

	return read_reply(p, phase, by, &r, e) && hand_out(p, &r, e);
}

/* The server said something that nothing was asked for. */
static bool refuse_surplus(struct pipeline *p, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err ignored;
	int64_t by = pipeline_deadline(p, PHASE_QUIT);

	if (read_reply(p, PHASE_QUIT, by, &r, &ignored) &&
	    r.code == REPLY_CLOSING) {
		err_set(e, ERR_DEFERRED, "the server closes the connection");
		reply_said(&r, e);
		return fail(p);
	}
	p->surplus = true;
	err_set(e, ERR_PROTOCOL,
		"the server sent more answers than it was "
		"given commands");
	if (r.code != 0)
		reply_said(&r, e);
	return fail(p);
}

static bool check_surplus(struct pipeline *p, struct err *e)
{
	return p->sent > 0 || !wire_has_input(p->wire) || refuse_surplus(p, e);
}

static int64_t salvage_until(const struct pipeline *p)
{
	int64_t by = p->now_ms() + PIPELINE_SALVAGE_MS;

	return p->deadline_ms != 0 ? clock_earlier(by, p->deadline_ms) : by;
}

/*
 * Writing failed with e, perhaps because the server has given its verdict and
 * gone: what it said counts for more.
 */
static bool salvage(struct pipeline *p, struct err *e)
{
	struct err found = ERR_INIT;
	int64_t by = salvage_until(p);

	fail(p);
	p->sent = p->count;
	while (p->count > 0) {
		CLEAN(reply) struct reply r = REPLY_INIT;
		enum phase phase = p->expected[p->first].phase;

		if (!read_reply(p, phase, by, &r, &found))
			return err_context(e, "writing to the server");
		if (!hand_out(p, &r, &found)) {
			*e = found;
			return false;
		}
	}
	return err_context(e, "writing to the server");
}

static enum phase next_phase(const struct pipeline *p)
{
	return p->count > 0 ? p->expected[p->first].phase : PHASE_CHUNK;
}

bool pipeline_flush(struct pipeline *p, struct err *e)
{
	int64_t by = pipeline_deadline(p, next_phase(p));

	if (wire_pending(p->wire) > 0 && !check_surplus(p, e))
		return false;
	if (!wire_flush(p->wire, by, e))
		return salvage(p, e);
	p->sent = p->count;
	return true;
}

/* Hand out what has arrived, without waiting for more to begin. */
static bool poll_replies(struct pipeline *p, struct err *e)
{
	while (p->sent > 0) {
		CLEAN(reply) struct reply r = REPLY_INIT;
		enum phase phase = p->expected[p->first].phase;
		struct err nothing;
		struct view line;

		if (!wire_line(p->wire, 0, &line, &nothing)) {
			if (nothing.kind == ERR_NETWORK)
				return true;
			*e = nothing;
			return fail(p);
		}
		if (!reply_add_line(&r, line, e))
			return fail(p);
		if (!read_reply(p, phase, pipeline_deadline(p, phase), &r, e) ||
		    !hand_out(p, &r, e))
			return false;
	}
	return true;
}

bool pipeline_stream(struct pipeline *p, struct view bytes, struct err *e)
{
	size_t all = wire_pending(p->wire) + bytes.n;

	if (!poll_replies(p, e) || !check_surplus(p, e))
		return false;
	if (!wire_stream(p->wire, bytes, pipeline_deadline(p, PHASE_CHUNK), e))
		return salvage(p, e);
	if (wire_pending(p->wire) < all)
		p->sent = p->count;
	return true;
}

bool pipeline_collect(struct pipeline *p, int keep, struct err *e)
{
	if (!pipeline_flush(p, e))
		return false;
	while (p->count > keep) {
		enum phase phase = p->expected[p->first].phase;

		if (!settle(p, pipeline_deadline(p, phase), e))
			return false;
	}
	return true;
}

bool pipeline_sync(struct pipeline *p, struct err *e)
{
	return pipeline_collect(p, 0, e);
}

static void expect(struct pipeline *p, enum phase phase, int index)
{
	int at = (p->first + p->count) % PIPELINE_DEPTH_MAX;

	p->expected[at] = (struct expectation){ phase, index };
	p->count++;
}

bool pipeline_expect(struct pipeline *p, enum phase phase, int index,
		     struct err *e)
{
	if (p->count == PIPELINE_DEPTH_MAX && !pipeline_collect(p, 0, e))
		return false;
	expect(p, phase, index);
	return true;
}

bool pipeline_push(struct pipeline *p, enum phase phase, int index,
		   struct view command, struct err *e)
{
	if (p->bytes + command.n > PIPELINE_BYTES_MAX && !pipeline_sync(p, e))
		return false;
	if (!pipeline_expect(p, phase, index, e))
		return false;
	wire_put(p->wire, command);
	p->bytes += command.n;
	return p->allowed || pipeline_sync(p, e);
}

bool pipeline_read(struct pipeline *p, enum phase phase, struct reply *r,
		   struct err *e)
{
	int64_t by = pipeline_deadline(p, phase);
	struct err ignored;

	if (wire_pending(p->wire) > 0 && !check_surplus(p, e))
		return false;
	if (wire_flush(p->wire, by, e))
		return read_reply(p, phase, by, r, e);
	fail(p);
	return read_reply(p, phase, salvage_until(p), r, &ignored) ||
	       err_context(e, "writing to the server");
}
