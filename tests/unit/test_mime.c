#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "msg/mime.h"

#define ROUNDS 2000
#define RANDOM_MAX 400

/* Bytes that may hold NUL, in a table and elsewhere. */
#define BYTES(literal)                                                         \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}
#define V(literal) ((struct view)BYTES(literal))

/* A small linear congruential generator: the same bytes on every run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* --- quoted-printable ------------------------------------------------------
 */

#define TEN "aaaaaaaaaa"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct {
	struct view text;
	const char *want;
} qp_cases[] = {
	{ BYTES(""), "" },
	{ BYTES("plain text.\n"), "plain text.\n" },
	{ BYTES("no line end"), "no line end\n" },
	{ BYTES("a=b\n"), "a=3Db\n" },
	{ BYTES("\xc3\xa4\n"), "=C3=A4\n" },
	{ BYTES("\0\x01\x7f\r\n"), "=00=01=7F=0D\n" },
	{ BYTES("blank \n"), "blank=20\n" },
	{ BYTES("tab\t\n"), "tab=09\n" },
	{ BYTES("many   \n"), "many  =20\n" },
	{ BYTES(" lead\tmid\n"), " lead\tmid\n" },
	{ BYTES("last "), "last=20\n" },
	{ BYTES(" \n"), "=20\n" },
	{ BYTES("\n\n"), "\n\n" },
	{ BYTES(".\n"), "=2E\n" },
	{ BYTES(".hidden x.y.\n"), "=2Ehidden x.y.\n" },
	{ BYTES("From me\n"), "=46rom me\n" },
	{ BYTES("From\n"), "From\n" },
	{ BYTES("From"), "From\n" },
	{ BYTES("Fro me\nFrom "), "Fro me\n=46rom=20\n" },
	{ BYTES(">From me\n"), ">From me\n" },
	{ BYTES("x From me\n"), "x From me\n" },
	{ BYTES(SEVENTY "12345\n"), SEVENTY "12345\n" },
	{ BYTES(SEVENTY "1234567\n"), SEVENTY "12345=\n67\n" },
	{ BYTES(SEVENTY "12\xc3\xa4\n"), SEVENTY "12=C3=\n=A4\n" },
	{ BYTES(SEVENTY "12345.\n"), SEVENTY "12345=\n=2E\n" },
	{ BYTES(SEVENTY "12345From x\n"), SEVENTY "12345=\n=46rom x\n" },
	{ BYTES(SEVENTY "1234  \n"), SEVENTY "1234 =\n=20\n" },
};

static void qp(struct view text, size_t piece, struct str *out)
{
	CLEAN(mime_qp) struct mime_qp q = MIME_QP_INIT;

	for (size_t at = 0; at < text.n; at += piece)
		mime_qp_add(&q, view_part(text, at, piece), out);
	mime_qp_finish(&q, out);
}

static void quoted_printable_follows_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(qp_cases); i++)
		for (size_t n = 1; n <= qp_cases[i].text.n + 1; n++) {
			CLEAN(str) struct str out = STR_INIT;

			qp(qp_cases[i].text, n, &out);
			assert_string_equal(str_chars(&out), qp_cases[i].want);
		}
}

/* A decoder by the book, RFC 2045, 6.7; fails on what it does not allow. */
static void qp_decode(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] != '=') {
			str_addc(out, v.p[i]);
			continue;
		}
		assert_true(i + 1 < v.n);
		if (v.p[i + 1] == '\n') {
			i++;
			continue;
		}
		assert_true(i + 2 < v.n);
		assert_false(ascii_is_alpha(v.p[i + 2]) &&
			     !ascii_is_upper(v.p[i + 2]));
		str_addc(out, (char)(ascii_hex_value(v.p[i + 1]) * 16 +
				     ascii_hex_value(v.p[i + 2])));
		i += 2;
	}
}

