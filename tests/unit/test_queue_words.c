#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/queue.h"

static void spans_have_one_unit(void **state)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} cases[] = {
		{ -5, "0s" },     { 0, "0s" },       { 119, "119s" },
		{ 120, "2m" },    { 300, "5m" },     { 7199, "120m" },
		{ 7200, "2h" },   { 10800, "3h" },   { 172799, "48h" },
		{ 172800, "2d" }, { 864000, "10d" }, { 149, "2m" },
		{ 150, "3m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str out = STR_INIT;

		queue_add_span(&out, cases[i].seconds);
		assert_string_equal(out.s, cases[i].want);
	}
}

static void sizes_have_one_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} cases[] = {
		{ 0, "0B" },
		{ 1023, "1023B" },
		{ 1024, "1.0K" },
		{ 1290, "1.3K" },
		{ 10240, "10K" },
		{ 1048576, "1.0M" },
		{ 25 * UINT64_C(1048576), "25M" },
		{ UINT64_C(1) << 40, "1.0T" },
		{ UINT64_MAX, "16777216T" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str out = STR_INIT;

		queue_add_size(&out, cases[i].bytes);
		assert_string_equal(out.s, cases[i].want);
	}
}

static void the_next_try_is_relative(void **state)
{
	static const struct {
		int64_t next;
		const char *want;
	} cases[] = {
		{ 0, "-" },         { 1, "now" },      { 1000, "now" },
		{ 1060, "in 60s" }, { 1300, "in 5m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct seen s = { .next = cases[i].next };
		CLEAN(str) struct str out = STR_INIT;

		queue_add_next(&out, &s, 1000);
		assert_string_equal(out.s, cases[i].want);
	}
}

static void hostile_text_is_valid_json(void **state)
{
	CLEAN(seen) struct seen s = SEEN_INIT;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	s.item.origin.label = strdup("w\"ork");
	s.item.envelope.sender = strdup("");
	envelope_add_recipient(&s.item.envelope, "b\xc3\xb6 b\xff@x");
	item_start(&s.item);
	s.item.v[0].progress = ITEM_REFUSED;
	s.item.v[0].said = strdup("550 5.1.1 \x1b[31m\\no");
	memcpy(s.item.v[0].status, (int[]){ 5, 1, 1 },
	       sizeof(s.item.v[0].status));
	s.item.created = 1766597400;
	s.state = ITEM_HELD;
	s.hold = HOLD_CONFIGURATION;
	queue_add_json(&out, &s);
	assert_string_equal(
		out.s,
		"{\"id\":\"\",\"account\":\"w\\\"ork\",\"state\":\"held\","
		"\"hold_reason\":\"configuration\",\"uncertain\":false,"
		"\"size\":0,\"created\":\"2025-12-24T17:30:00Z\","
		"\"next_try\":null,\"attempts\":0,\"sender\":\"\","
		"\"message_id\":null,\"recipients\":[{\"address\":"
		"\"b\xc3\xb6 b\xef\xbf\xbd@x\",\"state\":\"failed\","
		"\"status\":\"5.1.1\",\"reply\":"
		"\"550 5.1.1 \\u001b[31m\\\\no\"}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_have_one_unit),
		cmocka_unit_test(sizes_have_one_unit),
		cmocka_unit_test(the_next_try_is_relative),
		cmocka_unit_test(hostile_text_is_valid_json),
	};

	return cmocka_run_group_tests_name("queue_words", tests, NULL, NULL);
}
