#include "config.h"

#include "deliver/settings.h"

#include <syslog.h>

#include "auth/mech.h"
#include "base/mem.h"
#include "config/wish.h"
#include "deliver/route.h"

bool settings_auth(const struct account *a)
{
	return !view_is(key_choice(key_at(KEY_ID_auth), a->auth), "off");
}

const struct mech *settings_mech(const struct account *a)
{
	struct view word = key_choice(key_at(KEY_ID_auth), a->auth);
	CLEAN(mem_string) char *name = mem_copy_n(word.p, word.n);

	return mech_find(name);
}

int settings_timeout_s(const struct account *a)
{
	if (a->timeout == DURATION_UNSET)
		return 0;
	return a->timeout == DURATION_OFF ? -1 : a->timeout;
}

void settings_add_place(const struct account *a, struct str *out)
{
	if (a->capture)
		str_addf(out, "nothing is sent, all goes to %s", a->capture);
	else
		route_show(a, out);
}

/* NOTIFY_* of msg/envelope.h. */
static unsigned notify_of(const struct account *a)
{
	static const struct {
		const char *word;
		unsigned bit;
	} words[] = {
		{ "never", NOTIFY_NEVER },
		{ "failure", NOTIFY_FAILURE },
		{ "delay", NOTIFY_DELAY },
		{ "success", NOTIFY_SUCCESS },
	};
	unsigned bits = 0;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (list_has(&a->dsn_notify, words[i].word))
			bits |= words[i].bit;
	return bits;
}

bool settings_wishes(const struct account *a, int64_t now, struct envelope *env,
		     struct err *e)
{
	env->notify = notify_of(a);
	env->ret = (enum envelope_return)a->dsn_return;
	return wish_read(a, now, &env->wishes, e);
}

int settings_syslog(const struct account *a)
{
	static const struct {
		const char *word;
		int facility;
	} words[] = {
		{ "off", -1 },
		{ "on", LOG_USER },
		{ "LOG_USER", LOG_USER },
		{ "LOG_MAIL", LOG_MAIL },
		{ "LOG_LOCAL0", LOG_LOCAL0 },
		{ "LOG_LOCAL1", LOG_LOCAL1 },
		{ "LOG_LOCAL2", LOG_LOCAL2 },
		{ "LOG_LOCAL3", LOG_LOCAL3 },
		{ "LOG_LOCAL4", LOG_LOCAL4 },
		{ "LOG_LOCAL5", LOG_LOCAL5 },
		{ "LOG_LOCAL6", LOG_LOCAL6 },
		{ "LOG_LOCAL7", LOG_LOCAL7 },
	};
	struct view word = key_choice(key_at(KEY_ID_syslog), a->syslog);

	if (a->journal && !account_is_set(a, KEY_ID_syslog))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (view_is_nocase(word, words[i].word))
			return words[i].facility;
	return -1;
}
