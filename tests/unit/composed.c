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

#include "base/scan.h"
#include "composed.h"

#define GROUPS_MAX 8
#define BIG 200000

/* Bytes that may hold NUL, in a table. */
#define BYTES(literal)                                                         \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

/* --- files to send ----------------------------------------------------------
 */

static char folder[] = "/tmp/test_compose.XXXXXX";
static char big[BIG];

const struct composed_file composed_files[COMPOSED_FILES] = {
	{ "a.pdf", BYTES("%PDF\0\xff\r\n") },
	{ "\xc3\x9c ber.txt", BYTES("gr\xc3\xbc\xc3\x9f\n") },
	{ "latin.txt", BYTES("gr\xfc\xdf\n") },
	{ "page.html", BYTES("<p>hi\n") },
	{ "a:b", BYTES("colon") },
	{ "with:text/x", BYTES("slash is a folder") },
	{ "plain.eml", BYTES("Subject: x\r\n\r\nbody") },
	{ "utf8.eml", BYTES("Subject: x\n\n\xc3\xa4\n") },
	{ "nul.eml", BYTES("Subject: x\n\n\0\n") },
	{ "empty.txt", BYTES("") },
	{ "big.bin", { big, sizeof(big) } },
};

const char *in_folder(const char *name)
{
	static char names[4][128];
	static size_t next;
	char *out = names[next++ % 4];

	snprintf(out, sizeof(names[0]), "%s/%s", folder, name);
	return out;
}

int make_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * i >> 3);
	if (!mkdtemp(folder) || mkdir(in_folder("with:text"), 0700) != 0)
		return -1;
	for (size_t i = 0; i < COMPOSED_FILES; i++) {
		FILE *f = fopen(in_folder(composed_files[i].name), "w");

		if (!f || fwrite(composed_files[i].bytes.p, 1,
				 composed_files[i].bytes.n,
				 f) != composed_files[i].bytes.n)
			return -1;
		fclose(f);
	}
	return 0;
}

int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMPOSED_FILES; i++)
		unlink(in_folder(composed_files[i].name));
	rmdir(in_folder("with:text"));
	return rmdir(folder);
}

/* --- a message, composed and seen -------------------------------------------
 */

void result_free(struct result *r)
{
	headers_free(&r->headers);
	draft_free(&r->draft);
	str_free(&r->block);
	str_free(&r->body);
}

bool compose(const struct compose *c, struct result *r)
{
	char buf[4096];
	size_t got;

	if (!compose_message(c, &r->headers, &r->draft, &r->facts, &r->err))
		return false;
	headers_write(&r->headers, &r->block);
	do {
		assert_true(draft_read(&r->draft, r->body.len, buf, sizeof(buf),
				       &got, &r->err));
		str_add(&r->body, (struct view){ buf, got });
	} while (got > 0);
	return true;
}

void assert_has(const struct str *text, const char *part)
{
	if (!strstr(str_chars(text), part))
		fail_msg("'%s' is not in:\n%s", part, str_chars(text));
}

void assert_lacks(const struct str *text, const char *part)
{
	if (strstr(str_chars(text), part))
		fail_msg("'%s' is in:\n%s", part, str_chars(text));
}

/* The boundaries of a message in order of their being declared. */
struct groups {
	struct view v[GROUPS_MAX];
	size_t n;
};

static void note_boundary(struct groups *g, struct view line)
{
	const char *p = memmem(line.p, line.n, "boundary=\"", 10);
	struct scan s;

	if (!p)
		return;
	p += 10;
	s = scan_of((struct view){ p, (size_t)(line.p + line.n - p) });
	assert_true(g->n < GROUPS_MAX);
	g->v[g->n++] = scan_until(&s, '"');
}

static void show_boundary(const struct groups *g, struct view line,
			  struct str *out)
{
	struct view rest = view_part(line, 2, line.n);

	for (size_t i = 0; i < g->n; i++) {
		struct view start = view_part(rest, 0, g->v[i].n);

		if (!view_equal(start, g->v[i]))
			continue;
		str_addf(out, "-%c", (char)('A' + i));
		str_add(out, view_part(rest, start.n, rest.n));
		str_addc(out, '\n');
	}
}

/* "multipart/mixed\n-A\ntext/plain\n-A--\n": what is in what. */
static void skeleton(const struct result *r, struct str *out)
{
	CLEAN(str) struct str all = STR_INIT;
	struct groups g = { .n = 0 };
	struct scan s;

	str_add(&all, str_view(&r->block));
	str_addc(&all, '\n');
	str_add(&all, str_view(&r->body));
	s = scan_of(str_view(&all));
	while (!scan_done(&s)) {
		struct view line = scan_until(&s, '\n');
		struct scan type = scan_of(line);

		note_boundary(&g, line);
		if (view_starts(line, "--"))
			show_boundary(&g, line, out);
		if (!view_starts(line, "Content-Type: "))
			continue;
		type.p += strlen("Content-Type: ");
		str_add(out, scan_until(&type, ';'));
		str_addc(out, '\n');
	}
}

void assert_skeleton(const struct compose *c, const char *want)
{
	CLEAN(result) struct result r = RESULT_INIT;
	CLEAN(str) struct str got = STR_INIT;
	struct facts facts = FACTS_INIT;

	assert_true(compose(c, &r));
	skeleton(&r, &got);
	assert_string_equal(got.s, want);
	facts_note(&facts, str_view(&r.body));
	assert_int_equal(r.facts.octets, facts.octets);
	assert_int_equal(r.facts.lines, facts.lines);
	assert_int_equal(r.facts.longest, facts.longest);
	assert_int_equal(r.facts.current, 0);
}
