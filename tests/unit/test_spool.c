#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "queue/id.h"
#include "spooled.h"

#define NOW INT64_C(1795354295)
#define NOBODY "1K0VP7YMCWNWM8"

static struct err e;

static enum spool_found take(const struct spool *s, const char *id,
			     struct taken *t)
{
	e = ERR_INIT;
	return spool_take(s, id, t, &e);
}

static size_t tidy(const struct spool *s, struct list *reports)
{
	list_clear(reports);
	assert_true(spool_tidy(s, NOW, -1, reports, &e));
	return reports->n;
}

static void an_item_is_two_files_of_ours_alone(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;
	char name[64];
	struct stat st;

	(void)state;
	spooled_fill(&s, &d, &it);
	assert_int_equal(spooled_names(&s), 0);
	assert_true(spool_enter(&s, &d, &it, &e));
	assert_true(spool_is_id(view_of(it.id)));
	assert_int_equal(spooled_names(&s), 2);
	snprintf(name, sizeof(name), "%s.msg", it.id);
	assert_int_equal(fstatat(s.fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, strlen(SPOOLED_TEXT));
	snprintf(name, sizeof(name), "%s.env", it.id);
	assert_int_equal(fstatat(s.fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(it.created > NOW - 100000000);
	assert_true(it.due == it.created);
}

static void an_odd_umask_takes_nothing_from_us(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	mode_t was = umask(0777);
	char id[ITEM_ID_SIZE], name[64];
	struct stat st;

	(void)state;
	spooled_enter(&s, id);
	umask(was);
	snprintf(name, sizeof(name), "%s.msg", id);
	assert_int_equal(fstatat(s.fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(name, sizeof(name), "%s.env", id);
	assert_int_equal(fstatat(s.fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void who_enters_has_the_lock_until_the_draft_is_freed(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;
	CLEAN(taken) struct taken t = TAKEN_INIT;

	(void)state;
	spooled_fill(&s, &d, &it);
	assert_true(spool_enter(&s, &d, &it, &e));
	assert_int_equal(take(&s, it.id, &t), SPOOL_BUSY);
	assert_int_equal(t.msg, -1);
	draft_free(&d);
	assert_int_equal(take(&s, it.id, &t), SPOOL_TAKEN);
}

static void what_is_taken_is_what_was_entered(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE], buf[100];
	ssize_t n;

	(void)state;
	spooled_enter(&s, id);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	n = pread(t.msg, buf, sizeof(buf), 0);
	assert_int_equal(n, strlen(SPOOLED_TEXT));
	assert_memory_equal(buf, SPOOLED_TEXT, (size_t)n);
	assert_string_equal(t.item.id, id);
	assert_string_equal(t.item.envelope.sender, "ada@example.org");
	assert_int_equal(t.item.facts.octets, n);
}

static void one_at_a_time_has_it(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken one = TAKEN_INIT;
	CLEAN(taken) struct taken other = TAKEN_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	assert_int_equal(take(&s, id, &one), SPOOL_TAKEN);
	assert_int_equal(take(&s, id, &other), SPOOL_BUSY);
	taken_free(&one);
	assert_int_equal(take(&s, id, &other), SPOOL_TAKEN);
}

static void a_change_is_seen_by_the_next(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	CLEAN(item) struct item seen = ITEM_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	t.item.attempts = 7;
	t.item.answer = mem_copy("450 later");
	assert_true(spool_update(&s, &t, &e));
	assert_int_equal(spooled_names(&s), 2);
	assert_int_equal(spool_look(&s, id, &seen, &e), SPOOL_TAKEN);
	assert_int_equal(seen.attempts, 7);
	/* It is still ours, and can be changed again. */
	t.item.attempts = 8;
	assert_true(spool_update(&s, &t, &e));
	taken_free(&t);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	assert_int_equal(t.item.attempts, 8);
	assert_string_equal(t.item.answer, "450 later");
}

static void mark_and_look(const struct spool *s, const char *id,
			  struct taken *t)
{
	assert_false(t->item.in_flight);
	assert_true(spool_mark(t, &e));
	assert_true(t->item.in_flight);
	taken_free(t);
	assert_int_equal(take(s, id, t), SPOOL_TAKEN);
	assert_true(t->item.in_flight);
	t->item.in_flight = false;
	assert_true(spool_update(s, t, &e));
}

static void the_mark_outlives_the_process(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	mark_and_look(&s, id, &t);
	/* What is marked now is the file that took its place. */
	mark_and_look(&s, id, &t);
	taken_free(&t);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	assert_false(t.item.in_flight);
}

static void what_was_removed_is_gone(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	CLEAN(taken) struct taken again = TAKEN_INIT;
	CLEAN(item) struct item seen = ITEM_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	assert_true(spool_remove(&s, &t, &e));
	assert_int_equal(spooled_names(&s), 0);
	assert_int_equal(take(&s, id, &again), SPOOL_GONE);
	taken_free(&t);
	assert_int_equal(take(&s, id, &again), SPOOL_GONE);
	assert_int_equal(spool_look(&s, id, &seen, &e), SPOOL_GONE);
}

static void items_are_listed_as_they_came(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(list) struct list ids = LIST_INIT;
	char id[50][ITEM_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		spooled_enter(&s, id[i]);
	spooled_put(&s, "work-0123456789abcdef.account", "x");
	spooled_put(&s, "runner.lock", "");
	spooled_put(&s, "x.env", "");
	assert_true(spool_list(&s, &ids, &e));
	assert_int_equal(ids.n, ARRAY_LEN(id));
	for (size_t i = 0; i < ids.n; i++)
		assert_string_equal(ids.v[i], id[i]);
}

static void ids_sort_by_time(void **state)
{
	static const uint64_t times[] = {
		0,
		1,
		31,
		32,
		UINT64_C(1795354295000000),
		UINT64_C(1795354295000001),
		UINT64_C(36028797018963967),
	};
	char last[ITEM_ID_SIZE] = "", id[ITEM_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		id_make(id, times[i], (unsigned)(0x7fff - i));
		assert_int_equal(strlen(id), ID_LENGTH);
		assert_true(strcmp(last, id) < 0);
		assert_true(spool_is_id(view_of(id)));
		assert_null(strpbrk(id, "ILOU"));
		memcpy(last, id, sizeof(last));
	}
}

static void ids_have_a_form(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "1K0VP7YMCWNWM8", true },
		{ "00000000", true },
		{ "0000000", false },
		{ "", false },
		{ "../../etc", false },
		{ "1K0VP7YMCWNWM8.msg", false },
		{ "1k0vp7ymcwnwm8", false },
		{ "1K0VP7YMCWNWM81234567890", false },
		{ "1K0VP7YMC\nWNWM8", false },
	};
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(spool_is_id(view_of(cases[i].text)),
				 cases[i].is);
		assert_int_equal(take(&s, cases[i].text, &t), SPOOL_GONE);
	}
}

static void s1_that_is_locked_is_being_entered(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(list) struct list reports = LIST_INIT;
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE], name[64];
	int fd;
	struct flock lock = { .l_type = F_WRLCK };

	(void)state;
	spooled_enter(&s, id);
	snprintf(name, sizeof(name), "%s.msg", id);
	fd = openat(s.fd, name, O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	snprintf(name, sizeof(name), "%s.env", id);
	assert_int_equal(unlinkat(s.fd, name, 0), 0);
	assert_int_equal(take(&s, id, &t), SPOOL_BUSY);
	assert_int_equal(tidy(&s, &reports), 0);
	assert_true(spooled_has(&s, id, ".msg"));
	close(fd);
	assert_int_equal(tidy(&s, &reports), 0);
	assert_int_equal(spooled_names(&s), 0);
}

static void s1_whose_lock_is_got_is_removed_by_whoever_takes_it(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;

	(void)state;
	spooled_put(&s, NOBODY ".msg", SPOOLED_TEXT);
	spooled_put(&s, NOBODY ".new", "half");
	assert_int_equal(take(&s, NOBODY, &t), SPOOL_GONE);
	assert_int_equal(spooled_names(&s), 0);
}

static char *read_text(const struct spool *s, const char *name)
{
	char *text = mem_zero(1, 10000);
	int fd = openat(s->fd, name, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, 9999) >= 0);
	close(fd);
	return text;
}

/* Damage is set aside, whole, once, and said. */
static void check_set_aside(const struct spool *s, const char *id, bool msg,
			    bool env)
{
	CLEAN(list) struct list reports = LIST_INIT;
	char name[64];

	assert_int_equal(tidy(s, &reports), 1);
	assert_non_null(strstr(reports.v[0], id));
	assert_non_null(strstr(reports.v[0], "/damaged'"));
	assert_int_equal(spooled_names(s), 1);
	snprintf(name, sizeof(name), "damaged/%s", id);
	assert_int_equal(spooled_has(s, name, ".msg"), msg);
	assert_int_equal(spooled_has(s, name, ".env"), env);
	assert_int_equal(tidy(s, &reports), 0);
}

static void s3_is_set_aside(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE], name[64];

	(void)state;
	spooled_enter(&s, id);
	snprintf(name, sizeof(name), "%s.msg", id);
	assert_int_equal(unlinkat(s.fd, name, 0), 0);
	check_set_aside(&s, id, false, true);
}

static void an_envelope_that_does_not_parse_is_set_aside(void **state)
{
	static const char *const texts[] = { "", "version 2\n", "version 1\n",
					     "\377\376" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEAN(spool) struct spool s = spooled_open();
		CLEAN(item) struct item it = ITEM_INIT;
		char id[ITEM_ID_SIZE], name[64];
		char *kept;

		spooled_enter(&s, id);
		snprintf(name, sizeof(name), "%s.env", id);
		spooled_put(&s, name, texts[i]);
		e = ERR_INIT;
		assert_int_equal(spool_look(&s, id, &it, &e), SPOOL_BROKEN);
		assert_non_null(strstr(e.text, id));
		assert_true(spooled_has(&s, id, ".msg"));
		check_set_aside(&s, id, true, true);
		snprintf(name, sizeof(name), "damaged/%s.env", id);
		kept = read_text(&s, name);
		assert_string_equal(kept, texts[i]);
		free(kept);
	}
}

static void a_message_that_is_cut_off_is_set_aside(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE], name[64];

	(void)state;
	spooled_enter(&s, id);
	snprintf(name, sizeof(name), "%s.msg", id);
	spooled_put(&s, name, "Subj");
	check_set_aside(&s, id, true, true);
}

static void taking_damage_says_so(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;

	(void)state;
	spooled_put(&s, NOBODY ".env", "");
	assert_int_equal(take(&s, NOBODY, &t), SPOOL_BROKEN);
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, NOBODY));
	assert_int_equal(take(&s, NOBODY, &t), SPOOL_GONE);
}

