#include "config.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/scan.h"
#include "msg/mime.h"

#define TYPE_LINE_MAX 4096    /* longer lines of a type list say nothing */
#define TYPE_LINES_MAX 200000 /* of one list */
#define TYPE_DIRS_MAX 32      /* of $XDG_DATA_DIRS */

/* The best row so far for one name. */
struct match {
	const char *name;  /* the last part of the path */
	const char *lower; /* the same in lower case */
	struct str type;
	int64_t weight;
	size_t length; /* of the pattern */
};

static void match_free(struct match *m)
{
	str_free(&m->type);
}

/* For machines without any list of types. */
static const struct {
	const char *suffix, *type;
} own_types[] = {
	{ ".bz2", "application/x-bzip2" },
	{ ".css", "text/css" },
	{ ".csv", "text/csv" },
	{ ".diff", "text/x-diff" },
	{ ".doc", "application/msword" },
	{ ".docx", "application/vnd.openxmlformats-officedocument."
		   "wordprocessingml.document" },
	{ ".eml", "message/rfc822" },
	{ ".gif", "image/gif" },
	{ ".gz", "application/gzip" },
	{ ".htm", "text/html" },
	{ ".html", "text/html" },
	{ ".ics", "text/calendar" },
	{ ".jpeg", "image/jpeg" },
	{ ".jpg", "image/jpeg" },
	{ ".json", "application/json" },
	{ ".log", "text/plain" },
	{ ".mp3", "audio/mpeg" },
	{ ".mp4", "video/mp4" },
	{ ".odt", "application/vnd.oasis.opendocument.text" },
	{ ".patch", "text/x-diff" },
	{ ".pdf", "application/pdf" },
	{ ".png", "image/png" },
	{ ".svg", "image/svg+xml" },
	{ ".tar", "application/x-tar" },
	{ ".txt", "text/plain" },
	{ ".vcf", "text/vcard" },
	{ ".webp", "image/webp" },
	{ ".xlsx", "application/vnd.openxmlformats-officedocument."
		   "spreadsheetml.sheet" },
	{ ".xml", "application/xml" },
	{ ".xz", "application/x-xz" },
	{ ".zip", "application/zip" },
};

static void offer(struct match *m, struct view type, int64_t weight,
		  size_t length)
{
	if (weight < m->weight || (weight == m->weight && length <= m->length))
		return;
	if (!mime_is_type(type))
		return;
	str_truncate(&m->type, 0);
	str_add(&m->type, type);
	m->weight = weight;
	m->length = length;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* Nearly all patterns are "*.suffix", which needs no fnmatch(3). */
static bool fits(const char *pattern, const char *name)
{
	if (pattern[0] == '*' && !strpbrk(pattern + 1, "*?[\\"))
		return ends_with(name, pattern + 1);
	return fnmatch(pattern, name, 0) == 0;
}

/* weight:type:pattern[:flags], of which "cs" is: no lower case. */
static void globs2_line(struct match *m, struct view line)
{
	CLEAN(mem_string) char *pattern = NULL;
	struct scan s = scan_of(line);
	struct view type, glob;
	int64_t weight;
	size_t length;

	if (!scan_number(&s, &weight) || !scan_byte(&s, ':'))
		return;
	type = scan_until(&s, ':');
	glob = scan_until(&s, ':');
	if (glob.n == 0 || memchr(glob.p, '\0', glob.n))
		return;
	pattern = mem_copy_n(glob.p, glob.n);
	length = glob.n * 2;
	if (fits(pattern, m->name))
		offer(m, type, weight, length + 1);
	else if (!view_is(scan_rest(&s), "cs") && fits(pattern, m->lower))
		offer(m, type, weight, length);
}

static bool not_blank(char c)
{
	return !ascii_is_blank(c);
}

/* type suffix suffix ... */
static void mime_types_line(struct match *m, struct view line)
{
	struct scan s = scan_of(line);
	struct view type, suffix;

	if (!scan_while(&s, not_blank, &type))
		return;
	for (;;) {
		CLEAN(str) struct str end = STR_INIT;

		scan_skip_space(&s);
		if (!scan_while(&s, not_blank, &suffix))
			return;
		str_addc(&end, '.');
		str_add(&end, suffix);
		if (ends_with(m->name, end.s))
			offer(m, type, 0, end.len * 2 + 1);
		else if (ends_with(m->lower, end.s))
			offer(m, type, 0, end.len * 2);
	}
}

/* Every line of the list; true where the list answered. */
static bool ask_list(const char *path, struct match *m,
		     void (*ask)(struct match *m, struct view line))
{
	FILE *f = fopen(path, "re");
	char line[TYPE_LINE_MAX];
	bool whole = true;

	for (int i = 0; f && i < TYPE_LINES_MAX; i++) {
		size_t n;
		bool ends;

		if (!fgets(line, sizeof(line), f))
			break;
		n = strlen(line);
		ends = n > 0 && line[n - 1] == '\n';
		if (whole && ends && line[0] != '#')
			ask(m, (struct view){ line, n - 1 });
		whole = ends;
	}
	if (f)
		fclose(f);
	return m->type.len > 0;
}

static bool ask_globs2(struct match *m)
{
	const char *dirs = getenv("XDG_DATA_DIRS");
	struct scan s = scan_of(
		view_of(dirs && *dirs ? dirs : "/usr/local/share:/usr/share"));

	for (int i = 0; i < TYPE_DIRS_MAX && !scan_done(&s); i++) {
		CLEAN(str) struct str path = STR_INIT;
		struct view dir = scan_until(&s, ':');

		if (dir.n == 0 || dir.p[0] != '/')
			continue;
		str_add(&path, dir);
		str_adds(&path, "/mime/globs2");
		ask_list(path.s, m, globs2_line);
	}
	return m->type.len > 0;
}

static void ask_own(struct match *m)
{
	for (size_t i = 0; i < ARRAY_LEN(own_types); i++)
		if (ends_with(m->lower, own_types[i].suffix))
			offer(m, view_of(own_types[i].type), 0,
			      strlen(own_types[i].suffix));
}

static char *in_lower_case(const char *s)
{
	char *copy = mem_copy(s);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

void mime_type_of(const char *path, struct str *out)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	CLEAN(mem_string) char *lower = in_lower_case(name);
	CLEAN(match) struct match m = { .name = name, .lower = lower };

	if (!ask_globs2(&m) &&
	    !ask_list("/etc/mime.types", &m, mime_types_line))
		ask_own(&m);
	if (m.type.len == 0)
		str_adds(&m.type, "application/octet-stream");
	str_add(out, str_view(&m.type));
}
