#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

/* The vectors of RFC 4648, section 10, and the ends of the alphabet. */
static const struct {
	const char *plain;
	size_t n;
	const char *encoded;
} vectors[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\xfb\xef\xbe\xff\xff\xff", 6, "++++////" },
	{ "\0ada\0secret", 11, "AGFkYQBzZWNyZXQ=" },
};

static void encodes_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct view plain = { vectors[i].plain, vectors[i].n };
		CLEAN(str) struct str s = STR_INIT;
		CLEAN(secret) struct secret hidden = SECRET_INIT;
		char raw[32];

		base64_add(&s, plain);
		assert_string_equal(str_chars(&s), vectors[i].encoded);
		base64_add_secret(&hidden, plain);
		assert_string_equal(hidden.p, vectors[i].encoded);
		assert_int_equal(base64_length(plain.n), s.len);
		memset(raw, '#', sizeof(raw));
		base64_encode(plain.p, plain.n, raw);
		assert_memory_equal(raw, vectors[i].encoded, s.len);
		assert_int_equal(raw[s.len], '#');
	}
}

static void decodes_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		CLEAN(str) struct str s = STR_INIT;

		str_adds(&s, "x");
		assert_true(base64_decode(&s, view_of(vectors[i].encoded)));
		assert_int_equal(s.len, 1 + vectors[i].n);
		assert_memory_equal(s.s + 1, vectors[i].plain, vectors[i].n);
	}
}

static void additions_follow_what_is_there(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	secret_add(&s, view_of("AUTH PLAIN "));
	base64_add_secret(&s, view_of("foo"));
	base64_add_secret(&s, view_of("f"));
	assert_string_equal(s.p, "AUTH PLAIN Zm9vZg==");
	assert_int_equal(s.n, 19);
}

static void every_byte_survives(void **state)
{
	char all[256];
	CLEAN(str) struct str encoded = STR_INIT;
	CLEAN(str) struct str decoded = STR_INIT;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	base64_add(&encoded, (struct view){ all, sizeof(all) });
	assert_true(base64_decode(&decoded, str_view(&encoded)));
	assert_int_equal(decoded.len, sizeof(all));
	assert_memory_equal(decoded.s, all, sizeof(all));
}

static void malformed_text_adds_nothing(void **state)
{
	static const char *const bad[] = {
		"Z",        "Zg",           "Zg=",      "Zm9vZ",    "====",
		"Z===",     "=g==",         "Zg==Zg==", "Zm9v====", "Zg=v",
		"Zm9v\r\n", "Zm9v\r\n\r\n", "Zm 9",     "Zm9-",     "Zm9_",
		"Zm9\xc3",  " Zm9",         "Zm9vZ===",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(str) struct str s = STR_INIT;

		str_adds(&s, "before");
		assert_false(base64_decode(&s, view_of(bad[i])));
		assert_string_equal(s.s, "before");
	}
	/* What follows the end of a view is not taken in. */
	for (size_t n = 1; n < 4; n++) {
		CLEAN(str) struct str s = STR_INIT;

		assert_false(
			base64_decode(&s, (struct view){ "Zm9vYmFy", 4 + n }));
	}
	{
		CLEAN(str) struct str s = STR_INIT;

		assert_false(base64_decode(&s, (struct view){ "Zm9\0", 4 }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_the_vectors),
		cmocka_unit_test(decodes_the_vectors),
		cmocka_unit_test(additions_follow_what_is_there),
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(malformed_text_adds_nothing),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
