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

#include "base/err.h"
#include "msg/part.h"

#define OUT_MAX 65536

/* A writer, and what it wrote. */
struct desk {
	struct headers headers;
	struct draft out;
	struct facts facts;
	struct part_writer w;
	struct err e;
};

static void desk_open(struct desk *d, bool outermost)
{
	*d = (struct desk){ .headers = HEADERS_INIT, .out = DRAFT_INIT };
	d->facts = FACTS_INIT;
	assert_true(draft_open(&d->out, &d->e));
	d->w = (struct part_writer){
		.to = { &d->out, &d->facts },
		.headers = outermost ? &d->headers : NULL,
	};
}

static void desk_free(struct desk *d)
{
	headers_free(&d->headers);
	draft_free(&d->out);
}

/* The header block, an empty line, and the body. */
static void desk_text(struct desk *d, struct str *out)
{
	char buf[OUT_MAX];
	size_t got;

	headers_write(&d->headers, out);
	str_adds(out, "--\n");
	assert_true(draft_flush(&d->out, &d->e));
	assert_true(draft_read(&d->out, 0, buf, sizeof(buf), &got, &d->e));
	str_add(out, (struct view){ buf, got });
}

static void put_text(struct desk *d, const char *type, const char *text)
{
	CLEAN(draft) struct draft from = DRAFT_INIT;
	struct facts facts = FACTS_INIT;

	facts_note(&facts, view_of(text));
	assert_true(draft_open(&from, &d->e));
	assert_true(draft_add(&from, view_of(text), &d->e));
	assert_true(draft_flush(&from, &d->e));
	assert_true(part_text(&d->w, type, &from, &facts, &d->e));
}

static void the_outermost_header_is_the_messages(void **state)
{
	CLEAN(desk) struct desk d;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	desk_open(&d, true);
	put_text(&d, "text/plain", "hello\n");
	desk_text(&d, &out);
	assert_string_equal(str_chars(&out),
			    "Content-Type: text/plain; charset=utf-8\n"
			    "Content-Transfer-Encoding: 7bit\n--\nhello\n");
}

static void an_inner_header_is_in_the_body(void **state)
{
	CLEAN(desk) struct desk d;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	desk_open(&d, false);
	put_text(&d, "text/html", "gr\xc3\xbc\xc3\x9f\n");
	desk_text(&d, &out);
	assert_string_equal(str_chars(&out),
			    "--\nContent-Type: text/html; charset=utf-8\n"
			    "Content-Transfer-Encoding: quoted-printable\n\n"
			    "gr=C3=BC=C3=9F\n");
}

static void a_line_that_is_too_long_is_encoded(void **state)
{
	CLEAN(str) struct str line = STR_INIT;

	(void)state;
	while (line.len < FACTS_LINE_MAX)
		str_addc(&line, 'x');
	for (int longer = 0; longer < 2; longer++) {
		CLEAN(desk) struct desk d;
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(str) struct str out = STR_INIT;

		str_addf(&text, "%s%s\n", line.s, longer ? "x" : "");
		desk_open(&d, true);
		put_text(&d, "text/plain", text.s);
		desk_text(&d, &out);
		assert_int_equal(strstr(out.s, "quoted-printable") != NULL,
				 longer);
	}
}

static void a_group_has_its_parts_between_boundaries(void **state)
{
	CLEAN(desk) struct desk d;
	CLEAN(part_group) struct part_group g = PART_GROUP_INIT;
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str want = STR_INIT;
	const char *b;

	(void)state;
	desk_open(&d, true);
	assert_true(part_group_open(&d.w, "multipart/mixed", &g, &d.e));
	b = g.boundary.s;
	assert_true(part_group_next(&d.w, &g, &d.e));
	put_text(&d, "text/plain", "one\n");
	assert_true(part_group_next(&d.w, &g, &d.e));
	put_text(&d, "text/plain", "two\n");
	assert_true(part_group_close(&d.w, &g, &d.e));
	desk_text(&d, &out);
	str_addf(&want,
		 "Content-Type: multipart/mixed;\n boundary=\"%s\"\n--\n--%s\n"
		 "Content-Type: text/plain; charset=utf-8\n"
		 "Content-Transfer-Encoding: 7bit\n\none\n\n--%s\n"
		 "Content-Type: text/plain; charset=utf-8\n"
		 "Content-Transfer-Encoding: 7bit\n\ntwo\n\n--%s--\n",
		 b, b, b, b);
	assert_string_equal(str_chars(&out), want.s);
}

