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
#include "net/pin.h"

#define HEX16 "00112233445566778899AABBCCDDEEFF"

static void fingerprints_are_read_in_all_spellings(void **state)
{
	static const struct {
		const char *text;
		size_t bytes; /* 0: it is none */
	} rows[] = {
		{ HEX16, 16 },
		{ HEX16 HEX16, 32 },
		{ HEX16 "00112233", 20 },
		{ "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", 16 },
		{ "00 11 22 33 44 55 66 77 88 99 AA bb cc dd ee ff", 16 },
		{ "0011:2233:4455:6677:8899:aabb:ccdd:eeff", 16 },
		{ "", 0 },
		{ HEX16 "0", 0 },
		{ HEX16 "00", 0 },
		{ HEX16 HEX16 HEX16, 0 },
		{ "0:0112233445566778899AABBCCDDEEFF", 0 },
		{ "00::112233445566778899AABBCCDDEEFF", 0 },
		{ HEX16 ":", 0 },
		{ ":" HEX16, 0 },
		{ "0x" HEX16, 0 },
		{ "g0112233445566778899AABBCCDDEEFF", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		if (pin_parse_fingerprint(rows[i].text, &out, &e) !=
			    (rows[i].bytes > 0) ||
		    out.len != rows[i].bytes)
			fail_msg("row %zu: %s", i, e.text);
		if (rows[i].bytes == 16)
			assert_memory_equal(out.s,
					    "\x00\x11\x22\x33\x44\x55\x66\x77"
					    "\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
					    16);
		if (rows[i].bytes == 0)
			assert_int_equal(e.kind, ERR_CONFIG);
	}
}

static void hexadecimal_is_shown_as_people_know_it(void **state)
{
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	pin_add_hex(&out, (struct view){ "\x0a\xff\x00", 3 });
	assert_string_equal(out.s, "0A:FF:00");
}

static void pins_match_by_their_bytes(void **state)
{
	static const char key[32] = "key";
	static const char other[32] = "kez";
	CLEAN(list) struct list pins = LIST_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(pin_matches(&pins, (struct view){ key, 32 }));
	assert_true(pin_check(&pins, &e));
	pin_add(&text, (struct view){ other, 32 });
	list_add(&pins, text.s);
	assert_false(pin_matches(&pins, (struct view){ key, 32 }));
	list_add(&pins, "SHA256:a2V5AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	assert_true(pin_matches(&pins, (struct view){ key, 32 }));
	assert_true(pin_check(&pins, &e));
}

static void bad_pins_are_configuration(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha256:AAAA",
		"sha1:AAAA",
		"a2V5AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256:a2V5AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256:!2V5AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(list) struct list pins = LIST_INIT;
		struct err e = ERR_INIT;

		list_add(&pins, bad[i]);
		assert_false(pin_check(&pins, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_false(pin_matches(&pins, (struct view){ "", 0 }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprints_are_read_in_all_spellings),
		cmocka_unit_test(hexadecimal_is_shown_as_people_know_it),
		cmocka_unit_test(pins_match_by_their_bytes),
		cmocka_unit_test(bad_pins_are_configuration),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