static void assert_qp_lines(struct view v)
{
	while (v.n > 0) {
		const char *nl = memchr(v.p, '\n', v.n);
		struct view line;

		assert_non_null(nl);
		line = view_part(v, 0, (size_t)(nl - v.p));
		assert_true(line.n <= MIME_QP_COLUMNS);
		assert_false(view_starts(line, "."));
		assert_false(view_starts(line, "From "));
		if (line.n > 0)
			assert_false(ascii_is_blank(line.p[line.n - 1]));
		for (size_t i = 0; i < line.n; i++)
			assert_true(ascii_is_visible(line.p[i]) ||
				    ascii_is_blank(line.p[i]));
		v = view_part(v, line.n + 1, v.n);
	}
}

static void quoted_printable_decodes_to_what_it_was(void **state)
{
	static const char bytes[] = "aaaaaaaaaaaaaaaaaa  =.\t\xc3\n\0\rFFFF";
	uint32_t seed = 2;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(str) struct str coded = STR_INIT;
		CLEAN(str) struct str back = STR_INIT;
		size_t n = next_random(&seed) % RANDOM_MAX;

		for (size_t k = 0; k < n; k++) {
			char c =
				bytes[next_random(&seed) % (sizeof(bytes) - 1)];

			str_adds(&text, c == 'F' ? "From " : "");
			str_addc(&text, c);
		}
		str_addc(&text, '\n');
		qp(str_view(&text), 1 + (size_t)i % 9, &coded);
		assert_qp_lines(str_view(&coded));
		qp_decode(str_view(&coded), &back);
		assert_int_equal(back.len, text.len);
		assert_memory_equal(back.s, text.s, text.len);
	}
}

/* --- base64 ----------------------------------------------------------------
 */

static void b64(struct view v, size_t piece, struct str *out)
{
	struct mime_b64 b;

	mime_b64_init(&b);
	for (size_t at = 0; at < v.n; at += piece)
		mime_b64_add(&b, view_part(v, at, piece), out);
	mime_b64_finish(&b, out);
}

static void base64_is_cut_into_lines_of_76(void **state)
{
	char bytes[3 * 57 + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		for (size_t piece = 1; piece <= 64; piece++) {
			CLEAN(str) struct str got = STR_INIT;
			CLEAN(str) struct str flat = STR_INIT;
			CLEAN(str) struct str want = STR_INIT;

			base64_add(&flat, (struct view){ bytes, n });
			for (size_t at = 0; at < flat.len; at += 76) {
				str_add(&want,
					view_part(str_view(&flat), at, 76));
				str_addc(&want, '\n');
			}
			b64((struct view){ bytes, n }, piece, &got);
			assert_string_equal(str_chars(&got), str_chars(&want));
		}
}

/* --- types -----------------------------------------------------------------
 */

static const struct {
	const char *type;
	bool is;
} type_cases[] = {
	{ "text/plain", true },
	{ "application/vnd.x-y+z", true },
	{ "text/plain;charset=utf-8", true },
	{ "text/plain; charset=utf-8; format=flowed", true },
	{ "text/plain; x=\"a b;\\\"c\"", true },
	{ "", false },
	{ "text", false },
	{ "text/", false },
	{ "/plain", false },
	{ "a/b/c", false },
	{ "text/pl ain", false },
	{ "text/plain ", false },
	{ "text/plain;", false },
	{ "text/plain; charset", false },
	{ "text/plain; charset=", false },
	{ "text/plain; x=\"open", false },
	{ "text/plain; x=\"open\\", false },
	{ "text/plain\r\nBcc: x", false },
	{ "text/plain;\r\n x=y", false },
	{ "t\xc3\xa4xt/plain", false },
};

static void a_type_is_two_tokens_and_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(type_cases); i++)
		assert_int_equal(mime_is_type(view_of(type_cases[i].type)),
				 type_cases[i].is);
	assert_false(mime_is_type(V("a/b\0")));
}

/* Lists of types in a folder of their own, for $XDG_DATA_DIRS. */
static char folder[] = "/tmp/test_mime.XXXXXX";
static char list[sizeof(folder) + 32];

