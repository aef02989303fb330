#include "config.h"

#include "deliver/remember.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/scan.h"

#define GOOD "good"
#define NOCHUNK "nochunk"

/* --- the file --------------------------------------------------------------
 */

/* The folder that holds ours, and how much of it is not for us to make. */
static bool find_base(struct str *out, size_t *given)
{
	const char *state = getenv("XDG_STATE_HOME");
	bool root = geteuid() == 0;
	const char *top;

	*given = 0;
	if (state && state[0] == '/') {
		str_adds(out, state);
		return true;
	}
	top = root ? LOCALSTATEDIR "/lib" : file_home();
	if (!top)
		return false;
	str_adds(out, top);
	*given = out->len;
	str_adds(out, root ? "" : "/.local/state");
	return true;
}

static bool find_path(struct str *out, size_t *given)
{
	if (!find_base(out, given))
		return false;
	str_adds(out, "/postrider/state");
	return true;
}

static bool is_fit(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	       st.st_size <= REMEMBER_FILE_MAX;
}

/* All of it, or what can be had of it. */
static size_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				    O_NOCTTY);
	ssize_t got = -1;

	if (fd < 0)
		return 0;
	if (is_fit(fd))
		got = read(fd, buf, size);
	close(fd);
	return got > 0 ? (size_t)got : 0;
}

/* A line that this program could have written. */
static bool is_line(struct view line)
{
	return line.n > 0 && line.n <= REMEMBER_LINE_MAX &&
	       !view_has_control(line) && view_is_utf8(line) &&
	       (view_starts(line, GOOD " ") || view_starts(line, NOCHUNK " "));
}

static void load(struct list *lines)
{
	char buf[REMEMBER_FILE_MAX];
	CLEAN(str) struct str path = STR_INIT;
	struct scan s;
	size_t given;

	if (!find_path(&path, &given))
		return;
	s = scan_of((struct view){ buf, read_file(path.s, buf, sizeof(buf)) });
	while (!scan_done(&s) && lines->n < REMEMBER_LINES_MAX) {
		struct view line = scan_until(&s, '\n');

		if (is_line(line))
			list_add_view(lines, line);
	}
}

/* Make the folders of path that are missing; where that cannot be, writing
 * says so. */
static void make_folders(char *path, size_t given)
{
	for (char *p = strchr(path + given + 1, '/'); p;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
}

static void store(const struct list *lines)
{
	CLEAN(str) struct str path = STR_INIT;
	CLEAN(str) struct str text = STR_INIT;
	size_t first = lines->n > REMEMBER_LINES_MAX
			       ? lines->n - REMEMBER_LINES_MAX
			       : 0;
	struct err ignored;
	size_t given;

	if (!find_path(&path, &given))
		return;
	for (size_t i = first; i < lines->n; i++)
		str_addf(&text, "%s\n", lines->v[i]);
	make_folders(path.s, given);
	(void)!file_replace(path.s, str_view(&text), &ignored);
}

/* --- lines -----------------------------------------------------------------
 */

/* "WORD FIRST REST": REST of the line whose other two are these, or FIRST of
 * the one whose REST it is. */
static bool split(const char *line, const char *word, struct view *first,
		  struct view *rest)
{
	struct scan s = scan_of(view_of(line));

	if (!view_is(scan_until(&s, ' '), word))
		return false;
	*first = scan_until(&s, ' ');
	*rest = scan_rest(&s);
	return first->n > 0;
}

static bool is_good_of(const char *line, const char *account,
		       struct view *where)
{
	struct view label;

	return split(line, GOOD, where, &label) && view_is(label, account);
}

bool remember_good(const char *account, struct str *where)
{
	CLEAN(list) struct list lines = LIST_INIT;
	struct view found = VIEW_NONE;

	load(&lines);
	for (size_t i = 0; i < lines.n; i++) {
		if (!is_good_of(lines.v[i], account, &found))
			continue;
		str_add(where, found);
		return true;
	}
	return false;
}

void remember_set_good(const char *account, const char *where)
{
	CLEAN(list) struct list lines = LIST_INIT;
	CLEAN(list) struct list kept = LIST_INIT;
	CLEAN(str) struct str line = STR_INIT;
	struct view found;

	str_addf(&line, GOOD " %s %s", where, account);
	if (!is_line(str_view(&line)))
		return;
	load(&lines);
	for (size_t i = 0; i < lines.n; i++)
		if (!is_good_of(lines.v[i], account, &found))
			list_add(&kept, lines.v[i]);
	list_add(&kept, line.s);
	store(&kept);
}

bool remember_is_chunking_bad(const char *where)
{
	CLEAN(list) struct list lines = LIST_INIT;
	CLEAN(str) struct str line = STR_INIT;

	str_addf(&line, NOCHUNK " %s", where);
	load(&lines);
	return list_has(&lines, line.s);
}

void remember_set_chunking_bad(const char *where)
{
	CLEAN(list) struct list lines = LIST_INIT;
	CLEAN(str) struct str line = STR_INIT;

	str_addf(&line, NOCHUNK " %s", where);
	if (!is_line(str_view(&line)))
		return;
	load(&lines);
	if (list_has(&lines, line.s))
		return;
	list_add(&lines, line.s);
	store(&lines);
}
