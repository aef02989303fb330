#include "config.h"

#include "scripted.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"

int64_t scripted_now;

int64_t scripted_clock(void)
{
	return scripted_now;
}

static bool released(struct scripted *s)
{
	const char *after = s->script[s->step].after;
	size_t n = strlen(after);
	const char *hit;

	if (s->said > 0 || n == 0)
		return true;
	if (s->heard.len == s->matched)
		return false;
	hit = memmem(s->heard.s + s->matched, s->heard.len - s->matched, after,
		     n);
	if (hit)
		s->matched = (size_t)(hit - s->heard.s) + n;
	return hit != NULL;
}

static bool wait_in_vain(const struct scripted *s, size_t *got, int64_t by,
			 struct err *e)
{
	bool over = !s->script[s->step].say;

	*got = 0;
	if (over && !s->stalls)
		return true;
	if (by != CLOCK_NEVER && by > scripted_now)
		scripted_now = by;
	return err_set(e, ERR_NETWORK, "timed out");
}

static bool scripted_read(void *self, char *buf, size_t n, int64_t by,
			  size_t *got, struct err *e)
{
	struct scripted *s = self;
	const char *say = s->script[s->step].say;
	size_t left;

	s->last_deadline = by;
	if (!say || !released(s))
		return wait_in_vain(s, got, by, e);
	left = strlen(say + s->said);
	*got = left < n ? left : n;
	if (s->piece > 0 && *got > s->piece)
		*got = s->piece;
	memcpy(buf, say + s->said, *got);
	s->said += *got;
	if (say[s->said] == '\0') {
		s->said = 0;
		s->step++;
	}
	return true;
}

static bool scripted_write(void *self, const char *buf, size_t n, int64_t by,
			   struct err *e)
{
	struct scripted *s = self;
	struct view v = { buf, n };

	s->last_deadline = by;
	s->n_writes++;
	if (s->n_writes == s->fail_at || s->n_writes > SCRIPTED_WRITES_MAX)
		return err_set(e, ERR_NETWORK, "the connection broke");
	str_add(&s->writes[s->n_writes - 1], v);
	str_add(&s->heard, v);
	return true;
}

static void scripted_close(void *self)
{
	struct scripted *s = self;

	s->closed++;
}

static const struct stream_ops scripted_ops = { "scripted", scripted_read,
						scripted_write,
						scripted_close };

struct stream scripted_stream(struct scripted *s)
{
	return (struct stream){ &scripted_ops, s };
}

bool scripted_upgrade(void *who, struct stream plain, int64_t deadline_ms,
		      struct stream *secured, struct err *e)
{
	struct scripted *s = who;

	(void)plain;
	s->upgrades++;
	s->last_deadline = deadline_ms;
	if (!s->upgradable)
		return err_set(e, ERR_TLS, "no certificate is believed");
	*secured = scripted_stream(s);
	return true;
}

const char *scripted_write_text(const struct scripted *s, int i)
{
	return i < s->n_writes ? str_chars(&s->writes[i]) : "";
}

void scripted_free(struct scripted *s)
{
	for (int i = 0; i < SCRIPTED_WRITES_MAX; i++)
		str_free(&s->writes[i]);
	str_free(&s->heard);
}
