#include "config.h"

#include "cli/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

#define QUIET_MS 1000 /* shorter work shows nothing */
#define STEP_MS 200   /* between two lines */
#define MINUTE_S 60
#define HOUR_S 3600
#define KIB 1024.0

static bool terminal_can(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && term[0] != '\0' &&
	       strcmp(term, "dumb") != 0;
}

void progress_start(struct progress *p, const struct ui *ui, const char *what,
		    enum progress_unit unit)
{
	*p = (struct progress){
		.what = what,
		.unit = unit,
		.on = !ui->quiet && !ui->verbose && terminal_can(),
		.started_ms = clock_now_ms(),
	};
}

static void add_bytes(struct str *out, double n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (n >= KIB && unit + 1 < ARRAY_LEN(units)) {
		n /= KIB;
		unit++;
	}
	str_addf(out, unit > 0 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void add_amount(struct str *out, const struct progress *p, double n)
{
	if (p->unit == PROGRESS_BYTES)
		add_bytes(out, n);
	else
		str_addf(out, "%.0f", n);
}

static void add_rate(struct str *out, const struct progress *p, double rate)
{
	str_adds(out, ", ");
	if (p->unit == PROGRESS_MESSAGES && rate < 10) {
		str_addf(out, "%.1f/s", rate);
		return;
	}
	add_amount(out, p, rate);
	str_adds(out, "/s");
}

static void add_left(struct str *out, double seconds)
{
	int64_t s = (int64_t)(seconds + 0.5);

	if (s >= HOUR_S)
		str_addf(out, ", %" PRId64 ":%02d:%02d left", s / HOUR_S,
			 (int)(s % HOUR_S / MINUTE_S), (int)(s % MINUTE_S));
	else
		str_addf(out, ", %d:%02d left", (int)(s / MINUTE_S),
			 (int)(s % MINUTE_S));
}

void progress_add(struct str *out, const struct progress *p, uint64_t done,
		  uint64_t all, int64_t elapsed_ms)
{
	double rate = elapsed_ms > 0 ? (double)done * 1000 / (double)elapsed_ms
				     : 0;

	str_addf(out, "%s: ", p->what);
	add_amount(out, p, (double)done);
	if (all > 0) {
		str_adds(out, " of ");
		add_amount(out, p, (double)all);
	}
	if (p->unit == PROGRESS_MESSAGES)
		str_adds(out, " messages");
	add_rate(out, p, rate);
	if (rate > 0 && all > done)
		add_left(out, (double)(all - done) / rate);
}

/* One column is left free: some terminals wrap there. */
static size_t room(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
		return 79;
	return (size_t)size.ws_col - 1;
}

static void put(struct progress *p, const char *text, size_t n)
{
	size_t rest = p->columns > n ? p->columns - n : 0;

	fprintf(stderr, "\r%.*s%*s", (int)n, text, (int)rest, "");
	if (rest > 0)
		fprintf(stderr, "\r%.*s", (int)n, text);
	fflush(stderr);
	p->columns = n;
}

void progress_show(struct progress *p, uint64_t done, uint64_t all)
{
	int64_t now = clock_now_ms();
	CLEAN(str) struct str line = STR_INIT;

	if (!p->on || now - p->started_ms < QUIET_MS ||
	    now - p->shown_ms < STEP_MS)
		return;
	p->shown_ms = now;
	progress_add(&line, p, done, all, now - p->started_ms);
	put(p, line.s, line.len < room() ? line.len : room());
}

void progress_end(struct progress *p)
{
	if (p->columns > 0)
		put(p, "", 0);
	p->on = false;
}
