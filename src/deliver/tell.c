#include "config.h"

#include "deliver/tell.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/scan.h"
#include "deliver/record.h"
#include "queue/aside.h"

#define PREFIX "POSTRIDER_"
#define RECIPIENTS_MAX 4096 /* bytes of _RECIPIENTS */
#define TAG "postrider"

static const char *const events[] = {
	[TELL_FAILED] = "failed",
	[TELL_HELD] = "held",
	[TELL_UNCERTAIN] = "uncertain",
	[TELL_TROUBLE] = "trouble",
};

static const char *tag_of(const struct item *it)
{
	return it && it->tag ? it->tag : TAG;
}

static const char *id_of(const struct item *it)
{
	return it && it->id[0] ? it->id : "-";
}

/* --- its environment --------------------------------------------------------
 */

/* One line, whatever text is. */
static void add_line(const char *text, struct str *out)
{
	CLEAN(str) struct str line = STR_INIT;

	for (; *text; text++)
		if (*text == '\n')
			str_addc(&line, ' ');
		else
			str_addc(&line, *text);
	str_add_printable(out, str_view(&line));
}

static void set(struct list *env, const char *name, const char *value)
{
	CLEAN(str) struct str entry = STR_INIT;

	str_addf(&entry, PREFIX "%s=", name);
	add_line(value, &entry);
	list_add(env, entry.s);
}

/* Those that did not get it. */
static void set_recipients(struct list *env, const struct item *it)
{
	CLEAN(str) struct str all = STR_INIT;

	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		const char *path = it->envelope.recipients.v[i];

		if (it->v[i].progress == ITEM_SENT)
			continue;
		if (all.len + strlen(path) > RECIPIENTS_MAX) {
			str_adds(&all, " ...");
			break;
		}
		str_addf(&all, "%s%s", all.len > 0 ? " " : "", path);
	}
	set(env, "RECIPIENTS", str_chars(&all));
}

static bool names(struct view variable, const char *name)
{
	struct scan s = scan_of(variable);

	return view_is_nocase(scan_until(&s, '='), name);
}

/* POSTRIDER_PASSWORD and its kin, and what is about another event. */
static bool is_unfit(const char *variable)
{
	static const char *const ours[] = { "EVENT",  "ID",         "ACCOUNT",
					    "SENDER", "RECIPIENTS", "REASON" };
	struct view v = view_of(variable);
	size_t prefix = strlen(PREFIX);

	if (!view_starts(v, PREFIX))
		return false;
	v = view_part(v, prefix, v.n);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (names(v, ours[i]))
			return true;
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);

		if ((k->flags & (KEY_IS_SECRET | KEY_HIDES_PASSWORD)) != 0 &&
		    names(v, k->name))
			return true;
	}
	return false;
}

static void make_environment(const struct account *a, enum tell_event event,
			     const struct item *it, const char *reason,
			     struct list *env)
{
	for (char **p = environ; *p; p++)
		if (!is_unfit(*p))
			list_add(env, *p);
	set(env, "EVENT", events[event]);
	set(env, "ACCOUNT", a->label);
	set(env, "REASON", reason ? reason : "");
	set(env, "ID", it ? it->id : "");
	set(env, "SENDER",
	    it && it->envelope.sender ? it->envelope.sender : "");
	if (it)
		set_recipients(env, it);
	else
		set(env, "RECIPIENTS", "");
}

/* --- the command ------------------------------------------------------------
 */

static int limit_s(const struct account *a)
{
	return a->deadline > 0 && a->deadline < TELL_COMMAND_S ? a->deadline
							       : TELL_COMMAND_S;
}

static bool run(const struct account *a, struct list *env, struct err *e)
{
	char **inherited = environ;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[PROC_FDS] = { null, null, null };
	int status = 0;
	bool ok;

	/* Nothing else runs in this process that could look at it. */
	environ = mem_zero(env->n + 1, sizeof(*environ));
	memcpy(environ, env->v, env->n * sizeof(*environ));
	ok = proc_run("notify_command", a->notify_command, fds,
		      clock_after_s(limit_s(a)), &status, e);
	free(environ);
	environ = inherited;
	if (null >= 0)
		close(null);
	if (ok && status != 0)
		return err_set(e, ERR_SYSTEM,
			       "notify_command ended with status %d", status);
	return ok;
}