static int make_list(void **state)
{
	static const char globs2[] =
		"# comment\n"
		"80:text/heavy:*.two\n"
		"50:text/light:*.two\n"
		"50:application/gzip:*.gz\n"
		"50:application/x-compressed-tar:*.tar.gz\n"
		"50:text/x-c:*.c\n"
		"50:text/x-cplusplus:*.C:cs\n"
		"50:text/x-exact:*.exact:cs\n"
		"50:text/x-makefile:makefile\n"
		"10:application/x-sharedlib:*.so.[0-9]*\n"
		"50:no type:*.bad\n"
		"nonsense\n"
		"50:x/y\n"
		"50:text/last:*.end\n"
		"50:text/unfinished:*.unfinished";
	CLEAN(str) struct str path = STR_INIT;
	FILE *f;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	str_addf(&path, "%s/mime", folder);
	if (mkdir(path.s, 0700) != 0)
		return -1;
	snprintf(list, sizeof(list), "%s/mime/globs2", folder);
	f = fopen(list, "w");
	if (!f)
		return -1;
	/* What a reader in pieces of 4095 would take for a line of its own. */
	for (int i = 0; i < 2 * 4095; i++)
		fputc(i == 0 ? '#' : '5', f);
	fprintf(f, "90:text/longline:*.end\n%s", globs2);
	fclose(f);
	return setenv("XDG_DATA_DIRS", folder, 1);
}

static int remove_list(void **state)
{
	(void)state;
	unlink(list);
	*strrchr(list, '/') = '\0';
	rmdir(list);
	return rmdir(folder);
}

static const struct {
	const char *path, *type;
} name_cases[] = {
	{ "x.two", "text/heavy" },
	{ "/some.tar.gz/x.two", "text/heavy" },
	{ "x.gz", "application/gzip" },
	{ "x.tar.gz", "application/x-compressed-tar" },
	{ "X.TAR.GZ", "application/x-compressed-tar" },
	{ "x.c", "text/x-c" },
	{ "x.C", "text/x-cplusplus" },
	{ "x.exact", "text/x-exact" },
	{ "x.EXACT", "application/octet-stream" },
	{ "Makefile", "text/x-makefile" },
	{ "libx.so.3.1", "application/x-sharedlib" },
	{ "x.end", "text/last" },
	{ "x.bad", "application/octet-stream" },
	{ "noextension", "application/octet-stream" },
	{ "", "application/octet-stream" },
	{ "folder.gz/", "application/octet-stream" },
};

static void a_type_comes_from_the_best_pattern(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
		CLEAN(str) struct str out = STR_INIT;

		mime_type_of(name_cases[i].path, &out);
		assert_string_equal(out.s, name_cases[i].type);
	}
}

/* Whatever this machine has, mime.types or nothing. */
static void common_types_are_known_without_globs2(void **state)
{
	static const char *const names[][2] = {
		{ "a.pdf", "application/pdf" }, { "a.PNG", "image/png" },
		{ "a.html", "text/html" },      { "a.txt", "text/plain" },
		{ "a.zip", "application/zip" }, { "a.eml", "message/rfc822" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEAN(str) struct str out = STR_INIT;

		mime_type_of(names[i][0], &out);
		assert_string_equal(out.s, names[i][1]);
	}
}

static void boundaries_are_new_and_safe(void **state)
{
	CLEAN(str) struct str a = STR_INIT;
	CLEAN(str) struct str b = STR_INIT;

	(void)state;
	mime_add_boundary(&a);
	mime_add_boundary(&b);
	assert_string_not_equal(a.s, b.s);
	assert_true(a.len >= 34 && a.len <= 70); /* RFC 2046, 5.1.1 */
	assert_non_null(strstr(a.s, "=_"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_printable_follows_the_rules),
		cmocka_unit_test(quoted_printable_decodes_to_what_it_was),
		cmocka_unit_test(base64_is_cut_into_lines_of_76),
		cmocka_unit_test(a_type_is_two_tokens_and_parameters),
		cmocka_unit_test(a_type_comes_from_the_best_pattern),
		cmocka_unit_test(common_types_are_known_without_globs2),
		cmocka_unit_test(boundaries_are_new_and_safe),
	};

	return cmocka_run_group_tests_name("mime", tests, make_list,
					   remove_list);
}
