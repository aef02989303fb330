#include "config.h"

#include "deliver/record.h"

#include <syslog.h>
#include <time.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "deliver/settings.h"

#define TIME_MAX 256

static void add_number(struct log_event *ev, const char *name, int64_t value)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&text, "%lld", (long long)value);
	log_add(ev, name, LOG_NUMBER, str_view(&text));
}

static void add_text(struct log_event *ev, const char *name, const char *text)
{
	log_add(ev, name, LOG_PLAIN, view_of(text));
}

static void add_recipients(struct log_event *ev, const struct list *l)
{
	CLEAN(str) struct str all = STR_INIT;

	for (size_t i = 0; i < l->n; i++)
		str_addf(&all, "%s%s", i > 0 ? "," : "", l->v[i]);
	log_add(ev, "recipients", LOG_PLAIN, str_view(&all));
}

static void add_account(struct log_event *ev, const struct record *r)
{
	const struct account *a = r->account;
	const char *host = r->host ? r->host : a->host;
	bool auth = settings_auth(a);

	if (a->socket && !a->host)
		add_text(ev, "socket", a->socket);
	else
		add_text(ev, "host", host ? host : "");
	add_text(ev, "tls", a->tls ? "on" : "off");
	add_text(ev, "auth", auth ? "on" : "off");
	if (auth && a->user)
		add_text(ev, "user", a->user);
}

static void add_reply(struct log_event *ev, int code, const char *said)
{
	if (code == 0)
		return;
	add_number(ev, "smtpstatus", code);
	log_add(ev, "smtpmsg", LOG_QUOTED, view_of(said ? said : ""));
}

static void add_result(struct log_event *ev, const struct record *r)
{
	if (r->err) {
		add_reply(ev, r->err->code, r->err->said);
		log_add(ev, "errormsg", LOG_QUOTED, view_of(r->err->text));
		return;
	}
	add_number(ev, "mailsize", (int64_t)r->octets);
	if (r->outcome)
		add_reply(ev, r->outcome->code, r->outcome->said);
}

static void add_notes(struct log_event *ev, const struct list *notes)
{
	CLEAN(str) struct str all = STR_INIT;

	for (size_t i = 0; notes && i < notes->n; i++)
		str_addf(&all, "%s%s", i > 0 ? "; " : "", notes->v[i]);
	if (all.len > 0)
		log_add(ev, "note", LOG_QUOTED, str_view(&all));
}

static struct fate fate_of(const struct record *r)
{
	if (r->fate)
		return *r->fate;
	return (struct fate){
		.word = "no",
		.status = r->err ? err_exit_status(r->err) : 0,
		.loud = r->err != NULL,
	};
}

static void compose(struct log_event *ev, const struct record *r)
{
	const struct fate fate = fate_of(r);

	add_account(ev, r);
	add_text(ev, "from", r->envelope->sender ? r->envelope->sender : "");
	add_recipients(ev, &r->envelope->recipients);
	add_result(ev, r);
	add_notes(ev, r->notes);
	add_text(ev, "account", r->account->label);
	add_text(ev, "id", fate.id ? fate.id : "-");
	add_text(ev, "tls_version",
		 r->tls_version && r->tls_version[0] ? r->tls_version : "-");
	add_number(ev, "time_ms", clock_now_ms() - r->started_ms);
	add_text(ev, "queue", fate.word);
	if (r->account->capture)
		add_text(ev, "capture", r->account->capture);
	add_text(ev, "exitcode", err_status_name(fate.status));
}

/* The user's own format: that it is no literal is what it is for. */
static size_t (*const format_time)(char *, size_t, const char *,
				   const struct tm *) = strftime;

