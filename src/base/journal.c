#include "config.h"

#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"

#define PREFIX "POSTRIDER_"
/* A journal that has stopped reading holds nobody up for longer. */
#define WAIT_S 2

/* The length in eight bytes, the lowest first. */
static void add_length(struct str *entry, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		str_addc(entry, (char)(n >> (8 * i) & 0xff));
}

/* A value with a line end, which would begin another field, goes by length. */
void journal_add(struct str *entry, const char *name, struct view value)
{
	bool lines = value.n > 0 && memchr(value.p, '\n', value.n);

	str_adds(entry, name);
	str_addc(entry, lines ? '\n' : '=');
	if (lines)
		add_length(entry, value.n);
	str_add(entry, value);
	str_addc(entry, '\n');
}

void journal_add_event(struct str *entry, const struct log_event *ev)
{
	for (size_t i = 0; i < ev->n; i++) {
		CLEAN(str) struct str name = STR_INIT;

		str_adds(&name, PREFIX);
		for (const char *p = ev->v[i].name; *p; p++)
			str_addc(&name, ascii_upper(*p));
		journal_add(entry, name.s, view_of(ev->v[i].value));
	}
}

static int open_socket(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = WAIT_S };
	size_t n = strlen(path);
	int fd, why;

	if (n >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ==
		    0 &&
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

static bool send_small(int fd, struct view entry)
{
	ssize_t put;

	do
		put = send(fd, entry.p, entry.n, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put >= 0;
}

static bool send_descriptor(int fd, int what)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_control = &control,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t put;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &what, sizeof(what));
	do
		put = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put >= 0;
}

/* The journal reads nothing that we could still change. */
static bool send_large(int fd, struct view entry)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			  F_SEAL_SEAL;
	int memory = memfd_create("postrider", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	bool ok;
	int why;

	if (memory < 0)
		return false;
	ok = file_write(memory, entry) &&
	     fcntl(memory, F_ADD_SEALS, seals) == 0 &&
	     send_descriptor(fd, memory);
	why = errno;
	close(memory);
	errno = why;
	return ok;
}

static bool is_too_large(void)
{
	return errno == EMSGSIZE || errno == ENOBUFS;
}

bool journal_send(const char *path, struct view entry, struct err *e)
{
	int fd = open_socket(path);
	bool ok = fd >= 0 && (send_small(fd, entry) ||
			      (is_too_large() && send_large(fd, entry)));

	if (!ok) {
		err_errno(e, "cannot write to the journal at '%s'", path);
		err_hint(e, "where systemd does not run, set 'journal off'");
	}
	if (fd >= 0)
		close(fd);
	return ok;
}