static void what_was_set_aside_before_stays(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	static const char *const texts[] = { "one", "two", "three" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		spooled_put(&s, NOBODY ".env", texts[i]);
		assert_int_equal(take(&s, NOBODY, &t), SPOOL_BROKEN);
	}
	assert_true(spooled_has(&s, "damaged/" NOBODY, ".env"));
	assert_true(spooled_has(&s, "damaged/" NOBODY, ".env.1"));
	assert_true(spooled_has(&s, "damaged/" NOBODY, ".env.2"));
}

/* An interrupted setting aside: all of it is there already. */
static void setting_aside_is_taken_up_again(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();

	(void)state;
	spooled_put(&s, NOBODY ".msg", "m");
	spooled_put(&s, NOBODY ".env", "e");
	assert_int_equal(mkdirat(s.fd, "damaged", 0700), 0);
	assert_int_equal(
		linkat(s.fd, NOBODY ".msg", s.fd, "damaged/" NOBODY ".msg", 0),
		0);
	check_set_aside(&s, NOBODY, true, true);
	assert_false(spooled_has(&s, "damaged/" NOBODY, ".msg.1"));
}

static void leftovers_are_removed(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(list) struct list reports = LIST_INIT;
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE], name[64];

	(void)state;
	spooled_enter(&s, id);
	snprintf(name, sizeof(name), "%s.new", id);
	spooled_put(&s, name, "half");
	spooled_put(&s, NOBODY ".new", "half");
	spooled_put(&s, "0123456789abcdef.tmp", "left");
	spooled_put(&s, "notes.txt", "somebody else's");
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	assert_int_equal(tidy(&s, &reports), 0);
	assert_true(spooled_has(&s, id, ".new"));
	taken_free(&t);
	assert_int_equal(tidy(&s, &reports), 0);
	assert_false(spooled_has(&s, id, ".new"));
	assert_true(spooled_has(&s, "notes", ".txt"));
	assert_int_equal(spooled_names(&s), 3);
}

