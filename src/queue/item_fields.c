#include "config.h"

#include "queue/item_fields.h"

#include <stddef.h>

_Static_assert(ITEM_VERSION == 1, "ITEM_FIRST_LINES names the version");

static const char *const state_words[] = { "waiting", "held", "failed", NULL };
static const char *const hold_words[] = { "none",        "user",
					  "credentials", "configuration",
					  "uncertain",   NULL };
const char *const item_progress_words[] = { "pending", "sent", "failed", NULL };
static const char *const return_words[] = { "unset", "headers", "full", NULL };
static const char *const by_words[] = { "unset", "return", "notify", NULL };

/* Of enum err_kind, whose numbers may change. */
const char *const item_kind_words[] = {
	[ERR_NONE] = "none",
	[ERR_USAGE] = "usage",
	[ERR_MESSAGE] = "message",
	[ERR_NOINPUT] = "noinput",
	[ERR_RECIPIENT] = "recipient",
	[ERR_NOHOST] = "nohost",
	[ERR_REFUSED] = "refused",
	[ERR_SYSTEM] = "system",
	[ERR_IO] = "io",
	[ERR_NETWORK] = "network",
	[ERR_DEFERRED] = "deferred",
	[ERR_UNCERTAIN] = "uncertain",
	[ERR_PROTOCOL] = "protocol",
	[ERR_TLS] = "tls",
	[ERR_AUTH] = "auth",
	[ERR_CONFIG] = "config",
	[ERR_KIND_COUNT] = NULL,
};

#define AT(member) offsetof(struct item, member)
#define BOOL(n, m)                                                             \
	{                                                                      \
		n, TYPE_BOOL, AT(m), 0, 1, NULL                                \
	}
#define INT(n, m, min, max)                                                    \
	{                                                                      \
		n, TYPE_INT, AT(m), min, max, NULL                             \
	}
#define TIME(n, m)                                                             \
	{                                                                      \
		n, TYPE_INT64, AT(m), 0, ITEM_TIME_MAX, NULL                   \
	}
#define COUNT(n, m)                                                            \
	{                                                                      \
		n, TYPE_UINT64, AT(m), 0, INT64_C(999999999999999999), NULL    \
	}
#define WORD(n, m, words)                                                      \
	{                                                                      \
		n, TYPE_WORD, AT(m), 0, 0, words                               \
	}
#define TEXT(n, m)                                                             \
	{                                                                      \
		n, TYPE_TEXT, AT(m), 0, 0, NULL                                \
	}

const struct item_field item_origin_fields[ITEM_ORIGIN_FIELDS] = {
	TEXT("label", origin.label),
	TEXT("config", origin.config),
	BOOL("built", origin.built),
	BOOL("msmtp_name", origin.msmtp_name),
	BOOL("system_only", origin.system_only),
};

const struct item_field item_fields[ITEM_FIELDS] = {
	TEXT("tag", tag),
	TIME("created", created),
	TIME("due", due),
	TIME("held_s", held_s),
	TIME("held_since", held_since),
	WORD("state", state, state_words),
	WORD("hold", hold, hold_words),
	BOOL("unready", unready),
	BOOL("is_notice", is_notice),
	TEXT("about", about),
	INT("attempts", attempts, 0, INT32_MAX),
	INT("failures", failures, 0, INT32_MAX),
	INT("uncertain", uncertain, 0, INT32_MAX),
	TIME("last_try", last_try),
	TEXT("answer", answer),
	TEXT("message_id", message_id),
	COUNT("octets", facts.octets),
	COUNT("lines", facts.lines),
	COUNT("longest", facts.longest),
	BOOL("has_8bit", facts.has_8bit),
	BOOL("has_nul", facts.has_nul),
	COUNT("current", facts.current),
	TEXT("sender", envelope.sender),
	INT("notify", envelope.notify, 0, 15),
	WORD("return", envelope.ret, return_words),
	TEXT("envid", envelope.envid),
	BOOL("smtputf8", envelope.smtputf8),
	WORD("by", envelope.wishes.by, by_words),
	INT("by_s", envelope.wishes.by_s, 0, BY_SECONDS_MAX),
	BOOL("by_trace", envelope.wishes.by_trace),
	INT("hold_for_s", envelope.wishes.hold_for_s, 0, HOLD_SECONDS_MAX),
	TIME("hold_until", envelope.wishes.hold_until),
	BOOL("has_priority", envelope.wishes.has_priority),
	INT("priority", envelope.wishes.priority, PRIORITY_MIN, PRIORITY_MAX),
	BOOL("require_tls", envelope.wishes.require_tls),
};

const char *item_state_word(enum item_state state)
{
	return state_words[state];
}

const char *item_hold_word(enum item_hold hold)
{
	return hold_words[hold];
}

const char *item_hold_reason(enum item_hold hold)
{
	static const char *const words[] = {
		[HOLD_NONE] = "nobody knows why",
		[HOLD_USER] = "by hand",
		[HOLD_CREDENTIALS] = "the server refused the login",
		[HOLD_CONFIGURATION] = "the configuration is wrong",
		[HOLD_UNCERTAIN] = "its arrival was uncertain three times",
	};

	return words[hold];
}

const char *item_progress_word(enum item_progress progress)
{
	return item_progress_words[progress];
}
