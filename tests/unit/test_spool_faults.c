#include "config.h"

#include <errno.h>
#include <fcntl.h>
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

#include "base/mem.h"
#include "faults.h"
#include "queue/usage.h"
#include "spooled.h"

#define NOW INT64_C(1795354295)
#define CALLS_MAX 200

static const int numbers[] = { ENOSPC, EDQUOT, EIO, EROFS };

static struct err e;

static void tidy(const struct spool *s)
{
	CLEAN(list) struct list reports = LIST_INIT;

	assert_true(spool_tidy(s, NOW, -1, &reports, &e));
	assert_int_equal(reports.n, 0);
}

static void check_words(int number)
{
	bool full = number == ENOSPC || number == EDQUOT;

	assert_int_equal(e.kind, full ? ERR_DEFERRED : ERR_IO);
	assert_non_null(strstr(e.text, strerror(number)));
	assert_int_equal(e.hint[0] != '\0', full);
}

/* Draft and item anew, and one fault on the way; false where it was met. */
static bool enter(const struct spool *s, struct item *it, unsigned calls,
		  int number, int at)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	int counted;
	bool ok;

	spooled_fill(s, &d, it);
	e = ERR_INIT;
	faults_set(calls, number, at, false);
	ok = spool_enter(s, &d, it, &e);
	counted = faults_clear();
	assert_true(ok || counted >= at);
	return ok;
}

static bool can_be_sent(const struct spool *s, const char *id)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	struct err ignored;

	return spool_take(s, id, &t, &ignored) == SPOOL_TAKEN;
}

/* What is met while nothing is at stake need not stop the mail: what it counts
 * for queue_max_size. */
static void what_is_not_accepted_leaves_nothing(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();

	(void)state;
	tidy(&s);
	for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
		int refused = 0, at = 1;

		for (; at < CALLS_MAX; at++) {
			CLEAN(item) struct item it = ITEM_INIT;
			int64_t counted = usage_get(&s);

			if (enter(&s, &it, FAULT_ALL, numbers[n], at)) {
				assert_true(can_be_sent(&s, it.id));
				if (at > 30)
					break;
				continue;
			}
			refused++;
			assert_int_equal(usage_get(&s), counted);
			check_words(numbers[n]);
			assert_int_equal(it.id[0], '\0');
		}
		assert_true(at < CALLS_MAX);
		assert_true(refused >= 9);
	}
	/* Whole ones and nothing else. */
	CLEAN(list) struct list ids = LIST_INIT;

	assert_true(spool_list(&s, &ids, &e));
	assert_int_equal(spooled_names(&s), 2 * ids.n);
	tidy(&s);
	assert_int_equal(spooled_names(&s), 2 * ids.n);
}

static void a_signal_does_not_stop_an_entering(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();

	(void)state;
	for (int at = 1; at < 40; at++) {
		CLEAN(item) struct item it = ITEM_INIT;

		if (!enter(&s, &it,
			   FAULT_ALL & ~(unsigned)(FAULT_FSTAT | FAULT_READ),
			   EINTR, at))
			fail_msg("call %d: %s", at, e.text);
		assert_true(can_be_sent(&s, it.id));
	}
}

/* The folder's fsync fails after both links: neither accepted nor sent. */
static void a_folder_that_cannot_be_synced_takes_nothing(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(item) struct item it = ITEM_INIT;

	(void)state;
	assert_false(enter(&s, &it, FAULT_FSYNC, EIO, 3));
	assert_int_equal(spooled_names(&s), 0);
	assert_null(strstr(e.text, "may"));
}

