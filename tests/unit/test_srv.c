#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/srv.h"

/* --- answers ---------------------------------------------------------------
 */

/* Packets are written with their pieces: a head that counts questions and
 * answers, names in labels, records. */
#define HEAD(questions, answers)                                               \
	"\x12\x34\x81\x80\0" questions "\0" answers "\0\0\0\0"
/* "_s.test" asked for SRV; its name is at 12, "test" at 15. */
#define QUESTION "\2_s\4test\0\0\41\0\1"
#define RECORD "\300\14\0\41\0\1\0\0\0\74" /* and length, data */
#define MX "\2mx\300\17"                   /* "mx.test" */
#define BYTES(literal)                                                         \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}

static void answers_are_read(void **state)
{
	static const struct {
		struct view packet;
		size_t n;
		struct srv last;
	} rows[] = {
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\13\0\1\0\2\2\113" MX),
		  1,
		  { 1, 2, 587, "mx.test" } },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\17\377\377\377\377\377\377\2mx\4test\0"),
		  1,
		  { 65535, 65535, 65535, "mx.test" } },
		{ BYTES(HEAD("\1", "\2") QUESTION RECORD
			"\0\13\0\1\0\2\2\113" MX RECORD
			"\0\13\0\0\0\0\1\321" MX),
		  2,
		  { 0, 0, 465, "mx.test" } },
		/* An alias before it: the name of the record is another. */
		{ BYTES(HEAD("\1", "\2") QUESTION
			"\300\14\0\5\0\1\0\0\0\74\0\4\1a\300\17"
			"\1a\300\17\0\41\0\1\0\0\0\74\0\13\0\1\0\2\2\113" MX),
		  1,
		  { 1, 2, 587, "mx.test" } },
		/* Of other kinds and classes, and those that cannot be used. */
		{ BYTES(HEAD("\1", "\6") QUESTION
			"\300\14\0\41\0\3\0\0\0\74\0\13\0\0\0\0\2\113" MX
			"\300\14\0\1\0\1\0\0\0\74\0\4\300\0\2\1" RECORD
			"\0\13\0\3\0\4\0\0" MX RECORD
			"\0\7\0\3\0\4\2\113\0" RECORD
			"\0\15\0\3\0\4\2\113\4m x!\300\17" RECORD
			"\0\13\0\5\0\6\2\113" MX),
		  1,
		  { 5, 6, 587, "mx.test" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct srv_list l;
		struct err e = ERR_INIT;
		const struct srv *last;

		if (!srv_read(rows[i].packet, &l, &e))
			fail_msg("row %zu: %s", i, e.text);
		assert_int_equal(l.n, rows[i].n);
		last = &l.v[l.n - 1];
		assert_int_equal(last->priority, rows[i].last.priority);
		assert_int_equal(last->weight, rows[i].last.weight);
		assert_int_equal(last->port, rows[i].last.port);
		assert_string_equal(last->target, rows[i].last.target);
	}
}

static void answers_that_do_not_help_have_their_kind(void **state)
{
	static const struct {
		struct view packet;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ BYTES(HEAD("\1", "\0") QUESTION), ERR_NOHOST, "no such rec" },
		/* RFC 2782: decidedly not. */
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD "\0\7\0\0\0\0\0\0\0"),
		  ERR_NOHOST, "says that it has no such service" },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\13\0\1\0\2\0\0" MX),
		  ERR_NOHOST, "no such record" },
		{ BYTES(""), ERR_NETWORK, "malformed" },
		{ BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0"), ERR_NETWORK,
		  "malformed" },
		{ BYTES(HEAD("\1", "\1") QUESTION), ERR_NETWORK, "malformed" },
		{ BYTES(HEAD("\2", "\1") QUESTION), ERR_NETWORK, "malformed" },
		/* Longer than it is, longer and shorter than its data. */
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\14\0\1\0\2\2\113" MX),
		  ERR_NETWORK, "malformed" },
		{ BYTES(HEAD("\1", "\2") QUESTION RECORD
			"\0\14\0\1\0\2\2\113" MX RECORD "\0\0"),
		  ERR_NETWORK, "malformed" },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\12\0\1\0\2\2\113" MX),
		  ERR_NETWORK, "malformed" },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD "\0\5\0\1\0\2\2"),
		  ERR_NETWORK, "malformed" },
		/* Names that point to themselves, ahead, and out of it. */
		{ BYTES(HEAD("\1", "\1") "\300\14\0\41\0\1"), ERR_NETWORK,
		  "malformed" },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\10\0\1\0\2\2\113\300\46"),
		  ERR_NETWORK, "malformed" },
		{ BYTES(HEAD("\1", "\1") QUESTION RECORD
			"\0\10\0\1\0\2\2\113\377\377"),
		  ERR_NETWORK, "malformed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct srv_list l;
		struct err e = ERR_INIT;

		if (srv_read(rows[i].packet, &l, &e))
			fail_msg("row %zu was taken", i);
		if (e.kind != rows[i].kind || !strstr(e.text, rows[i].words))
			fail_msg("row %zu: kind %d: %s", i, e.kind, e.text);
	}
}

