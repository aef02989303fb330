#include "config.h"

#include "queue/standing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/scan.h"
#include "queue/retry.h"

#define SUFFIX ".account"
#define FIRST_LINE "postrider-account 1"
#define LISTED_MAX 65536 /* entries of the folder that are looked at */
#define LONG_AGO 1
/* The time of a success that came soon after another need not be noted. */
#define SUCCESS_EVERY_S 3600
/* No wait is as long: one that seems so comes of a clock that was wrong. */
#define UNTIL_MAX_S 18000

static const char *const states[] = { "good", "trouble", "held" };
static const char *const faults[] = { "none", "user", "credentials",
				      "configuration", "uncertain" };

void standing_free(struct standing *st)
{
	free(st->label);
	free(st->reason);
	free(st->stamp);
	*st = STANDING_INIT;
}

/* --- the text --------------------------------------------------------------
 */

static void add_number(struct str *out, const char *name, int64_t n)
{
	str_addf(out, "%s %lld\n", name, (long long)n);
}

static void add_text(struct str *out, const char *name, const char *text)
{
	if (!text)
		return;
	str_addf(out, "%s ", name);
	str_add_printable(out, view_of(text));
	str_addc(out, '\n');
}

static void write_text(const struct standing *st, struct str *out)
{
	str_adds(out, FIRST_LINE "\n");
	add_text(out, "label", st->label);
	add_text(out, "state", states[st->state]);
	add_text(out, "hold", faults[st->hold]);
	add_number(out, "until", st->until);
	add_number(out, "since", st->since);
	add_number(out, "failures", st->failures);
	add_number(out, "last_success", st->last_success);
	add_number(out, "told", st->told);
	add_text(out, "reason", st->reason);
	add_text(out, "stamp", st->stamp);
	for (size_t i = 0; i < st->n_holds; i++)
		str_addf(out, "was_held %lld %lld\n",
			 (long long)st->holds[i].from,
			 (long long)st->holds[i].to);
	str_adds(out, "end\n");
}

static bool read_word(struct view v, const char *const words[], size_t n,
		      int *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!view_is(v, words[i]))
			continue;
		*out = (int)i;
		return true;
	}
	return false;
}

static bool read_number(struct view v, int64_t *out)
{
	struct scan s = scan_of(v);

	return scan_number(&s, out) && scan_done(&s);
}

static bool read_count(struct view v, int *out)
{
	int64_t n;

	if (!read_number(v, &n) || n > INT32_MAX)
		return false;
	*out = (int)n;
	return true;
}

static bool read_text(struct view v, char **out)
{
	free(*out);
	*out = mem_copy_n(v.p, v.n);
	return !view_has_control(v);
}

static bool read_state(struct view v, struct standing *st)
{
	int n = 0;

	if (!read_word(v, states, ARRAY_LEN(states), &n))
		return false;
	st->state = (enum standing_state)n;
	return true;
}

static bool read_hold(struct view v, struct standing *st)
{
	int n = 0;

	if (!read_word(v, faults, ARRAY_LEN(faults), &n))
		return false;
	st->hold = (enum item_hold)n;
	return true;
}

static bool read_told(struct view v, struct standing *st)
{
	st->told = view_is(v, "1");
	return true;
}

static bool read_span(struct view v, struct standing *st)
{
	struct standing_span span;
	struct scan s = scan_of(v);

	if (st->n_holds == STANDING_HOLDS_MAX || !scan_number(&s, &span.from) ||
	    !scan_byte(&s, ' ') || !scan_number(&s, &span.to) || !scan_done(&s))
		return false;
	st->holds[st->n_holds++] = span;
	return true;
}

static bool read_line(struct view line, struct standing *st)
{
	struct scan s = scan_of(line);
	struct view name = scan_until(&s, ' ');
	struct view value = scan_rest(&s);

	if (view_is(name, "label"))
		return read_text(value, &st->label);
	if (view_is(name, "state"))
		return read_state(value, st);
	if (view_is(name, "hold"))
		return read_hold(value, st);
	if (view_is(name, "until"))
		return read_number(value, &st->until);
	if (view_is(name, "since"))
		return read_number(value, &st->since);
	if (view_is(name, "failures"))
		return read_count(value, &st->failures);
	if (view_is(name, "last_success"))
		return read_number(value, &st->last_success);
	if (view_is(name, "told"))
		return read_told(value, st);
	if (view_is(name, "reason"))
		return read_text(value, &st->reason);
	if (view_is(name, "stamp"))
		return read_text(value, &st->stamp);
	return view_is(name, "was_held") && read_span(value, st);
}

/* The last line says that nothing is missing. */
static bool read_all_lines(struct view text, struct standing *st)
{
	struct scan s = scan_of(text);

	if (!view_is(scan_until(&s, '\n'), FIRST_LINE))
		return false;
	while (!scan_done(&s)) {
		struct view line = scan_until(&s, '\n');

		if (view_is(line, "end"))
			return scan_done(&s);
		if (!read_line(line, st))
			return false;
	}
	return false;
}

/* --- the file --------------------------------------------------------------
 */

static void file_name(const char *name, struct str *out)
{
	str_adds(out, name);
	str_adds(out, SUFFIX);
}

/* Bytes of it, in buf of STANDING_TEXT_MAX; 0: there is none; -1: it cannot be
 * read now. */