static void what_cannot_be_taken_back_is_said(void **state)
{
	static const struct {
		unsigned calls;
		int at;
	} cases[] = {
		{ FAULT_FSYNC, 3 }, /* the folder's, from then on */
		{ FAULT_FSYNC | FAULT_UNLINKAT, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(spool) struct spool s = spooled_open();
		CLEAN(draft) struct draft d = DRAFT_INIT;
		CLEAN(item) struct item it = ITEM_INIT;

		spooled_fill(&s, &d, &it);
		faults_set(cases[i].calls, EIO, cases[i].at, true);
		assert_false(spool_enter(&s, &d, &it, &e));
		faults_clear();
		assert_int_equal(e.kind, ERR_IO);
		assert_non_null(strstr(e.text, "may still be sent"));
		assert_int_equal(spooled_names(&s), i == 0 ? 0 : 2);
	}
}

static void an_id_that_is_taken_is_not_used(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(item) struct item it = ITEM_INIT;

	(void)state;
	assert_true(enter(&s, &it, FAULT_LINKAT, EEXIST, 1));
	assert_true(can_be_sent(&s, it.id));
	item_free(&it);
	assert_false(enter(&s, &it, FAULT_LINKAT, EEXIST, 2));
	assert_int_equal(spooled_names(&s), 2);
}

static struct taken take_new(const struct spool *s)
{
	struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE];

	spooled_enter(s, id);
	assert_int_equal(spool_take(s, id, &t, &e), SPOOL_TAKEN);
	return t;
}

static int attempts_of(const struct spool *s, const char *id)
{
	CLEAN(item) struct item it = ITEM_INIT;

	assert_int_equal(spool_look(s, id, &it, &e), SPOOL_TAKEN);
	return it.attempts;
}

/* Until the folder's fsync: the old one, and no leftovers. */
static void a_change_that_fails_leaves_the_old_or_the_new(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
		CLEAN(taken) struct taken t = take_new(&s);
		int at = 1, failed = 0;

		for (; at < CALLS_MAX; at++) {
			bool ok;

			t.item.attempts = at;
			faults_set(FAULT_ALL, numbers[n], at, false);
			ok = spool_update(&s, &t, &e);
			faults_clear();
			if (ok)
				break;
			failed++;
			check_words(numbers[n]);
			assert_true(attempts_of(&s, t.item.id) == at ||
				    attempts_of(&s, t.item.id) == at - 1 ||
				    attempts_of(&s, t.item.id) == 0);
			assert_false(spooled_has(&s, t.item.id, ".new"));
		}
		assert_int_equal(failed, 5); /* open write fsync rename fsync */
		assert_int_equal(attempts_of(&s, t.item.id), at);
	}
}

static void a_signal_does_not_stop_a_change(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = take_new(&s);

	(void)state;
	for (int at = 1; at < 8; at++) {
		t.item.attempts = at;
		faults_set(FAULT_ALL, EINTR, at, false);
		assert_true(spool_update(&s, &t, &e));
		faults_clear();
		assert_int_equal(attempts_of(&s, t.item.id), at);
		faults_set(FAULT_ALL, EINTR, 1, false);
		assert_true(spool_mark(&t, &e));
		faults_clear();
	}
}

static void a_removal_that_fails_leaves_all_or_nothing_to_send(void **state)
{
	static const unsigned calls = FAULT_UNLINKAT | FAULT_FSYNC;

	(void)state;
	for (int at = 1; at <= 3; at++) {
		CLEAN(spool) struct spool s = spooled_open();
		CLEAN(taken) struct taken t = take_new(&s);
		char id[ITEM_ID_SIZE];
		bool ok;

		memcpy(id, t.item.id, sizeof(id));
		faults_set(calls, EIO, at, false);
		ok = spool_remove(&s, &t, &e);
		faults_clear();
		taken_free(&t);
		assert_int_equal(ok, at == 3);
		assert_int_equal(spooled_has(&s, id, ".env"), at == 1);
		tidy(&s);
		assert_int_equal(spooled_names(&s), at == 1 ? 2 : 0);
	}
}

