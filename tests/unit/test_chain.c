#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "net/chain.h"

/*
 * The least that looks like a certificate: version 3, serial number, algorithm,
 * issuer, validity, subject; names are three bytes here, "30 01 X".
 */
static size_t put(char *out, size_t at, struct view bytes)
{
	memcpy(out + at, bytes.p, bytes.n);
	return at + bytes.n;
}

#define PUT(out, at, literal)                                                  \
	put(out, at, (struct view){ literal, sizeof(literal) - 1 })

/* The head of a long element, and its length. */
static void put_sequence(char *out, size_t at, size_t end)
{
	(void)PUT(out, at, "\x30\x82");
	out[at + 2] = (char)((end - at - 4) >> 8);
	out[at + 3] = (char)(end - at - 4);
}

static size_t make(char *out, char issuer, char subject, size_t serial)
{
	size_t n = PUT(out, 8, "\xa0\x03\x02\x01\x02");

	n = PUT(out, n, "\x02\x82");
	out[n++] = (char)(serial >> 8);
	out[n++] = (char)serial;
	memset(out + n, 1, serial);
	n = PUT(out, n + serial, "\x30\x00\x30\x01");
	out[n++] = issuer;
	n = PUT(out, n, "\x30\x00\x30\x01");
	out[n++] = subject;
	memset(out + n, 7, 2000); /* key, extensions, signature */
	n += 2000;
	put_sequence(out, 0, n);
	put_sequence(out, 4, n);
	return n;
}

static void add_block(struct str *pem, const char *label, struct view der,
		      const char *line_end)
{
	CLEAN(str) struct str text = STR_INIT;

	base64_add(&text, der);
	str_addf(pem, "-----BEGIN %s-----%s", label, line_end);
	for (size_t i = 0; i < text.len; i += 64) {
		str_add(pem, view_part(str_view(&text), i, 64));
		str_adds(pem, line_end);
	}
	str_addf(pem, "-----END %s-----%s", label, line_end);
}

static void add(struct str *pem, const char *label, const char *names,
		size_t serial)
{
	char der[8192];
	size_t n = make(der, names[0], names[1], serial);

	add_block(pem, label, (struct view){ der, n }, "\n");
}

/* The names of those that were kept, as pairs of issuer and subject. */
static void kept(const struct chain *c, struct str *out)
{
	for (size_t i = 0; i < c->certs; i++) {
		struct view issuer, subject;

		assert_true(chain_names_of(str_view(&c->cert[i]), &issuer,
					   &subject));
		assert_int_equal(issuer.n, 3);
		assert_int_equal(subject.n, 3);
		str_addc(out, issuer.p[2]);
		str_addc(out, subject.p[2]);
		str_addc(out, ' ');
	}
}

static void want(struct chain *c, const char *names)
{
	char der[8192];
	size_t n = make(der, names[0], names[1], 1);

	chain_want(c, (struct view){ der, n });
}