static ssize_t read_file(int folder, const char *name, char *buf)
{
	int fd = folder_file(folder, name, O_RDONLY | O_NONBLOCK);
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	do
		got = read(fd, buf, STANDING_TEXT_MAX);
	while (got < 0 && errno == EINTR);
	close(fd);
	return got;
}

void standing_load(const struct spool *s, const char *name, struct standing *st)
{
	CLEAN(str) struct str file = STR_INIT;
	char buf[STANDING_TEXT_MAX];
	ssize_t n;

	*st = STANDING_INIT;
	file_name(name, &file);
	n = read_file(s->fd, file.s, buf);
	if (n < 0)
		st->last_success = LONG_AGO;
	else if (!read_all_lines((struct view){ buf, (size_t)n }, st))
		standing_free(st);
}

bool standing_store(const struct spool *s, const char *name,
		    const struct standing *st, struct err *e)
{
	CLEAN(str) struct str path = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&path, "%s/", s->path);
	file_name(name, &path);
	write_text(st, &text);
	return file_replace(path.s, str_view(&text), e);
}

/* The name of an account's file without its suffix; empty for others. */
static struct view account_of(const char *file)
{
	size_t n = strlen(file), suffix = strlen(SUFFIX);

	if (n <= suffix || strcmp(file + n - suffix, SUFFIX) != 0)
		return VIEW_NONE;
	return (struct view){ file, n - suffix };
}

void standing_list(const struct spool *s, struct list *names)
{
	const struct dirent *entry;
	DIR *dir = opendir(s->path);

	if (!dir)
		return;
	for (int i = 0; i < LISTED_MAX && (entry = readdir(dir)); i++) {
		struct view name = account_of(entry->d_name);

		if (name.n > 0)
			list_add_view(names, name);
	}
	closedir(dir);
}

/* --- what a try brought ----------------------------------------------------
 */

static void end_hold(struct standing *st, int64_t now)
{
	if (st->state != STANDING_HELD || now <= st->since)
		return;
	if (st->n_holds == STANDING_HOLDS_MAX) {
		st->n_holds--;
		memmove(st->holds, st->holds + 1,
			st->n_holds * sizeof(*st->holds));
	}
	st->holds[st->n_holds++] = (struct standing_span){ st->since, now };
}

bool standing_release(struct standing *st, int64_t now)
{
	if (st->state == STANDING_GOOD)
		return false;
	end_hold(st, now);
	st->state = STANDING_GOOD;
	st->hold = HOLD_NONE;
	st->until = 0;
	st->since = now;
	st->failures = 0;
	st->told = false;
	free(st->reason);
	free(st->stamp);
	st->reason = st->stamp = NULL;
	return true;
}

static bool note_success(struct standing *st, int64_t now)
{
	bool news = standing_release(st, now) || st->last_success == 0 ||
		    now < st->last_success ||
		    now - st->last_success >= SUCCESS_EVERY_S;

	if (news)
		st->last_success = now;
	return news;
}

/* Another fault than before begins now, and nobody was told of it. */
static void begin(struct standing *st, enum standing_state state,
		  enum item_hold hold, int64_t now)
{
	if (st->state == state && st->hold == hold)
		return;
	end_hold(st, now);
	st->state = state;
	st->hold = hold;
	st->since = now;
	st->told = false;
}

static void note_reason(struct standing *st, const struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	str_adds(&text, e->text);
	if (e->said[0])
		str_addf(&text, ": %s", e->said);
	free(st->reason);
	free(st->stamp);
	st->stamp = NULL;
	st->reason = NULL;
	for (size_t i = 0; i < text.len; i++)
		if (text.s[i] == '\n')
			text.s[i] = ' ';
	st->reason = str_detach(&text);
}

static enum item_hold hold_of(enum err_kind kind)
{
	return kind == ERR_AUTH ? HOLD_CREDENTIALS : HOLD_CONFIGURATION;
}

bool standing_note(struct standing *st, const struct err *e, int64_t now,
		   uint32_t seed)
{
	if (!e)
		return note_success(st, now);
	if (e->kind == ERR_UNCERTAIN || err_retry(e) == ERR_RETRY_NEVER)
		return false;
	if (err_retry(e) == ERR_RETRY_HELD) {
		begin(st, STANDING_HELD, hold_of(e->kind), now);
	} else {
		begin(st, STANDING_TROUBLE, HOLD_NONE, now);
		if (st->failures < INT32_MAX)
			st->failures++;
		st->until = now + retry_delay_s(st->failures, seed);
	}
	note_reason(st, e);
	return true;
}

static int64_t overlap(const struct standing_span *span, int64_t from,
		       int64_t to)
{
	int64_t a = span->from > from ? span->from : from;
	int64_t b = span->to < to ? span->to : to;

	return b > a ? b - a : 0;
}

int64_t standing_held_s(const struct standing *st, int64_t from, int64_t now)
{
	const struct standing_span open = { st->since, now };
	int64_t sum = 0;

	for (size_t i = 0; i < st->n_holds; i++)
		sum += overlap(&st->holds[i], from, now);
	if (st->state == STANDING_HELD)
		sum += overlap(&open, from, now);
	return sum;
}

bool standing_allows(const struct standing *st, const char *stamp, int64_t now)
{
	if (st->state == STANDING_TROUBLE)
		return now >= st->until || st->until - now > UNTIL_MAX_S;
	if (st->state == STANDING_HELD)
		return stamp && st->stamp && strcmp(stamp, st->stamp) != 0;
	return true;
}