/* The file's lines begin with the time; syslog has its own. */
static void add_time(struct str *line, const struct account *a, bool json)
{
	const char *format = a->logfile_time_format;
	char text[TIME_MAX];
	time_t now = time(NULL);
	struct tm tm;

	if (json)
		format = "%Y-%m-%dT%H:%M:%S%z";
	else if (!format || !format[0])
		format = "%b %d %H:%M:%S";
	if (!localtime_r(&now, &tm) ||
	    format_time(text, sizeof(text), format, &tm) == 0)
		return;
	if (json)
		str_addf(line, "{\"time\":\"%s\",", text);
	else
		str_add_printable(line, view_of(text));
	str_adds(line, json ? "" : " ");
}

static bool wants_time(const struct account *a)
{
	return !a->logfile_time_format ||
	       !view_is_nocase(view_of(a->logfile_time_format), "none");
}

static bool to_file(const struct account *a, const char *text, bool json,
		    struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;

	if (json || wants_time(a))
		add_time(&line, a, json);
	str_adds(&line, json && line.len > 0 ? text + 1 : text);
	return log_to_file(a->logfile, str_view(&line), e);
}

/* Who says where to log, and how it ended. */
struct sink {
	const struct account *account;
	const char *tag;
	bool failed;
};

/* The first trouble is the one that is told. */
static void note_trouble(const struct err *e, struct err *trouble)
{
	if (trouble->kind == ERR_NONE)
		*trouble = *e;
}

static void to_journal(const struct sink *to, const struct log_event *ev,
		       const char *text, struct err *trouble)
{
	int facility = settings_syslog(to->account);
	CLEAN(str) struct str entry = STR_INIT;
	CLEAN(str) struct str number = STR_INIT;
	struct err e = ERR_INIT;

	str_addf(&number, "%d", LOG_FAC(facility < 0 ? LOG_MAIL : facility));
	journal_add(&entry, "MESSAGE", view_of(text));
	journal_add(&entry, "PRIORITY", view_of(to->failed ? "3" : "6"));
	journal_add(&entry, "SYSLOG_IDENTIFIER", view_of(to->tag));
	journal_add(&entry, "SYSLOG_FACILITY", str_view(&number));
	journal_add_event(&entry, ev);
	if (!journal_send(JOURNAL_SOCKET, str_view(&entry), &e))
		note_trouble(&e, trouble);
}

static void put(const struct sink *to, const struct log_event *ev,
		struct err *trouble)
{
	const struct account *a = to->account;
	bool json = a->log_format == SETTINGS_JSON;
	int facility = settings_syslog(a);
	CLEAN(str) struct str text = STR_INIT;

	if (json)
		log_add_json(&text, ev);
	else
		log_add_classic(&text, ev);
	if (a->logfile && a->logfile[0])
		(void)!to_file(a, text.s, json, trouble);
	if (a->journal)
		to_journal(to, ev, text.s, trouble);
	if (facility >= 0)
		log_to_syslog(to->tag, facility, to->failed, text.s);
}

void record_attempt(const struct record *r, struct err *trouble)
{
	const struct sink to = {
		.account = r->log ? r->log : r->account,
		.tag = r->tag,
		.failed = fate_of(r).loud,
	};
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;

	compose(&ev, r);
	put(&to, &ev, trouble);
}

void record_event(const struct account *a, const char *tag, const char *id,
		  const char *words)
{
	const struct sink to = { .account = a, .tag = tag, .failed = true };
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;
	struct err ignored = ERR_INIT;

	add_text(&ev, "account", a->label);
	add_text(&ev, "id", id);
	log_add(&ev, "errormsg", LOG_QUOTED, view_of(words));
	put(&to, &ev, &ignored);
}

void record_early_failure(const char *tag, const struct err *e)
{
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;
	CLEAN(str) struct str text = STR_INIT;

	log_add(&ev, "errormsg", LOG_QUOTED, view_of(e->text));
	add_text(&ev, "queue", "no");
	add_text(&ev, "exitcode", err_status_name(err_exit_status(e)));
	log_add_classic(&text, &ev);
	log_to_syslog(tag, LOG_MAIL, true, text.s);
}
