#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/transcript.h"

static void note(void *who, const char *line)
{
	struct str *s = who;

	str_addf(s, "%s|", line);
}

static void lines_are_shown_as_they_end(void **state)
{
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript) struct transcript t = TRANSCRIPT_INIT(note, &shown);

	(void)state;
	transcript_sent(&t, view_of("EHLO a\r\nMAIL"));
	assert_string_equal(shown.s, "--> EHLO a|");
	transcript_sent(&t, view_of(" FROM:<>\r\n"));
	transcript_received(&t, view_of("250 ok"));
	transcript_note(&t, "TLS");
	assert_string_equal(shown.s,
			    "--> EHLO a|--> MAIL FROM:<>|<-- 250 ok|TLS|");
}

static void secrets_are_masked_where_they_are_put(void **state)
{
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript) struct transcript t = TRANSCRIPT_INIT(note, &shown);

	(void)state;
	transcript_sent(&t, view_of("AUTH PLAIN "));
	transcript_sent_secret(&t);
	transcript_sent(&t, view_of("\r\n"));
	assert_string_equal(shown.s, "--> AUTH PLAIN <secret>|");
}

static void text_of_the_server_cannot_command_a_terminal(void **state)
{
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript) struct transcript t = TRANSCRIPT_INIT(note, &shown);

	(void)state;
	transcript_received(&t, view_of("220 \x1b]0;x\x07\r\n\xff"));
	transcript_sent(&t, view_of("a\x1b\r\r\n"));
	assert_string_equal(shown.s, "<-- 220 ?]0;x????|--> a??|");
}

static void lines_without_end_are_shown_in_pieces(void **state)
{
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript) struct transcript t = TRANSCRIPT_INIT(note, &shown);
	char bulk[5000];

	(void)state;
	memset(bulk, 'x', sizeof(bulk));
	transcript_sent(&t, (struct view){ bulk, sizeof(bulk) });
	assert_int_equal(shown.len, 2 * (4 + 2048 + 1));
	assert_true(t.line.len == 5000 - 2 * 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_shown_as_they_end),
		cmocka_unit_test(secrets_are_masked_where_they_are_put),
		cmocka_unit_test(text_of_the_server_cannot_command_a_terminal),
		cmocka_unit_test(lines_without_end_are_shown_in_pieces),
	};

	return cmocka_run_group_tests_name("transcript", tests, NULL, NULL);
}
