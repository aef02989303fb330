#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "msg/canon.h"
#include "msg/reader.h"

#define ROUNDS 2000
#define RANDOM_MAX 300

/* Bytes that may hold NUL, in a table and elsewhere. */
#define BYTES(literal)                                                         \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}
#define V(literal) ((struct view)BYTES(literal))

static const struct {
	struct view text, plain, dots;
} cases[] = {
	{ BYTES(""), BYTES(""), BYTES("") },
	{ BYTES("a\n"), BYTES("a\r\n"), BYTES("a\r\n") },
	{ BYTES("a"), BYTES("a\r\n"), BYTES("a\r\n") },
	{ BYTES("\n\n"), BYTES("\r\n\r\n"), BYTES("\r\n\r\n") },
	{ BYTES("."), BYTES(".\r\n"), BYTES("..\r\n") },
	{ BYTES(".\n.\n"), BYTES(".\r\n.\r\n"), BYTES("..\r\n..\r\n") },
	{ BYTES("..x\ny.\n"), BYTES("..x\r\ny.\r\n"), BYTES("...x\r\ny.\r\n") },
	{ BYTES("a.b\n"), BYTES("a.b\r\n"), BYTES("a.b\r\n") },
	{ BYTES("a\0\n"), BYTES("a\0\r\n"), BYTES("a\0\r\n") },
	{ BYTES("\xff\n"), BYTES("\xff\r\n"), BYTES("\xff\r\n") },
	{ BYTES("a\rb\n"), BYTES("a\r\nb\r\n"), BYTES("a\r\nb\r\n") },
	{ BYTES("a\r.\n"), BYTES("a\r\n.\r\n"), BYTES("a\r\n..\r\n") },
	{ BYTES("a\r\n"), BYTES("a\r\n"), BYTES("a\r\n") },
	{ BYTES("a\r\nb\r\n"), BYTES("a\r\nb\r\n"), BYTES("a\r\nb\r\n") },
	{ BYTES("a\r\r\nb"), BYTES("a\r\n\r\nb\r\n"), BYTES("a\r\n\r\nb\r\n") },
	{ BYTES("\r"), BYTES("\r\n"), BYTES("\r\n") },
	{ BYTES("\r\n\n"), BYTES("\r\n\r\n"), BYTES("\r\n\r\n") },
	{ BYTES("\n\r"), BYTES("\r\n\r\n"), BYTES("\r\n\r\n") },
	{ BYTES("a\r\n\r\n.\r\n"), BYTES("a\r\n\r\n.\r\n"),
	  BYTES("a\r\n\r\n..\r\n") },
};

static void run(struct view text, bool dots, size_t piece, struct str *out)
{
	struct canon c;

	canon_init(&c, dots);
	for (size_t at = 0; at < text.n; at += piece) {
		struct view part = view_part(text, at, piece);
		size_t before = out->len;

		canon_add(&c, part, out);
		assert_true(out->len - before <= 2 * part.n + 1);
	}
	canon_finish(&c, out);
}

static void assert_run(struct view text, bool dots, size_t piece,
		       struct view want)
{
	CLEAN(str) struct str out = STR_INIT;

	run(text, dots, piece, &out);
	assert_int_equal(out.len, want.n);
	if (want.n > 0)
		assert_memory_equal(out.s, want.p, want.n);
}

static void ends_lines_in_crlf_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 1; n <= cases[i].text.n + 1; n++) {
			assert_run(cases[i].text, false, n, cases[i].plain);
			assert_run(cases[i].text, true, n, cases[i].dots);
		}
}

static void an_empty_piece_changes_nothing(void **state)
{
	CLEAN(str) struct str out = STR_INIT;
	struct canon c;

	(void)state;
	canon_init(&c, true);
	canon_add(&c, V("a\r"), &out);
	canon_add(&c, VIEW_NONE, &out);
	canon_add(&c, V("\n"), &out);
	canon_finish(&c, &out);
	assert_string_equal(out.s, "a\r\n");
}

/* A small linear congruential generator: the same bytes on every run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

static void random_text(uint32_t *seed, struct str *out)
{
	static const char bytes[] = "ab.\r\n\0\xff \r\n\n.";
	size_t n = next_random(seed) % RANDOM_MAX;

	str_truncate(out, 0);
	for (size_t i = 0; i < n; i++)
		str_addc(out, bytes[next_random(seed) % (sizeof(bytes) - 1)]);
}

static void read_draft(const struct draft *d, struct str *out)
{
	char buf[2 * RANDOM_MAX];
	struct err e = ERR_INIT;
	size_t got;

	assert_true(draft_read(d, 0, buf, sizeof(buf), &got, &e));
	assert_true(got < sizeof(buf));
	str_add(out, (struct view){ buf, got });
}

/* What SIZE and BDAT announce is what goes out (RFC 3030). */
static void sends_exactly_what_facts_announce(void **state)
{
	CLEAN(str) struct str text = STR_INIT;
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		CLEAN(str) struct str lf = STR_INIT;
		CLEAN(str) struct str wire = STR_INIT;
		CLEAN(draft) struct draft d = DRAFT_INIT;
		CLEAN(reader) struct reader r;
		struct facts facts;
		struct err e = ERR_INIT;
		int fds[2];

		random_text(&seed, &text);
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], str_chars(&text), text.len),
				 text.len);
		close(fds[1]);
		reader_init(&r, fds[0], false);
		assert_true(draft_open(&d, &e));
		assert_true(reader_body(&r, &d, &facts, &e));
		assert_true(draft_flush(&d, &e));
		close(fds[0]);
		read_draft(&d, &lf);
		assert_int_equal(lf.len, facts.octets);
		run(str_view(&lf), false, 1 + (size_t)i % 7, &wire);
		assert_int_equal(wire.len, facts_wire_size(&facts));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_lines_in_crlf_in_pieces_of_any_size),
		cmocka_unit_test(an_empty_piece_changes_nothing),
		cmocka_unit_test(sends_exactly_what_facts_announce),
	};

	return cmocka_run_group_tests_name("canon", tests, NULL, NULL);
}