static void what_cannot_be_read_now_is_left(void **state)
{
	static const struct {
		unsigned call;
		int number;
	} cases[] = {
		{ FAULT_OPENAT, EIO },    { FAULT_OPENAT, EACCES },
		{ FAULT_OPENAT, ENOMEM }, { FAULT_OPENAT, EMFILE },
		{ FAULT_READ, EIO },      { FAULT_FSTAT, EIO },
		{ FAULT_FCNTL, ENOLCK },
	};
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int at = 1; at < 4; at++) {
			CLEAN(taken) struct taken t = TAKEN_INIT;
			CLEAN(list) struct list reports = LIST_INIT;
			enum spool_found found;

			faults_set(cases[i].call, cases[i].number, at, true);
			found = spool_take(&s, id, &t, &e);
			assert_true(found == SPOOL_ERROR ||
				    found == SPOOL_TAKEN ||
				    found == SPOOL_GONE);
			taken_free(&t);
			(void)!spool_tidy(&s, NOW, 0, &reports, &e);
			faults_clear();
			assert_int_equal(reports.n, 0);
			assert_true(can_be_sent(&s, id));
		}
	assert_int_equal(spooled_names(&s), 2);
}

/* Where ENOENT alone says that something is missing. */
static void a_look_that_fails_is_no_damage(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;

	(void)state;
	spooled_put(&s, "1K0VP7YMCWNWM8.env", "");
	for (int at = 1; at <= 3; at++) {
		faults_set(FAULT_FSTATAT, EIO, at, false);
		assert_int_equal(spool_take(&s, "1K0VP7YMCWNWM8", &t, &e),
				 SPOOL_ERROR);
		faults_clear();
		assert_true(spooled_has(&s, "1K0VP7YMCWNWM8", ".env"));
	}
}

static void damage_that_cannot_be_set_aside_stays_whole(void **state)
{
	static const unsigned calls = FAULT_MKDIRAT | FAULT_LINKAT |
				      FAULT_FSYNC | FAULT_UNLINKAT;
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	enum spool_found found = SPOOL_ERROR;
	int at = 0;

	(void)state;
	spooled_put(&s, "1K0VP7YMCWNWM8.env", "");
	spooled_put(&s, "1K0VP7YMCWNWM8.msg", "text");
	while (at < 5) {
		faults_set(calls, EIO, ++at, false);
		found = spool_take(&s, "1K0VP7YMCWNWM8", &t, &e);
		faults_clear();
		assert_int_equal(found, SPOOL_ERROR);
		assert_non_null(strstr(e.text, "could not be set aside"));
		assert_true(spooled_has(&s, "1K0VP7YMCWNWM8", ".env"));
		assert_true(spooled_has(&s, "1K0VP7YMCWNWM8", ".msg"));
	}
	found = spool_take(&s, "1K0VP7YMCWNWM8", &t, &e);
	assert_int_equal(found, SPOOL_BROKEN);
	assert_int_equal(spooled_names(&s), 1);
	assert_true(spooled_has(&s, "damaged/1K0VP7YMCWNWM8", ".msg"));
	assert_false(spooled_has(&s, "damaged/1K0VP7YMCWNWM8", ".msg.1"));
}

/* --- what somebody else does at the worst moment --- */

#define OTHER "1K0VP7YMCWNWM8"

static struct spool shared;

static void put_env(void)
{
	CLEAN(item) struct item it = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;

	it.envelope.sender = mem_copy("");
	list_add(&it.envelope.recipients, "bob@example.org");
	it.facts.octets = 4;
	item_write(&it, &text);
	spooled_put(&shared, OTHER ".env", text.s);
}

static void put_both(void)
{
	spooled_put(&shared, OTHER ".msg", "text");
	put_env();
}

static void replace_message(void)
{
	spooled_put(&shared, "x", "text");
	assert_int_equal(renameat(shared.fd, "x", shared.fd, OTHER ".msg"), 0);
}

static void replace_envelope(void)
{
	assert_int_equal(unlinkat(shared.fd, OTHER ".env", 0), 0);
	spooled_put(&shared, "x",
		    "keeps the number of the file from coming "
		    "back");
	put_env();
}