void tell_command(const struct account *a, enum tell_event event,
		  const struct item *it, const char *reason)
{
	/* One that hangs must not hold up mail, again and again. */
	static bool hangs;
	CLEAN(list) struct list env = LIST_INIT;
	struct err e = ERR_INIT;
	int64_t begun = clock_now_ms();

	if (!a->notify_command || !a->notify_command[0] || hangs)
		return;
	if (it && it->is_notice && !it->about)
		return;
	make_environment(a, event, it, reason, &env);
	if (run(a, &env, &e))
		return;
	hangs = clock_now_ms() - begun >= limit_s(a) * (int64_t)1000;
	record_event(a, tag_of(it), id_of(it), e.text);
}

bool tell_is_within(void)
{
	return getenv(PREFIX "EVENT") != NULL;
}

/* --- faults of accounts -----------------------------------------------------
 */

/* Exit status 76, 77, 78; what a network does passes by itself. */
static bool is_loud(const struct err *e)
{
	return e->kind == ERR_PROTOCOL || e->kind == ERR_TLS ||
	       e->kind == ERR_AUTH || e->kind == ERR_CONFIG;
}

static void log_fault(const struct account *a, const struct standing *st,
		      const struct err *e, const struct item *it)
{
	CLEAN(str) struct str words = STR_INIT;

	str_addf(&words, "%s; ", e->text);
	if (st->state == STANDING_HELD)
		str_adds(&words, "all mail of the account is held; once that "
				 "is mended, this sends it: ");
	else
		str_adds(&words, "all mail of the account waits and is tried "
				 "from time to time; at once by: ");
	str_adds(&words, "postrider flush -a ");
	str_add_word(&words, view_of(a->label));
	record_event(a, tag_of(it), id_of(it), words.s);
}

bool tell_fault(const struct account *a, struct standing *st,
		const struct err *e, const struct item *it)
{
	if (st->told || st->state == STANDING_GOOD || !is_loud(e))
		return false;
	st->told = true;
	log_fault(a, st, e, it);
	tell_command(a, st->state == STANDING_HELD ? TELL_HELD : TELL_TROUBLE,
		     it, e->said[0] ? e->said : e->text);
	return true;
}

/* --- people who look --------------------------------------------------------
 */

static void add_until(int64_t seconds, struct str *out)
{
	int64_t minutes = (seconds + 59) / 60;

	if (seconds <= 0)
		str_adds(out, "now");
	else if (minutes < 120)
		str_addf(out, "in %lld minute%s", (long long)minutes,
			 minutes == 1 ? "" : "s");
	else
		str_addf(out, "in %lld hours", (long long)(minutes + 30) / 60);
}

static void add_standing(const struct standing *st, int64_t now,
			 struct str *out)
{
	const char *label = st->label ? st->label : "?";
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str word = STR_INIT;

	str_add_word(&word, view_of(label));
	str_addf(&text, "account '%s': %s; ", label,
		 st->reason ? st->reason : "no reason is known");
	if (st->state == STANDING_HELD) {
		str_addf(&text,
			 "its mail is held; once that is mended, "
			 "'postrider flush -a %s' sends it",
			 word.s);
	} else {
		str_adds(&text, "its mail is tried again ");
		add_until(st->until - now, &text);
		str_addf(&text, ", or at once by 'postrider flush -a %s'",
			 word.s);
	}
	str_add_printable(out, str_view(&text));
	str_addc(out, '\n');
}

static void add_damage(const struct spool *s, struct str *out)
{
	CLEAN(str) struct str folder = STR_INIT;
	size_t n = aside_count(s, &folder);

	if (n == 0)
		return;
	str_addf(out, "%zu damaged message%s not sent; what is left of %s in ",
		 n, n == 1 ? " is" : "s are", n == 1 ? "it is" : "them is");
	str_add_printable(out, str_view(&folder));
	str_addc(out, '\n');
}

void tell_loudest(const struct spool *s, int64_t now, struct str *out)
{
	CLEAN(list) struct list names = LIST_INIT;

	standing_list(s, &names);
	for (size_t i = 0; i < names.n; i++) {
		CLEAN(standing) struct standing st = STANDING_INIT;

		standing_load(s, names.v[i], &st);
		if (st.state != STANDING_GOOD)
			add_standing(&st, now, out);
	}
	add_damage(s, out);
}
