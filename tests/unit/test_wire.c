#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/transcript.h"
#include "net/wire.h"

/* A peer whose words are decided; `piece` bytes of them at a time. */
struct scripted {
	const char *says;
	size_t left, piece;
	struct str heard;
	int writes, closed;
	bool refuses;
};

static bool scripted_read(void *self, char *buf, size_t n, int64_t by,
			  size_t *got, struct err *e)
{
	struct scripted *s = self;

	(void)by;
	(void)e;
	assert_true(n > 0);
	*got = s->left < n ? s->left : n;
	if (s->piece > 0 && *got > s->piece)
		*got = s->piece;
	memcpy(buf, s->says, *got);
	s->says += *got;
	s->left -= *got;
	return true;
}

static bool scripted_write(void *self, const char *buf, size_t n, int64_t by,
			   struct err *e)
{
	struct scripted *s = self;

	(void)by;
	if (s->refuses)
		return err_set(e, ERR_NETWORK, "refused");
	str_add(&s->heard, (struct view){ buf, n });
	s->writes++;
	return true;
}

static void scripted_close(void *self)
{
	struct scripted *s = self;

	s->closed++;
}

static const struct stream_ops scripted_ops = { "scripted", scripted_read,
						scripted_write,
						scripted_close };

static void begin(struct wire *w, struct scripted *s, const char *says)
{
	s->says = says;
	s->left = strlen(says);
	wire_init(w, (struct stream){ &scripted_ops, s }, NULL);
}

static void end(struct wire *w, struct scripted *s)
{
	int closed = s->closed;

	wire_free(w);
	assert_int_equal(s->closed, closed + 1);
	str_free(&s->heard);
}

static void lines_come_whole_however_they_arrive(void **state)
{
	static const char *const lines[] = { "220 a", "250-b", "", "250 c\r",
					     "d" };

	(void)state;
	for (size_t piece = 0; piece < 30; piece++) {
		struct scripted s = { .piece = piece };
		struct err e = ERR_INIT;
		struct view line;
		struct wire w;

		begin(&w, &s, "220 a\r\n250-b\n\r\n250 c\r\r\nd\ntail");
		for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
			assert_true(wire_line(&w, 0, &line, &e));
			assert_true(view_is(line, lines[i]));
		}
		assert_false(wire_line(&w, 0, &line, &e));
		assert_int_equal(e.kind, ERR_NETWORK);
		assert_string_equal(e.text, "the server hung up");
		end(&w, &s);
	}
}

static void what_nobody_asked_for_is_noticed(void **state)
{
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct view line;
	struct wire w;

	(void)state;
	begin(&w, &s, "250 taken\r\n421 bye\r\n");
	assert_true(wire_line(&w, 0, &line, &e));
	assert_false(wire_is_quiet(&w));
	assert_true(wire_line(&w, 0, &line, &e));
	assert_true(view_is(line, "421 bye"));
	/* The end. */
	assert_false(wire_is_quiet(&w));
	end(&w, &s);
}

/* n times 'x' and CRLF, twice, in pieces of `piece`. */
static bool takes_line_of(size_t n, size_t piece, bool twice, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	struct scripted s = { .piece = piece };
	struct view line;
	struct wire w;
	bool ok = true;

	for (int i = 0; i < 1 + twice; i++) {
		for (size_t j = 0; j < n; j++)
			str_addc(&text, 'x');
		str_adds(&text, "\r\n");
	}
	begin(&w, &s, text.s);
	for (int i = 0; i < 1 + twice && ok; i++)
		ok = wire_line(&w, 0, &line, e) && line.n == n;
	end(&w, &s);
	return ok;
}

