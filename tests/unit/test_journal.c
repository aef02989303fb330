#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/journal.h"
#include "base/log.h"

static char place[] = "journalXXXXXX";

static int make_place(void **state)
{
	(void)state;
	return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int remove_place(void **state)
{
	(void)state;
	return chdir("..") == 0 ? rmdir(place) : -1;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(at.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void values_cannot_forge_fields(void **state)
{
	CLEAN(str) struct str entry = STR_INIT;
	static const char wanted[] = "A=b\nC=\nD\n\x05\0\0\0\0\0\0\0e\nF=g\n"
				     "POSTRIDER_TLS_VERSION=TLS1.3\n"
				     "POSTRIDER_SMTPMSG\n\x03\0\0\0\0\0\0\0"
				     "x\ny\n";
	CLEAN(log_event) struct log_event ev = LOG_EVENT_INIT;

	(void)state;
	journal_add(&entry, "A", view_of("b"));
	journal_add(&entry, "C", VIEW_NONE);
	journal_add(&entry, "D", view_of("e\nF=g"));
	log_add(&ev, "tls_version", LOG_PLAIN, view_of("TLS1.3"));
	log_add(&ev, "smtpmsg", LOG_QUOTED, view_of("x\ny"));
	journal_add_event(&entry, &ev);
	assert_int_equal(entry.len, sizeof(wanted) - 1);
	assert_memory_equal(entry.s, wanted, sizeof(wanted) - 1);
}

static void lengths_have_the_lowest_byte_first(void **state)
{
	CLEAN(str) struct str value = STR_INIT, entry = STR_INIT;
	static const char head[] = "A\n\x02\x01\0\0\0\0\0\0";

	(void)state;
	for (int i = 0; i < 0x102; i++)
		str_addc(&value, '\n');
	journal_add(&entry, "A", str_view(&value));
	assert_memory_equal(entry.s, head, sizeof(head) - 1);
	assert_int_equal(entry.len, sizeof(head) - 1 + value.len + 1);
}

static void an_entry_is_a_datagram(void **state)
{
	int fd = listen_at("socket");
	struct err e = ERR_INIT;
	char got[64];

	(void)state;
	assert_true(journal_send("socket", view_of("A=b\n"), &e));
	assert_true(journal_send("socket", view_of("C=d\n"), &e));
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 4);
	assert_memory_equal(got, "A=b\n", 4);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 4);
	close(fd);
	unlink("socket");
}

/* What came with an empty datagram. */
static int receive_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int got = -1;

	assert_int_equal(recvmsg(fd, &m, MSG_DONTWAIT), 0);
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		fail_msg("no descriptor came");
	else
		memcpy(&got, CMSG_DATA(c), sizeof(got));
	return got;
}

static void a_large_entry_is_a_sealed_file(void **state)
{
	int fd = listen_at("socket"), memory;
	CLEAN(str) struct str entry = STR_INIT;
	struct err e = ERR_INIT;
	struct stat st;
	char got[4];

	(void)state;
	str_adds(&entry, "A=");
	while (entry.len < (size_t)4 << 20)
		str_addc(&entry, 'x');
	str_addc(&entry, '\n');
	assert_true(journal_send("socket", str_view(&entry), &e));
	memory = receive_descriptor(fd);
	assert_int_equal(fstat(memory, &st), 0);
	assert_int_equal(st.st_size, entry.len);
	assert_int_equal(pread(memory, got, 4, 0), 4);
	assert_memory_equal(got, "A=xx", 4);
	assert_int_equal(fcntl(memory, F_GET_SEALS),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				 F_SEAL_SEAL);
	close(memory);
	close(fd);
	unlink("socket");
}

static void nobody_there_is_an_error(void **state)
{
	CLEAN(str) struct str path = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(journal_send("socket", view_of("A=b\n"), &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "'socket'"));
	assert_true(e.hint[0] != '\0');
	close(listen_at("socket"));
	assert_false(journal_send("socket", view_of("A=b\n"), &e));
	unlink("socket");
	for (int i = 0; i < 200; i++)
		str_addc(&path, 'x');
	assert_false(journal_send(path.s, view_of("A=b\n"), &e));
}

static void one_that_does_not_read_is_not_waited_for_long(void **state)
{
	int fd = listen_at("socket");
	int64_t start = clock_now_ms();
	struct err e = ERR_INIT;
	int sent = 0;

	(void)state;
	alarm(30);
	while (sent < 10000 && journal_send("socket", view_of("A=b\n"), &e))
		sent++;
	alarm(0);
	assert_true(sent > 0 && sent < 10000);
	assert_true(clock_now_ms() - start < 20000);
	close(fd);
	unlink("socket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_cannot_forge_fields),
		cmocka_unit_test(lengths_have_the_lowest_byte_first),
		cmocka_unit_test(an_entry_is_a_datagram),
		cmocka_unit_test(a_large_entry_is_a_sealed_file),
		cmocka_unit_test(nobody_there_is_an_error),
		cmocka_unit_test(one_that_does_not_read_is_not_waited_for_long),
	};

	return cmocka_run_group_tests_name("journal", tests, make_place,
					   remove_place);
}