static void what_a_killed_change_left_is_overwritten(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE], name[64], rubbish[4000];

	(void)state;
	spooled_enter(&s, id);
	memset(rubbish, 'x', sizeof(rubbish));
	rubbish[sizeof(rubbish) - 1] = '\0';
	snprintf(name, sizeof(name), "%s.new", id);
	spooled_put(&s, name, rubbish);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
	assert_true(spool_update(&s, &t, &e));
	taken_free(&t);
	assert_int_equal(take(&s, id, &t), SPOOL_TAKEN);
}

static void an_item_that_cannot_be_written_down_is_not_accepted(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();

	(void)state;
	for (int i = 0; i < 3; i++) {
		CLEAN(draft) struct draft d = DRAFT_INIT;
		CLEAN(item) struct item it = ITEM_INIT;

		spooled_fill(&s, &d, &it);
		if (i == 0) {
			free(it.envelope.sender);
			it.envelope.sender = NULL;
		} else if (i == 1) {
			list_clear(&it.envelope.recipients);
		} else {
			d.size++; /* as if not all had reached the file */
		}
		assert_false(spool_enter(&s, &d, &it, &e));
		assert_int_equal(it.id[0], '\0');
		assert_int_equal(spooled_names(&s), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_is_two_files_of_ours_alone),
		cmocka_unit_test(an_odd_umask_takes_nothing_from_us),
		cmocka_unit_test(
			who_enters_has_the_lock_until_the_draft_is_freed),
		cmocka_unit_test(what_is_taken_is_what_was_entered),
		cmocka_unit_test(one_at_a_time_has_it),
		cmocka_unit_test(a_change_is_seen_by_the_next),
		cmocka_unit_test(the_mark_outlives_the_process),
		cmocka_unit_test(what_was_removed_is_gone),
		cmocka_unit_test(items_are_listed_as_they_came),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(ids_have_a_form),
		cmocka_unit_test(s1_that_is_locked_is_being_entered),
		cmocka_unit_test(
			s1_whose_lock_is_got_is_removed_by_whoever_takes_it),
		cmocka_unit_test(s3_is_set_aside),
		cmocka_unit_test(an_envelope_that_does_not_parse_is_set_aside),
		cmocka_unit_test(a_message_that_is_cut_off_is_set_aside),
		cmocka_unit_test(taking_damage_says_so),
		cmocka_unit_test(what_was_set_aside_before_stays),
		cmocka_unit_test(setting_aside_is_taken_up_again),
		cmocka_unit_test(leftovers_are_removed),
		cmocka_unit_test(what_a_killed_change_left_is_overwritten),
		cmocka_unit_test(
			an_item_that_cannot_be_written_down_is_not_accepted),
	};

	return cmocka_run_group_tests_name("spool", tests, spooled_make_place,
					   spooled_remove_place);
}