static void two_groups_have_two_boundaries(void **state)
{
	CLEAN(part_group) struct part_group a = PART_GROUP_INIT;
	CLEAN(part_group) struct part_group b = PART_GROUP_INIT;
	CLEAN(desk) struct desk d;

	(void)state;
	desk_open(&d, true);
	assert_true(part_group_open(&d.w, "multipart/mixed", &a, &d.e));
	assert_true(part_group_open(&d.w, "multipart/mixed", &b, &d.e));
	assert_string_not_equal(a.boundary.s, b.boundary.s);
}

/* --- files ------------------------------------------------------------------
 */

static char folder[] = "/tmp/test_part.XXXXXX";

static const struct {
	const char *name, *text;
} files[] = {
	{ "a.txt", "hi\n" },
	{ "latin.txt", "gr\xfc\n" },
	{ "we ird.bin", "x" },
	{ "name:text/x-odd", "y" },
	{ "m.eml", "Subject: x\r\n\r\nb" },
};

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	/* text/x-odd is a name with a slash: its folder is "name:text". */
	mkdir(path_of("name:text"), 0700);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		FILE *f = fopen(path_of(files[i].name), "w");

		if (!f)
			return -1;
		fputs(files[i].text, f);
		fclose(f);
	}
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(path_of(files[i].name));
	rmdir(path_of("name:text"));
	return rmdir(folder);
}

static void files_have_a_type_a_name_and_an_encoding(void **state)
{
	static const struct {
		const char *argument;
		enum part_how how;
		const char *has[4];
	} cases[] = {
		{ "a.txt",
		  PART_ATTACHED,
		  { "Content-Type: text/plain; charset=utf-8;",
		    "Content-Transfer-Encoding: base64",
		    "Content-Disposition: attachment;", "\n\naGkK\n" } },
		/* A charset is not said where it is not certain. */
		{ "latin.txt",
		  PART_ATTACHED,
		  { "Content-Type: text/plain;", "filename=latin.txt" } },
		{ "a.txt:image/png",
		  PART_ATTACHED,
		  { "Content-Type: image/png;", "filename=a.txt" } },
		{ "a.txt:multipart/mixed",
		  PART_ATTACHED,
		  { "Content-Type: application/octet-stream" } },
		{ "we ird.bin",
		  PART_INLINE,
		  { "Content-Type: application/octet-stream;",
		    "Content-Disposition: inline;", "\"we ird.bin\"",
		    "Content-ID: <we_ird.bin>" } },
		/* Where a file has the whole name, it is that file. */
		{ "name:text/x-odd", PART_ATTACHED, { "filename=x-odd" } },
		{ "m.eml",
		  PART_ATTACHED,
		  { "Content-Type: message/rfc822",
		    "Content-Transfer-Encoding: 7bit",
		    "\n\nSubject: x\n\nb\n" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(desk) struct desk d;
		CLEAN(str) struct str out = STR_INIT;

		desk_open(&d, false);
		assert_true(part_file(&d.w, path_of(cases[i].argument),
				      cases[i].how, &d.e));
		desk_text(&d, &out);
		for (size_t j = 0; j < 4 && cases[i].has[j]; j++) {
			if (!strstr(out.s, cases[i].has[j]))
				print_message("# no %s in %s\n",
					      cases[i].has[j], out.s);
			assert_non_null(strstr(out.s, cases[i].has[j]));
		}
		assert_int_equal(strstr(out.s, "Content-ID") != NULL,
				 cases[i].how == PART_INLINE);
		assert_false(i == 1 && strstr(out.s, "charset"));
	}
}

static void what_is_no_file_is_refused(void **state)
{
	static const char *const paths[] = { "/nonexistent/x", "/", "/tmp",
					     "/dev/zero", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct err e = ERR_INIT;
		int fd = -1;

		assert_false(part_open(paths[i], &fd, &e));
		assert_int_equal(e.kind, ERR_NOINPUT);
		assert_int_equal(fd, -1);
	}
}

static void a_file_or_nothing_can_be_opened(void **state)
{
	static const char *const names[] = { "a.txt", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err e = ERR_INIT;
		int fd = -1;

		assert_true(part_open(
			names[i] ? path_of(names[i]) : "/dev/null", &fd, &e));
		assert_true(fd >= 0);
		part_fd_free(&fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_outermost_header_is_the_messages),
		cmocka_unit_test(an_inner_header_is_in_the_body),
		cmocka_unit_test(a_line_that_is_too_long_is_encoded),
		cmocka_unit_test(a_group_has_its_parts_between_boundaries),
		cmocka_unit_test(two_groups_have_two_boundaries),
		cmocka_unit_test(files_have_a_type_a_name_and_an_encoding),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_file_or_nothing_can_be_opened),
	};

	return cmocka_run_group_tests_name("part", tests, make_files,
					   remove_files);
}
