#include "config.h"

#include "deliver/filter.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/proc.h"
#include "msg/reader.h"

#define WHAT "the message_filter"

static enum err_kind kind_of_status(int status)
{
	switch (status) {
	case EX_DATAERR:
		return ERR_MESSAGE;
	case EX_UNAVAILABLE:
		return ERR_REFUSED;
	case EX_NOPERM:
		return ERR_AUTH;
	case EX_CONFIG:
		return ERR_CONFIG;
	default:
		return ERR_DEFERRED;
	}
}

static bool say_where(struct err *e)
{
	return err_hint(e, "'postrider config' shows the command; what it "
			   "wrote to standard error stands above");
}

static bool run(const struct account *a, const int fds[PROC_FDS], struct err *e)
{
	int64_t deadline_ms = a->deadline < 0 ? CLOCK_NEVER
					      : clock_after_s(a->deadline);
	int status;

	if (!proc_run(WHAT, a->message_filter, fds, deadline_ms, &status, e)) {
		e->kind = ERR_DEFERRED;
		return say_where(e);
	}
	if (status == 0)
		return true;
	err_set(e, kind_of_status(status),
		WHAT " stopped the message: it ended with status %d", status);
	return say_where(e);
}

static bool rewind_draft(const struct draft *d, struct err *e)
{
	return lseek(d->fd, 0, SEEK_SET) == 0 ||
	       err_errno(e, "cannot read the temporary copy of the message");
}

/* The header block in what the filter printed, without what must not be. */
static bool read_block(const struct account *a, struct reader *r,
		       struct headers *h, struct err *e)
{
	if (!reader_headers(r, h, e))
		return err_context(e, "what " WHAT " printed");
	if (h->n == 0) {
		err_set(e, ERR_DEFERRED, WHAT " printed no message");
		return err_hint(e, "it must print all of it, header fields "
				   "first");
	}
	if (a->remove_bcc_headers) {
		headers_remove(h, "Bcc");
		headers_remove(h, "Resent-Bcc");
	}
	return true;
}

/* What was printed, read as any message is. */
static bool take(const struct account *a, const struct draft *printed,
		 struct message *m, struct err *e)
{
	CLEAN(reader) struct reader r = { .fd = -1 };
	CLEAN(headers) struct headers h = HEADERS_INIT;
	struct facts facts;

	reader_init(&r, printed->fd, false);
	if (!rewind_draft(printed, e) || !read_block(a, &r, &h, e))
		return false;
	headers_free(&m->headers);
	m->headers = h;
	h = HEADERS_INIT;
	if (!message_write_headers(m, e) ||
	    !reader_body(&r, &m->draft, &facts, e) ||
	    !draft_flush(&m->draft, e))
		return false;
	m->facts = facts_join(&m->facts, &facts);
	return true;
}

bool filter_message(const struct account *a, struct message *m, struct err *e)
{
	CLEAN(draft) struct draft printed = DRAFT_INIT;
	int fds[PROC_FDS] = { -1, -1, -1 };

	if (!a->message_filter)
		return true;
	if (!draft_open(&printed, e) || !rewind_draft(&m->draft, e))
		return false;
	fds[0] = m->draft.fd;
	fds[1] = printed.fd;
	return run(a, fds, e) && take(a, &printed, m, e);
}