static void what_can_matter_is_kept_and_nothing_else(void **state)
{
	static const struct {
		const char *presented;
		const char *file[6];
		const char *kept;
	} rows[] = {
		{ "RL", { "RR", "XX", "YY" }, "RR " },
		{ "RL", { "XX", "YY" }, "" },
		{ "RL", { NULL }, "" },
		/* The leaf itself may be trusted. */
		{ "LL", { "XX", "LL" }, "LL " },
		/* Roll-over: two of one name; a cross-signed one. */
		{ "RL", { "RR", "RR", "XR" }, "RR RR XR " },
		/* Issuers of issuers, in any order. */
		{ "IL", { "RR", "JI", "XX", "RJ" }, "JI RJ RR " },
		{ "IL", { "JI", "RJ", "RR" }, "JI RJ RR " },
		/* A ring ends. */
		{ "IL", { "JI", "IJ" }, "JI IJ " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(chain) struct chain c = CHAIN_INIT;
		CLEAN(str) struct str pem = STR_INIT;
		CLEAN(str) struct str got = STR_INIT;
		size_t n = 0;

		str_adds(&pem, "text\n");
		for (; n < 6 && rows[i].file[n]; n++)
			add(&pem, "CERTIFICATE", rows[i].file[n], 1);
		want(&c, rows[i].presented);
		assert_int_equal(chain_collect(&c, str_view(&pem)), n);
		kept(&c, &got);
		if (strcmp(str_chars(&got), rows[i].kept) != 0)
			fail_msg("row %zu: %s", i, str_chars(&got));
	}
}

static void blocks_are_found_as_they_are_written(void **state)
{
	CLEAN(chain) struct chain c = CHAIN_INIT;
	CLEAN(str) struct str pem = STR_INIT;
	CLEAN(str) struct str got = STR_INIT;
	char der[8192];
	size_t n = make(der, 'R', 'R', 2);

	(void)state;
	add(&pem, "PRIVATE KEY", "RR", 1);
	add(&pem, "TRUSTED CERTIFICATE", "RR", 1);
	str_adds(&pem, "-----BEGIN CERTIFICATE-----\n!!!!\n"
		       "-----END CERTIFICATE-----\n");
	add(&pem, "X509 CERTIFICATE", "RR", 1);
	add_block(&pem, "CERTIFICATE", (struct view){ der, n }, "\r\n");
	/* Names beyond the part that is looked at first. */
	add(&pem, "CERTIFICATE", "RR", 3000);
	str_adds(&pem, "-----BEGIN CERTIFICATE-----\nAAAA");
	want(&c, "RL");
	assert_int_equal(chain_collect(&c, str_view(&pem)), 4);
	kept(&c, &got);
	assert_string_equal(got.s, "RR RR RR ");
	assert_memory_equal(c.cert[1].s, der, n);
}

static void no_more_is_kept_than_there_is_room_for(void **state)
{
	CLEAN(chain) struct chain c = CHAIN_INIT;
	CLEAN(str) struct str pem = STR_INIT;

	(void)state;
	for (size_t i = 0; i < CHAIN_CERTS_MAX + 10; i++) {
		char names[] = { (char)(i + 100), 'R', '\0' };

		add(&pem, "CERTIFICATE", names, 1);
	}
	want(&c, "RL");
	(void)chain_collect(&c, str_view(&pem));
	assert_int_equal(c.certs, CHAIN_CERTS_MAX);
	assert_int_equal(c.names, CHAIN_NAMES_MAX);
}

/* Every prefix, each in memory of its own so that a tool sees a bad read. */
static void broken_certificates_are_passed_over(void **state)
{
	char der[8192];
	size_t n = make(der, 'R', 'R', 1), whole = n - 2000;
	struct view issuer, subject;

	(void)state;
	for (size_t i = 0; i <= whole; i++) {
		char *copy = malloc(i > 0 ? i : 1);

		memcpy(copy, der, i);
		assert_int_equal(chain_names_of((struct view){ copy, i },
						&issuer, &subject),
				 i == whole);
		free(copy);
	}
	/* And every byte changed. */
	for (size_t i = 0; i < whole; i++)
		for (int bit = 0; bit < 8; bit++) {
			char *copy = malloc(whole);

			memcpy(copy, der, whole);
			copy[i] = (char)(copy[i] ^ (1 << bit));
			if (chain_names_of((struct view){ copy, whole },
					   &issuer, &subject))
				assert_true(subject.p + subject.n <=
					    copy + whole);
			free(copy);
		}
	assert_false(chain_names_of(VIEW_NONE, &issuer, &subject));
	assert_false(chain_names_of((struct view){ "\x30\x80", 2 }, &issuer,
				    &subject));
	assert_false(
		chain_names_of((struct view){ "\x30\x84\xff\xff\xff\xff", 6 },
			       &issuer, &subject));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_matter_is_kept_and_nothing_else),
		cmocka_unit_test(blocks_are_found_as_they_are_written),
		cmocka_unit_test(no_more_is_kept_than_there_is_room_for),
		cmocka_unit_test(broken_certificates_are_passed_over),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