static void the_longest_line_fits_and_the_next_does_not(void **state)
{
	static const size_t pieces[] = { 0, 1, 2, 2047, 2048, 2049, 2050 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct err e = ERR_INIT;

		assert_true(takes_line_of(WIRE_LINE_MAX, pieces[i], true, &e));
		assert_false(
			takes_line_of(WIRE_LINE_MAX + 1, pieces[i], false, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
	}
	{
		struct err e = ERR_INIT;

		assert_false(takes_line_of(1000000, 0, false, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
	}
}

static void commands_leave_in_one_write(void **state)
{
	CLEAN(secret) struct secret password = SECRET_INIT;
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct wire w;

	(void)state;
	begin(&w, &s, "");
	assert_true(wire_flush(&w, 0, &e));
	assert_int_equal(s.writes, 0);
	secret_add(&password, view_of("pw"));
	wire_put(&w, view_of("AUTH "));
	wire_put_secret(&w, &password);
	wire_put(&w, view_of("\r\nQUIT\r\n"));
	assert_int_equal(wire_pending(&w), 15);
	assert_true(wire_flush(&w, 0, &e));
	assert_int_equal(s.writes, 1);
	assert_string_equal(s.heard.s, "AUTH pw\r\nQUIT\r\n");
	assert_int_equal(wire_pending(&w), 0);
	end(&w, &s);
}

static void bulk_leaves_in_whole_multiples(void **state)
{
	static char bulk[3 * WIRE_OUT_FULL];
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct wire w;

	(void)state;
	memset(bulk, 'x', sizeof(bulk));
	begin(&w, &s, "");
	wire_put(&w, view_of("BDAT\r\n"));
	assert_true(wire_stream(&w, (struct view){ bulk, 1000 }, 0, &e));
	assert_int_equal(s.writes, 0);
	bulk[sizeof(bulk) - 1] = 'y';
	assert_true(
		wire_stream(&w, (struct view){ bulk, sizeof(bulk) }, 0, &e));
	assert_int_equal(s.writes, 1);
	assert_int_equal(s.heard.len, 3 * WIRE_OUT_FULL);
	assert_int_equal(wire_pending(&w), 1006);
	assert_true(wire_flush(&w, 0, &e));
	assert_memory_equal(s.heard.s, "BDAT\r\nx", 7);
	assert_int_equal(s.heard.len, sizeof(bulk) + 1006);
	assert_int_equal(s.heard.s[s.heard.len - 1], 'y');
	end(&w, &s);
}

static void what_cannot_be_written_is_an_error(void **state)
{
	struct scripted s = { .refuses = true };
	struct err e = ERR_INIT;
	struct wire w;

	(void)state;
	begin(&w, &s, "");
	wire_put(&w, view_of("QUIT\r\n"));
	assert_false(wire_flush(&w, 0, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	end(&w, &s);
}

static struct scripted secured_peer;

static bool upgrade(void *who, struct stream plain, int64_t by,
		    struct stream *secured, struct err *e)
{
	bool *fails = who;

	(void)plain;
	(void)by;
	if (*fails)
		return err_set(e, ERR_TLS, "no");
	*secured = (struct stream){ &scripted_ops, &secured_peer };
	return true;
}

static void an_upgrade_takes_the_place_of_the_stream(void **state)
{
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct view line;
	bool fails = true;
	struct wire w;

	(void)state;
	secured_peer = (struct scripted){ .says = "250 safe\r\n", .left = 10 };
	begin(&w, &s, "220 go\r\n");
	assert_true(wire_line(&w, 0, &line, &e));
	assert_false(wire_upgrade(&w, upgrade, &fails, 0, &e));
	assert_ptr_equal(w.stream.self, &s);
	fails = false;
	assert_true(wire_upgrade(&w, upgrade, &fails, 0, &e));
	assert_true(wire_line(&w, 0, &line, &e));
	assert_true(view_is(line, "250 safe"));
	end(&w, &secured_peer);
	assert_int_equal(s.closed, 0);
}

static void words_ahead_of_encryption_end_it(void **state)
{
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct view line;
	bool fails = false;
	struct wire w;

	(void)state;
	begin(&w, &s, "220 go\r\n250 injected\r\n");
	assert_true(wire_line(&w, 0, &line, &e));
	assert_true(wire_has_input(&w));
	assert_false(wire_upgrade(&w, upgrade, &fails, 0, &e));
	assert_int_equal(e.kind, ERR_TLS);
	assert_non_null(strstr(e.text, "before encryption"));
	assert_ptr_equal(w.stream.self, &s);
	end(&w, &s);
}

static void unsent_words_do_not_become_encrypted_ones(void **state)
{
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	bool fails = false;
	struct wire w;

	(void)state;
	begin(&w, &s, "");
	wire_put(&w, view_of("NOOP\r\n"));
	assert_false(wire_upgrade(&w, upgrade, &fails, 0, &e));
	assert_int_equal(e.kind, ERR_TLS);
	end(&w, &s);
}

static void show(void *who, const char *line)
{
	str_addf(who, "%s|", line);
}

static void the_transcript_has_both_sides_and_no_secret(void **state)
{
	CLEAN(secret) struct secret password = SECRET_INIT;
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript) struct transcript t = TRANSCRIPT_INIT(show, &shown);
	struct scripted s = { .piece = 0 };
	struct err e = ERR_INIT;
	struct view line;
	struct wire w;

	(void)state;
	begin(&w, &s, "235 ok\r\n");
	w.transcript = &t;
	secret_add(&password, view_of("hunter2"));
	wire_put_secret(&w, &password);
	wire_put(&w, view_of("\r\n"));
	assert_true(wire_flush(&w, 0, &e));
	assert_true(wire_line(&w, 0, &line, &e));
	assert_string_equal(shown.s, "--> <secret>|<-- 235 ok|");
	end(&w, &s);
}

static void what_is_repeated_of_a_secret_is_masked(void **state)
{
	static const struct {
		const char *said;
		const char *line;
	} cases[] = {
		{ "500 \"AUTH PLAIN AGFkYQB0aWdlcg==\"",
		  "500 \"AUTH PLAIN ****************\"" },
		{ "AGFkYQB0aWdlcg==AGFkYQB0aWdlcg==",
		  "********************************" },
		{ "500 AGFkYQB0...", "500 ********..." },
		{ "500 AGFkYQB...", "500 AGFkYQB..." },
		{ "500 second-secret", "500 *************" },
		{ "500 GFkYQB0aWdlcg==", "500 GFkYQB0aWdlcg==" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret first = SECRET_INIT;
		CLEAN(secret) struct secret second = SECRET_INIT;
		CLEAN(str) struct str said = STR_INIT;
		struct scripted s = { .piece = 0 };
		struct err e = ERR_INIT;
		struct view line;
		struct wire w;

		str_addf(&said, "%s\r\n", cases[i].said);
		begin(&w, &s, said.s);
		secret_add(&first, view_of("AGFkYQB0aWdlcg=="));
		secret_add(&second, view_of("second-secret"));
		wire_put_secret(&w, &first);
		wire_put_secret(&w, &second);
		assert_true(wire_flush(&w, 0, &e));
		assert_true(wire_line(&w, 0, &line, &e));
		assert_true(view_is(line, cases[i].line));
		end(&w, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_whole_however_they_arrive),
		cmocka_unit_test(what_nobody_asked_for_is_noticed),
		cmocka_unit_test(the_longest_line_fits_and_the_next_does_not),
		cmocka_unit_test(commands_leave_in_one_write),
		cmocka_unit_test(bulk_leaves_in_whole_multiples),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		cmocka_unit_test(an_upgrade_takes_the_place_of_the_stream),
		cmocka_unit_test(words_ahead_of_encryption_end_it),
		cmocka_unit_test(unsent_words_do_not_become_encrypted_ones),
		cmocka_unit_test(the_transcript_has_both_sides_and_no_secret),
		cmocka_unit_test(what_is_repeated_of_a_secret_is_masked),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
