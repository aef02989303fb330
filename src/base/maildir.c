#include "config.h"

#include "base/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#define COPY_CHUNK 65536
#define HOST_MAX 256

static const struct {
	const char *folder, *flags;
} boxes[] = {
	[MAILDIR_NEW] = { "new", "" },
	[MAILDIR_SEEN] = { "cur", ":2,S" },
};

struct maildir {
	int top, tmp, box; /* owned descriptors of folders; -1: not open */
	struct str name;   /* of the message */
};

#define MAILDIR_INIT ((struct maildir){ -1, -1, -1, STR_INIT })

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void maildir_free(struct maildir *m)
{
	close_one(m->top);
	close_one(m->tmp);
	close_one(m->box);
	str_free(&m->name);
}

/* A folder of `at`, made where it is missing; -1 with errno set. */
static int open_folder(int at, const char *name, int flags)
{
	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
}

/* The folders of a maildir are no links: who can write there shall not choose
 * where else we do. */
static bool open_all(struct maildir *m, const char *path, enum maildir_box box)
{
	m->top = open_folder(AT_FDCWD, path, 0);
	if (m->top < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
		int fd = open_folder(m->top, boxes[i].folder, O_NOFOLLOW);

		if (fd < 0)
			return false;
		if (i == box)
			m->box = fd;
		else
			close(fd);
	}
	m->tmp = open_folder(m->top, "tmp", O_NOFOLLOW);
	return m->tmp >= 0;
}

/* The name of this machine, without what has a meaning in a file's name. */
static void add_host(struct str *out)
{
	char host[HOST_MAX] = "";

	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		str_adds(out, "localhost");
	for (const char *p = host; *p; p++)
		if (*p == '/' || *p == ':')
			str_addf(out, "\\%03o", (unsigned)*p);
		else
			str_addc(out, *p);
}

/* Like no other: when, which process, by chance, where. */
static bool choose_name(struct maildir *m)
{
	struct timespec now;
	uint64_t chance;

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance) ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	str_addf(&m->name, "%lld.M%06ldP%ldR%016llx.", (long long)now.tv_sec,
		 now.tv_nsec / 1000, (long)getpid(),
		 (unsigned long long)chance);
	add_host(&m->name);
	return true;
}

/* False with e set, or with errno where e is not. */
static bool copy(int fd, struct view head, const struct draft *message,
		 struct err *e)
{
	CLEAN(mem_string) char *buf = mem_resize(NULL, COPY_CHUNK, 1);
	uint64_t offset = 0;
	size_t got;

	if (!file_write(fd, head))
		return false;
	for (;;) {
		if (!draft_read(message, offset, buf, COPY_CHUNK, &got, e))
			return false;
		if (got == 0)
			return fsync(fd) == 0;
		if (!file_write(fd, (struct view){ buf, got }))
			return false;
		offset += got;
	}
}

static bool write_message(const struct maildir *m, struct view head,
			  const struct draft *message, struct err *e)
{
	int fd = openat(m->tmp, m->name.s,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	bool ok;
	int why;

	if (fd < 0)
		return false;
	ok = copy(fd, head, message, e);
	why = errno;
	if (close(fd) < 0 && ok) {
		ok = false;
		why = errno;
	}
	if (!ok)
		unlinkat(m->tmp, m->name.s, 0);
	errno = why;
	return ok;
}

/* The name is like no other, so nothing is replaced. */
static bool show_message(const struct maildir *m, const char *flags)
{
	CLEAN(str) struct str shown = STR_INIT;
	int why;

	str_add(&shown, str_view(&m->name));
	str_adds(&shown, flags);
	if (renameat(m->tmp, m->name.s, m->box, shown.s) == 0) {
		(void)fsync(m->box); /* which not every file system can */
		return true;
	}
	why = errno;
	unlinkat(m->tmp, m->name.s, 0);
	errno = why;
	return false;
}

/* why has no kind where errno says it. */
static bool explain(const char *path, const struct err *why, struct err *e)
{
	bool lacks_parent = errno == ENOENT;

	if (why->kind == ERR_NONE) {
		err_errno(e, "cannot write to the maildir '%s'", path);
	} else {
		*e = *why;
		err_context(e, "cannot write to the maildir '%s'", path);
	}
	if (lacks_parent)
		err_hint(e, "make the folder that it is to stand in");
	return false;
}

bool maildir_add(const char *path, enum maildir_box box, struct view head,
		 const struct draft *message, struct err *e)
{
	CLEAN(maildir) struct maildir m = MAILDIR_INIT;
	struct err why = ERR_INIT;

	return (open_all(&m, path, box) && choose_name(&m) &&
		write_message(&m, head, message, &why) &&
		show_message(&m, boxes[box].flags)) ||
	       explain(path, &why, e);
}
