#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/scan.h"

#define LOCK_TRIES 100 /* of a tenth of a second each */

void log_add(struct log_event *ev, const char *name, enum log_style style,
	     struct view value)
{
	char *copy;

	if (ev->n == LOG_FIELDS_MAX)
		return;
	copy = mem_copy_n(value.p, value.n);
	for (size_t i = 0; i < value.n; i++)
		if (copy[i] == '\0')
			copy[i] = '?';
	ev->v[ev->n++] = (struct log_field){ name, style, copy };
}

void log_event_free(struct log_event *ev)
{
	for (size_t i = 0; i < ev->n; i++)
		free(ev->v[i].value);
	ev->n = 0;
}

static void add_hex(struct str *out, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		str_addf(out, "\\x%02x", (unsigned)(unsigned char)bytes.p[i]);
}

static void add_char(struct str *out, struct view c, bool quoted)
{
	if (view_is(c, "\n"))
		str_adds(out, "\\n");
	else if (view_is(c, "\\"))
		str_adds(out, "\\\\");
	else if (view_is(c, "'") && quoted)
		str_addc(out, '?');
	else if (view_is(c, " ") && !quoted)
		add_hex(out, c);
	else
		str_add(out, c);
}

static void add_escaped(struct str *out, struct view v, bool quoted)
{
	while (v.n > 0) {
		bool prints;
		size_t n = view_next_shown(v, &prints);

		if (prints || v.p[0] == '\n')
			add_char(out, view_part(v, 0, n), quoted);
		else
			add_hex(out, view_part(v, 0, n));
		v = view_part(v, n, v.n);
	}
}

void log_add_classic(struct str *out, const struct log_event *ev)
{
	for (size_t i = 0; i < ev->n; i++) {
		bool quoted = ev->v[i].style == LOG_QUOTED;

		str_addf(out, "%s%s=%s", i > 0 ? " " : "", ev->v[i].name,
			 quoted ? "'" : "");
		add_escaped(out, view_of(ev->v[i].value), quoted);
		str_adds(out, quoted ? "'" : "");
	}
}

/* As JSON wants it: digits without a leading zero. */
static bool is_number(const char *s)
{
	struct scan in = scan_of(view_of(s));
	int64_t value;

	if (s[0] == '0')
		return s[1] == '\0';
	return scan_number(&in, &value) && scan_done(&in);
}

void log_add_json(struct str *out, const struct log_event *ev)
{
	str_addc(out, '{');
	for (size_t i = 0; i < ev->n; i++)
		if (ev->v[i].style == LOG_NUMBER && is_number(ev->v[i].value))
			json_add_raw_member(out, ev->v[i].name, ev->v[i].value);
		else
			json_add_member(out, ev->v[i].name,
					view_of(ev->v[i].value));
	str_addc(out, '}');
}

static bool lock_file(int fd)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (fcntl(fd, F_SETLK, &l) == 0)
			return true;
		if (errno != EACCES && errno != EAGAIN)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static bool append(int fd, struct view line)
{
	CLEAN(str) struct str whole = STR_INIT;

	str_add(&whole, line);
	str_addc(&whole, '\n');
	return file_write(fd, str_view(&whole));
}

/* O_NONBLOCK: a pipe that nobody reads is refused and not waited for. */
static int open_log(const char *path)
{
	return open(path,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			    O_NOCTTY | O_NONBLOCK,
		    0600);
}

/* Some file systems have no locks; appending in one write has to do there. */
static bool lock_if_possible(int fd)
{
	return lock_file(fd) || errno == EINVAL || errno == ENOLCK;
}

static void explain(const char *path, struct err *e)
{
	bool is_link = errno == ELOOP;

	err_errno(e, "cannot write the log file '%s'", path);
	if (is_link)
		err_hint(e, "symbolic links are not followed; name the file "
			    "itself");
}

bool log_to_file(const char *path, struct view line, struct err *e)
{
	bool ok;
	int fd;

	if (strcmp(path, "-") == 0)
		return append(STDOUT_FILENO, line) ||
		       err_errno(e, "cannot write the log to standard output");
	fd = open_log(path);
	ok = fd >= 0 && lock_if_possible(fd) && append(fd, line);
	if (!ok)
		explain(path, e);
	if (fd >= 0)
		close(fd);
	return ok;
}

void log_to_syslog(const char *tag, int facility, bool failed, const char *line)
{
	openlog(tag, LOG_PID, facility);
	syslog(failed ? LOG_ERR : LOG_INFO, "%s", line);
	closelog();
}
