#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "msg/reader.h"

/* Bytes that may hold NUL, in a table and elsewhere. */
#define BYTES(literal)                                                         \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

#define DATE "Mon Jan  1 10:15:00 2024"

struct message {
	struct headers headers;
	struct draft draft;
	struct facts facts;
	struct err err;
};

#define MESSAGE_INIT                                                           \
	((struct message){ HEADERS_INIT, DRAFT_INIT, FACTS_INIT, ERR_INIT })

static void message_free(struct message *m)
{
	headers_free(&m->headers);
	draft_free(&m->draft);
}

static void fd_free(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool read_message(struct message *m, int fd, bool dot_ends)
{
	CLEAN(reader) struct reader r;

	reader_init(&r, fd, dot_ends);
	return reader_headers(&r, &m->headers, &m->err) &&
	       draft_open(&m->draft, &m->err) &&
	       reader_body(&r, &m->draft, &m->facts, &m->err) &&
	       draft_flush(&m->draft, &m->err);
}

/* Each read(2) gives the next `piece` bytes of text. */
static int in_pieces(struct view text, size_t piece)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (size_t at = 0; at < text.n; at += piece) {
		struct view part = view_part(text, at, piece);

		assert_int_equal(send(fds[1], part.p, part.n, 0), part.n);
	}
	close(fds[1]);
	return fds[0];
}

/* A file that holds text, at its start. */
static int in_file(struct view text)
{
	struct draft d;
	struct err e;
	int fd;

	assert_true(draft_open(&d, &e));
	assert_true(draft_add(&d, text, &e));
	assert_true(draft_flush(&d, &e));
	fd = dup(d.fd);
	draft_free(&d);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void repeat(struct str *s, const char *what, size_t times)
{
	for (size_t i = 0; i < times; i++)
		str_adds(s, what);
}

static void assert_bytes(const char *got, size_t n, struct view want)
{
	assert_int_equal(n, want.n);
	if (n > 0)
		assert_memory_equal(got, want.p, n);
}

struct sample {
	struct view input, headers, body;
};

static void assert_sample(const struct sample *s, size_t piece, bool dot_ends)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	CLEAN(str) struct str block = STR_INIT;
	CLEAN(fd) int fd = in_pieces(s->input, piece);
	struct facts want = FACTS_INIT;
	char body[4096];
	size_t got;

	assert_true(read_message(&m, fd, dot_ends));
	headers_write(&m.headers, &block);
	assert_bytes(block.s, block.len, s->headers);
	assert_true(draft_read(&m.draft, 0, body, sizeof(body), &got, &m.err));
	assert_bytes(body, got, s->body);
	facts_note(&want, s->body);
	assert_int_equal(m.facts.octets, want.octets);
	assert_int_equal(m.facts.lines, want.lines);
	assert_int_equal(m.facts.longest, want.longest);
	assert_int_equal(m.facts.has_8bit, want.has_8bit);
	assert_int_equal(m.facts.has_nul, want.has_nul);
	assert_int_equal(m.facts.current, 0);
}

static void assert_samples(const struct sample *v, size_t n, bool dot_ends)
{
	for (size_t i = 0; i < n; i++)
		for (size_t piece = 1; piece <= v[i].input.n + 1; piece++)
			assert_sample(&v[i], piece, dot_ends);
}