/* Every start of a good answer is a bad one, and none is read past its end. */
static void what_is_cut_off_is_malformed(void **state)
{
	static const struct view whole = BYTES(HEAD("\1", "\1") QUESTION RECORD
					       "\0\13\0\1\0\2\2\113" MX);

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		CLEAN(str) struct str exact = STR_INIT;
		struct srv_list l;
		struct err e = ERR_INIT;

		str_add(&exact, view_part(whole, 0, n));
		assert_false(srv_read(str_view(&exact), &l, &e));
		assert_int_equal(e.kind, ERR_NETWORK);
	}
}

static void more_than_fit_are_left_out(void **state)
{
	static const struct view head = BYTES(HEAD("\1", "\377") QUESTION);
	static const struct view record = BYTES(RECORD
						"\0\13\0\1\0\2\2\113" MX);
	CLEAN(str) struct str packet = STR_INIT;
	struct srv_list l;
	struct err e = ERR_INIT;

	(void)state;
	str_add(&packet, head);
	for (int i = 0; i < 255; i++)
		str_add(&packet, record);
	assert_true(srv_read(str_view(&packet), &l, &e));
	assert_int_equal(l.n, SRV_MAX);
}

/* --- the order -------------------------------------------------------------
 */

/* Servers by letter: priority, weight; what chance says; who comes when. */
static const struct {
	struct {
		int priority, weight;
	} servers[5];
	size_t n;
	uint32_t random[5];
	const char *order;
} orders[] = {
	{ { { 0, 0 } }, 0, { 0 }, "" },
	{ { { 9, 9 } }, 1, { 7 }, "a" },
	/* The lower priority number first, whatever the weight. */
	{ { { 20, 99 }, { 10, 1 }, { 30, 0 } }, 3, { 0, 0, 0 }, "bac" },
	{ { { 20, 99 }, { 10, 1 }, { 30, 0 } }, 3, { 9, 9, 9 }, "bac" },
	/* Of weight 0 all: as they came. */
	{ { { 1, 0 }, { 1, 0 }, { 1, 0 } }, 3, { 5, 6, 7 }, "abc" },
	/* Weights 1 and 3: of the numbers 0 to 4, 0 and 1 pick a. */
	{ { { 1, 1 }, { 1, 3 } }, 2, { 0, 0 }, "ab" },
	{ { { 1, 1 }, { 1, 3 } }, 2, { 1, 0 }, "ab" },
	{ { { 1, 1 }, { 1, 3 } }, 2, { 2, 0 }, "ba" },
	{ { { 1, 1 }, { 1, 3 } }, 2, { 4, 0 }, "ba" },
	{ { { 1, 1 }, { 1, 3 } }, 2, { 5, 0 }, "ab" },
	/* Weight 0 among others comes first by the number 0 alone. */
	{ { { 1, 2 }, { 1, 0 } }, 2, { 0, 0 }, "ba" },
	{ { { 1, 2 }, { 1, 0 } }, 2, { 1, 0 }, "ab" },
	{ { { 1, 2 }, { 1, 0 } }, 2, { 2, 0 }, "ab" },
	/* Chance counts anew for those that are left. */
	{ { { 1, 1 }, { 1, 1 }, { 1, 1 } }, 3, { 3, 2, 0 }, "cba" },
	{ { { 1, 1 }, { 1, 1 }, { 1, 1 } }, 3, { 2, 2, 0 }, "bca" },
	{ { { 1, 1 }, { 1, 1 }, { 1, 1 } }, 3, { 2, 1, 0 }, "bac" },
	/* And inside each priority by itself. */
	{ { { 2, 1 }, { 1, 1 }, { 2, 1 }, { 1, 1 } },
	  4,
	  { 2, 0, 2, 0 },
	  "dbca" },
	{ { { 1, 65535 },
	    { 1, 65535 },
	    { 1, 65535 },
	    { 1, 65535 },
	    { 1, 65535 } },
	  5,
	  { 327675, 262140, 196605, 131070, 65535 },
	  "edcba" },
};

static void the_order_is_that_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		uint32_t random[SRV_MAX] = { 0 };
		struct srv_list l = { .n = orders[i].n };
		char order[6] = "";

		memcpy(random, orders[i].random, sizeof(orders[i].random));
		for (size_t j = 0; j < l.n; j++) {
			l.v[j].priority = orders[i].servers[j].priority;
			l.v[j].weight = orders[i].servers[j].weight;
			l.v[j].target[0] = (char)('a' + (char)j);
		}
		srv_order(&l, random);
		for (size_t j = 0; j < l.n; j++)
			order[j] = l.v[j].target[0];
		if (strcmp(order, orders[i].order) != 0)
			fail_msg("row %zu: %s, not %s", i, order,
				 orders[i].order);
	}
}

static void a_target_is_within_its_domain_or_not(void **state)
{
	static const struct {
		const char *target, *domain;
		bool within;
	} rows[] = {
		{ "mail.test", "mail.test", true },
		{ "a.mail.test", "mail.test", true },
		{ "A.MAIL.test", "mail.TEST", true },
		{ "a.b.mail.test", "mail.test", true },
		{ "amail.test", "mail.test", false },
		{ "test", "mail.test", false },
		{ "mail.test.example", "mail.test", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(srv_is_within(rows[i].target, rows[i].domain),
				 rows[i].within);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(answers_that_do_not_help_have_their_kind),
		cmocka_unit_test(what_is_cut_off_is_malformed),
		cmocka_unit_test(more_than_fit_are_left_out),
		cmocka_unit_test(a_target_is_within_its_domain_or_not),
		cmocka_unit_test(the_order_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
