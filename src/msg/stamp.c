#include "config.h"

#include "msg/stamp.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/scan.h"

#define RANDOM_BYTES 16

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
				    "Thu", "Fri", "Sat" };
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

/* Minutes east of Greenwich at that time; 0 where nobody knows. */
static long zone_minutes(time_t when)
{
	struct tm local;

	tzset();
	return localtime_r(&when, &local) ? local.tm_gmtoff / 60 : 0;
}

/*
 * RFC 5322 has no seconds in its zone, some zones of the past have.  The time
 * is therefore reckoned from the zone as it is written.
 */
void stamp_add_date(time_t when, struct str *out)
{
	long zone = zone_minutes(when);
	long apart = zone < 0 ? -zone : zone;
	time_t shifted = when + zone * 60;
	struct tm t;

	if (!gmtime_r(&shifted, &t)) {
		str_adds(out, "Thu, 01 Jan 1970 00:00:00 +0000");
		return;
	}
	str_addf(out, "%s, %02d %s %04ld %02d:%02d:%02d %c%02ld%02ld",
		 days[t.tm_wday], t.tm_mday, months[t.tm_mon],
		 1900L + t.tm_year, t.tm_hour, t.tm_min, t.tm_sec,
		 zone < 0 ? '-' : '+', apart / 60, apart % 60);
}

/*
 * An ID must be unique, not secret: without random numbers (an old kernel, a
 * sandbox) the time to the nanosecond and the process must do.
 */
static void fill_random(unsigned char *p)
{
	struct timespec now = { 0 };
	pid_t pid = getpid();

	if (getrandom(p, RANDOM_BYTES, 0) == RANDOM_BYTES)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	memset(p, 0, RANDOM_BYTES);
	memcpy(p, &now.tv_nsec, sizeof(now.tv_nsec));
	memcpy(p + RANDOM_BYTES - sizeof(pid), &pid, sizeof(pid));
}

static bool is_id_char(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_';
}

static bool is_literal_char(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == ':';
}

/* id-right of RFC 5322, 3.6.4: a dot-atom or a literal. */
static bool is_id_right(struct view domain)
{
	struct scan s = scan_of(domain);
	struct view part;

	if (scan_byte(&s, '['))
		return scan_while(&s, is_literal_char, &part) &&
		       scan_byte(&s, ']') && scan_done(&s);
	do {
		if (!scan_while(&s, is_id_char, &part))
			return false;
	} while (scan_byte(&s, '.'));
	return scan_done(&s);
}

void stamp_add_message_id(const char *domain, struct str *out)
{
	unsigned char bytes[RANDOM_BYTES];

	fill_random(bytes);
	str_addf(out, "<%" PRIx64 ".", (uint64_t)time(NULL));
	for (size_t i = 0; i < sizeof(bytes); i++)
		str_addf(out, "%02x", bytes[i]);
	if (!domain || !is_id_right(view_of(domain)))
		domain = "localhost";
	str_addf(out, "@%s>", domain);
}