static const struct sample plain[] = {
	{ BYTES(""), BYTES(""), BYTES("") },
	{ BYTES("\n"), BYTES(""), BYTES("") },
	{ BYTES("\nx"), BYTES(""), BYTES("x\n") },
	{ BYTES("\n\n"), BYTES(""), BYTES("\n") },
	{ BYTES("A: b\n\nc\n"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("A: b\n\nc"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("A: b\n"), BYTES("A: b\n"), BYTES("") },
	{ BYTES("A: b"), BYTES("A: b\n"), BYTES("") },
	{ BYTES("A:\n\n"), BYTES("A:\n"), BYTES("") },
	{ BYTES("A: b\nC: d\n\n"), BYTES("A: b\nC: d\n"), BYTES("") },
	{ BYTES("A: b\n c\n\td\nE: f\n\n"), BYTES("A: b\n c\n\td\nE: f\n"),
	  BYTES("") },
	{ BYTES("A: b\n \nC: d\n\n"), BYTES("A: b\n \nC: d\n"), BYTES("") },
	/* line ends */
	{ BYTES("A: b\r\n\r\nc\r\nd\r\n"), BYTES("A: b\n"), BYTES("c\nd\n") },
	{ BYTES("A: b\nC: d\r\n\nx\r\ny\n"), BYTES("A: b\nC: d\n"),
	  BYTES("x\ny\n") },
	{ BYTES("A: b\r\r\n\r\r\r\nc\n"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("A: b\rC: d\n\n"), BYTES("A: b C: d\n"), BYTES("") },
	{ BYTES("A: b\n\rC: d\n\n"), BYTES("A: b\n C: d\n"), BYTES("") },
	{ BYTES("A: b\r"), BYTES("A: b\n"), BYTES("") },
	{ BYTES("A: b\n\nc\rd\r\r\ne\r"), BYTES("A: b\n"),
	  BYTES("c\nd\n\ne\n") },
	{ BYTES("\r\n\rx\r\n\n\r"), BYTES(""), BYTES("\nx\n\n\n") },
	/* no header block, or one that ends early */
	{ BYTES("hello\nworld"), BYTES(""), BYTES("hello\nworld\n") },
	{ BYTES("hello"), BYTES(""), BYTES("hello\n") },
	{ BYTES("hello\rworld\r\n"), BYTES(""), BYTES("hello\nworld\n") },
	{ BYTES(" A: b\n\nc\n"), BYTES(""), BYTES(" A: b\n\nc\n") },
	{ BYTES("A: b\nhello\nC: d\n"), BYTES("A: b\n"),
	  BYTES("hello\nC: d\n") },
	{ BYTES("A: b\r\nhello\r\n\r\n"), BYTES("A: b\n"), BYTES("hello\n\n") },
	{ BYTES(": b\n\n"), BYTES(""), BYTES(": b\n\n") },
	/* a byte order mark */
	{ BYTES("\xef\xbb\xbf"
		"A: b\n\nc\n"),
	  BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("\xef\xbb\xbfhello\n"), BYTES(""),
	  BYTES("\xef\xbb\xbfhello\n") },
	{ BYTES("A: b\n\xef\xbb\xbf"
		"B: c\n"),
	  BYTES("A: b\n"),
	  BYTES("\xef\xbb\xbf"
		"B: c\n") },
	/* mbox */
	{ BYTES("From a@b " DATE "\nA: b\n\nc\n"), BYTES("A: b\n"),
	  BYTES("c\n") },
	{ BYTES("From a@b " DATE "\r\n\r\nc\n"), BYTES(""), BYTES("c\n") },
	{ BYTES("From a@b " DATE "\nc\n"), BYTES(""), BYTES("c\n") },
	{ BYTES("From a@b " DATE), BYTES(""), BYTES("") },
	{ BYTES("From a@b\nA: b\n\nc\n"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("From now on\nwe\n"), BYTES(""), BYTES("From now on\nwe\n") },
	{ BYTES("From now on\n\nwe\n"), BYTES(""),
	  BYTES("From now on\n\nwe\n") },
	{ BYTES("From now on"), BYTES(""), BYTES("From now on\n") },
	{ BYTES(">From a@b " DATE "\nA: b\n"), BYTES(""),
	  BYTES(">From a@b " DATE "\nA: b\n") },
	{ BYTES("A: b\nFrom a@b " DATE "\n"), BYTES("A: b\n"),
	  BYTES("From a@b " DATE "\n") },
	{ BYTES("From a@b " DATE "\nFrom a@b " DATE "\nA: b\n"), BYTES(""),
	  BYTES("From a@b " DATE "\nA: b\n") },
	/* bytes of any kind */
	{ BYTES("A: \0\xff\n\n\0\n\xff"), BYTES("A: \0\xff\n"),
	  BYTES("\0\n\xff\n") },
	/* dots are data */
	{ BYTES("A: b\n\n.\n..\nc\n"), BYTES("A: b\n"), BYTES(".\n..\nc\n") },
	{ BYTES(".\n"), BYTES(""), BYTES(".\n") },
};

static void mends_what_is_certain_and_keeps_the_rest(void **state)
{
	(void)state;
	assert_samples(plain, sizeof(plain) / sizeof(plain[0]), false);
}

static const struct sample dotted[] = {
	{ BYTES("A: b\n\nc\n.\nd\n"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("A: b\r\n\r\nc\r\n.\r\nd\r\n"), BYTES("A: b\n"), BYTES("c\n") },
	{ BYTES("A: b\n\n.\nd\n"), BYTES("A: b\n"), BYTES("") },
	{ BYTES("A: b\n.\nd\n"), BYTES("A: b\n"), BYTES("") },
	{ BYTES(".\nd\n"), BYTES(""), BYTES("") },
	{ BYTES("\n..\n...\n..x\n.x\nx.\n"), BYTES(""),
	  BYTES(".\n..\n.x\n.x\nx.\n") },
	{ BYTES("\nx\n."), BYTES(""), BYTES("x\n") },
	{ BYTES("\n.."), BYTES(""), BYTES(".\n") },
	{ BYTES("\n.\rx"), BYTES(""), BYTES("") },
	{ BYTES("..x\n.\ny"), BYTES(""), BYTES(".x\n") },
	{ BYTES("\nno dot\n"), BYTES(""), BYTES("no dot\n") },
};

static void a_lone_dot_ends_the_input_where_asked_for(void **state)
{
	(void)state;
	assert_samples(dotted, sizeof(dotted) / sizeof(dotted[0]), true);
}

/* A terminal would wait for a further line. */
static void reads_nothing_after_the_lone_dot(void **state)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	CLEAN(fd) int other = -1;
	CLEAN(fd) int fd = -1;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	fd = fds[0];
	other = fds[1];
	assert_int_equal(send(other, "\nx\n", 3, 0), 3);
	assert_int_equal(send(other, ".\n", 2, 0), 2);
	assert_int_equal(send(other, "y", 1, 0), 1);
	assert_true(read_message(&m, fd, true));
	assert_int_equal(recv(fd, (char[8]){ 0 }, 8, MSG_DONTWAIT), 1);
}

static void a_line_end_may_lie_across_two_buffers(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "\r" };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (size_t n = READER_BUFFER - 3; n < READER_BUFFER + 2; n++) {
			CLEAN(message) struct message m = MESSAGE_INIT;
			CLEAN(str) struct str text = STR_INIT;
			CLEAN(fd) int fd = -1;

			str_adds(&text, "\n");
			repeat(&text, "x", n - 1);
			str_adds(&text, ends[i]);
			str_adds(&text, "yz");
			fd = in_file(str_view(&text));
			assert_true(read_message(&m, fd, false));
			assert_int_equal(m.facts.lines, 2);
			assert_int_equal(m.facts.longest, n - 1);
			assert_int_equal(m.facts.octets, n + 3);
			assert_int_equal(m.draft.size, n + 3);
		}
}

/* The block with its blank line is n octets. */
static bool read_block_of(size_t n, struct message *m)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(fd) int fd = -1;

	str_adds(&text, "A: b\nC:");
	repeat(&text, "x", n - text.len - 2);
	str_adds(&text, "\n\nbody");
	fd = in_file(str_view(&text));
	return read_message(m, fd, false);
}

static void a_header_block_has_a_limit(void **state)
{
	CLEAN(message) struct message ok = MESSAGE_INIT;
	CLEAN(message) struct message over = MESSAGE_INIT;

	(void)state;
	assert_true(read_block_of((size_t)HEADER_BLOCK_MAX, &ok));
	assert_int_equal(ok.headers.n, 2);
	assert_int_equal(ok.facts.octets, 5);
	assert_false(read_block_of((size_t)HEADER_BLOCK_MAX + 1, &over));
	assert_int_equal(over.err.kind, ERR_MESSAGE);
}

static void fields_have_a_limit(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		CLEAN(message) struct message m = MESSAGE_INIT;
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(fd) int fd = -1;

		repeat(&text, "A:b\n", HEADER_FIELDS_MAX + more);
		fd = in_file(str_view(&text));
		assert_int_equal(read_message(&m, fd, false), more == 0);
		assert_int_equal(m.headers.n, HEADER_FIELDS_MAX);
		assert_int_equal(m.err.kind, more ? ERR_MESSAGE : ERR_NONE);
	}
}

static void an_endless_field_is_not_read_to_its_end(void **state)
{
	static const char *const starts[] = { "A: ", "A: b\n c" };

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		CLEAN(message) struct message m = MESSAGE_INIT;
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(fd) int fd = -1;

		str_adds(&text, starts[i]);
		repeat(&text, "0123456789", HEADER_BLOCK_MAX / 5);
		fd = in_file(str_view(&text));
		assert_false(read_message(&m, fd, false));
		assert_int_equal(m.err.kind, ERR_MESSAGE);
		assert_true(lseek(fd, 0, SEEK_CUR) <=
			    HEADER_BLOCK_MAX + READER_BUFFER);
	}
}