static void remove_both(void)
{
	assert_int_equal(unlinkat(shared.fd, OTHER ".env", 0), 0);
	assert_int_equal(unlinkat(shared.fd, OTHER ".msg", 0), 0);
}

/* Between the look for its envelope and the lock it was entered whole. */
static void what_was_entered_meanwhile_is_not_tidied_away(void **state)
{
	(void)state;
	shared = spooled_open();
	spooled_put(&shared, OTHER ".msg", "text");
	faults_meanwhile(FAULT_FCNTL, 1, put_env);
	tidy(&shared);
	faults_clear();
	assert_true(can_be_sent(&shared, OTHER));
	spool_free(&shared);
}

static void what_comes_and_goes_meanwhile_is_no_damage(void **state)
{
	static const struct {
		void (*meanwhile)(void);
		unsigned calls;
		int at;
		enum spool_found found;
		bool msg, env; /* to begin with */
	} cases[] = {
		/* entered, behind the look for the message */
		{ put_both, FAULT_FSTATAT, 1, SPOOL_BUSY, false, false },
		/* changed, while its message is not to be seen */
		{ replace_envelope, FAULT_FSTATAT, 3, SPOOL_BUSY, false, true },
		/* sent and removed, before we had the lock, and after it */
		{ remove_both, FAULT_FCNTL, 1, SPOOL_GONE, true, true },
		{ replace_message, FAULT_FCNTL, 1, SPOOL_GONE, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(taken) struct taken t = TAKEN_INIT;

		shared = spooled_open();
		if (cases[i].msg)
			spooled_put(&shared, OTHER ".msg", "text");
		if (cases[i].env)
			put_env();
		faults_meanwhile(cases[i].calls, cases[i].at,
				 cases[i].meanwhile);
		assert_int_equal(spool_take(&shared, OTHER, &t, &e),
				 cases[i].found);
		faults_clear();
		assert_false(spooled_has(&shared, "damaged", ""));
		spool_free(&shared);
	}
}

/* All the same where a file must have a name from the beginning, for want of
 * O_TMPFILE or of /proc. */
static void without_unnamed_files_it_is_the_same(void **state)
{
	static const struct {
		unsigned calls;
		int number;
	} cases[] = {
		{ FAULT_UNNAMED, EOPNOTSUPP },
		{ FAULT_PROC, ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(spool) struct spool s = spooled_open();
		CLEAN(draft) struct draft d = DRAFT_INIT;
		CLEAN(item) struct item it = ITEM_INIT;
		CLEAN(taken) struct taken t = TAKEN_INIT;

		faults_set(cases[i].calls, cases[i].number, 1, true);
		spooled_fill(&s, &d, &it);
		/* Root alone does without /proc. */
		assert_int_equal(spooled_names(&s),
				 i == 1 && geteuid() == 0 ? 0 : 1);
		assert_true(spool_enter(&s, &d, &it, &e));
		faults_clear();
		assert_int_equal(spooled_names(&s), 2);
		assert_int_equal(spool_take(&s, it.id, &t, &e), SPOOL_BUSY);
		draft_free(&d);
		assert_int_equal(spooled_names(&s), 2);
		assert_int_equal(spool_take(&s, it.id, &t, &e), SPOOL_TAKEN);
		assert_int_equal(t.item.facts.octets, strlen(SPOOLED_TEXT));
	}
}

static void a_named_draft_in_use_is_left_and_goes_with_its_owner(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;

	(void)state;
	faults_set(FAULT_UNNAMED, EOPNOTSUPP, 1, true);
	spooled_fill(&s, &d, &it);
	tidy(&s);
	assert_int_equal(spooled_names(&s), 1);
	draft_free(&d);
	assert_int_equal(spooled_names(&s), 0);
	item_free(&it);
	/* Its owner was killed. */
	spooled_fill(&s, &d, &it);
	faults_clear();
	free(d.name);
	d.name = NULL;
	draft_free(&d);
	assert_int_equal(spooled_names(&s), 1);
	tidy(&s);
	assert_int_equal(spooled_names(&s), 0);
}

static void a_full_disk_is_said_at_the_draft_too(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
		faults_set(FAULT_OPENAT, numbers[n], 1, false);
		assert_false(spool_draft(&s, &d, &e));
		faults_clear();
		check_words(numbers[n]);
		assert_int_equal(d.fd, -1);
		assert_true(spool_draft(&s, &d, &e));
		faults_set(FAULT_WRITE, numbers[n], 1, true);
		assert_true(draft_add(&d, view_of("x"), &e));
		assert_false(draft_flush(&d, &e));
		faults_clear();
		check_words(numbers[n]);
		draft_free(&d);
	}
}

/* A letter that says that the disk is full must come through. */
static void where_the_disk_is_full_a_draft_goes_on_in_memory(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;
	char text[8] = "";
	size_t got;

	(void)state;
	assert_true(spool_draft(&s, &d, &e));
	assert_true(draft_add(&d, view_of("one "), &e));
	assert_true(draft_flush(&d, &e));
	assert_int_equal(d.displaced, 0);
	faults_set(FAULT_WRITE, ENOSPC, 1, false);
	assert_true(draft_add(&d, view_of("two"), &e));
	assert_true(draft_flush(&d, &e));
	faults_clear();
	assert_int_equal(d.displaced, ENOSPC);
	assert_true(draft_read(&d, 0, text, sizeof(text), &got, &e));
	assert_int_equal(got, 7);
	assert_memory_equal(text, "one two", 7);
}

static void memory_is_not_filled_by_a_message(void **state)
{
	static char text[DRAFT_MEMORY_MAX];
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;

	(void)state;
	assert_true(spool_draft(&s, &d, &e));
	faults_set(FAULT_WRITE, EDQUOT, 1, false);
	assert_true(draft_add(&d, (struct view){ text, sizeof(text) }, &e));
	assert_true(draft_flush(&d, &e));
	assert_int_equal(d.displaced, EDQUOT);
	assert_true(draft_add(&d, view_of("x"), &e));
	assert_false(draft_flush(&d, &e));
	faults_clear();
	check_words(EDQUOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_accepted_leaves_nothing),
		cmocka_unit_test(a_signal_does_not_stop_an_entering),
		cmocka_unit_test(a_folder_that_cannot_be_synced_takes_nothing),
		cmocka_unit_test(what_cannot_be_taken_back_is_said),
		cmocka_unit_test(an_id_that_is_taken_is_not_used),
		cmocka_unit_test(a_change_that_fails_leaves_the_old_or_the_new),
		cmocka_unit_test(a_signal_does_not_stop_a_change),
		cmocka_unit_test(
			a_removal_that_fails_leaves_all_or_nothing_to_send),
		cmocka_unit_test(what_cannot_be_read_now_is_left),
		cmocka_unit_test(a_look_that_fails_is_no_damage),
		cmocka_unit_test(damage_that_cannot_be_set_aside_stays_whole),
		cmocka_unit_test(what_was_entered_meanwhile_is_not_tidied_away),
		cmocka_unit_test(what_comes_and_goes_meanwhile_is_no_damage),
		cmocka_unit_test(without_unnamed_files_it_is_the_same),
		cmocka_unit_test(
			a_named_draft_in_use_is_left_and_goes_with_its_owner),
		cmocka_unit_test(a_full_disk_is_said_at_the_draft_too),
		cmocka_unit_test(
			where_the_disk_is_full_a_draft_goes_on_in_memory),
		cmocka_unit_test(memory_is_not_filled_by_a_message),
	};

	return cmocka_run_group_tests_name("spool_faults", tests,
					   spooled_make_place,
					   spooled_remove_place);
}