static void an_endless_line_of_text_is_body(void **state)
{
	static const char *const starts[] = { "", "A: b\n", "From " };

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		CLEAN(message) struct message m = MESSAGE_INIT;
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(fd) int fd = -1;

		str_adds(&text, starts[i]);
		repeat(&text, "0123456789", HEADER_BLOCK_MAX / 5);
		fd = in_file(str_view(&text));
		assert_true(read_message(&m, fd, false));
		assert_int_equal(m.headers.n, i == 1);
		assert_int_equal(m.facts.lines, 1);
		assert_int_equal(m.facts.octets,
				 text.len + 1 - (i == 1 ? 5 : 0));
	}
}

static void all_is_body_without_a_header_block_asked_for(void **state)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	CLEAN(reader) struct reader r;
	CLEAN(fd) int fd = in_file(view_of("From a@b " DATE "\nA: b\n\nc"));

	(void)state;
	m.facts.octets = 99; /* of something else */
	reader_init(&r, fd, false);
	assert_true(draft_open(&m.draft, &m.err));
	assert_true(reader_body(&r, &m.draft, &m.facts, &m.err));
	assert_int_equal(m.facts.octets, 42);
	assert_int_equal(m.facts.lines, 4);
}

static void a_failing_descriptor_is_an_io_error(void **state)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	CLEAN(fd) int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_false(read_message(&m, fd, false));
	assert_int_equal(m.err.kind, ERR_IO);
}

static void waits_where_the_pipe_does_not_block(void **state)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	CLEAN(fd) int fd = -1;
	int fds[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	fd = fds[0];
	child = fork();
	if (child == 0) {
		usleep(20000);
		_exit(write(fds[1], "A: b\n\nc\n", 8) != 8);
	}
	close(fds[1]);
	assert_true(read_message(&m, fd, false));
	assert_int_equal(m.facts.octets, 2);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mends_what_is_certain_and_keeps_the_rest),
		cmocka_unit_test(a_lone_dot_ends_the_input_where_asked_for),
		cmocka_unit_test(reads_nothing_after_the_lone_dot),
		cmocka_unit_test(a_line_end_may_lie_across_two_buffers),
		cmocka_unit_test(a_header_block_has_a_limit),
		cmocka_unit_test(fields_have_a_limit),
		cmocka_unit_test(an_endless_field_is_not_read_to_its_end),
		cmocka_unit_test(an_endless_line_of_text_is_body),
		cmocka_unit_test(all_is_body_without_a_header_block_asked_for),
		cmocka_unit_test(a_failing_descriptor_is_an_io_error),
		cmocka_unit_test(waits_where_the_pipe_does_not_block),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
