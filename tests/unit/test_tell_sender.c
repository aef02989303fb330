#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "deliver/tell.h"

#define NOON 1790856000
#define TEXT "From: me@example.org\nSubject: Lunch\n\nHello.\n"

/* A queue with one item in it, taken, and the account that it goes by. */
struct room {
	char folder[32], queue[48], log[48];
	struct spool spool;
	struct taken taken;
	struct resumed resumed;
};

static int enter_room(void **state)
{
	struct room *room = mem_zero(1, sizeof(*room));
	struct err e = ERR_INIT;

	*state = room;
	room->spool = SPOOL_INIT;
	room->taken = TAKEN_INIT;
	room->resumed = RESUMED_INIT;
	snprintf(room->folder, sizeof(room->folder), "%s",
		 "/tmp/test_tell_sender.XXXXXX");
	if (!mkdtemp(room->folder))
		return -1;
	snprintf(room->queue, sizeof(room->queue), "%s/queue", room->folder);
	snprintf(room->log, sizeof(room->log), "%s/log", room->folder);
	account_init(&room->resumed.account, "work");
	room->resumed.account.from = mem_copy("work@example.org");
	room->resumed.account.syslog = 0; /* off */
	room->resumed.account.logfile = mem_copy(room->log);
	free(room->resumed.account.logfile_time_format);
	room->resumed.account.logfile_time_format = mem_copy("none");
	return spool_open(&room->spool, room->queue, true, &e) ? 0 : -1;
}

static int leave_room(void **state)
{
	struct room *room = *state;
	char rm[] = "rm", all[] = "-rf";
	char *const argv[] = { rm, all, room->folder, NULL };
	struct proc child;
	struct err e = ERR_INIT;
	int status;

	taken_free(&room->taken);
	spool_free(&room->spool);
	resumed_free(&room->resumed);
	if (proc_start(argv, (int[]){ -1, -1, -1 }, &child, &e))
		(void)!proc_finish(&child, CLOCK_NEVER, &status, &e);
	free(room);
	return 0;
}

static void add_to_queue(struct room *room, struct item *it)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct err e = ERR_INIT;

	assert_true(spool_draft(&room->spool, &d, &e));
	assert_true(draft_add(&d, view_of(TEXT), &e));
	assert_true(draft_flush(&d, &e));
	assert_true(spool_enter(&room->spool, &d, it, &e));
}

static void refuse(struct item *it, size_t i)
{
	it->v[i].progress = ITEM_REFUSED;
	it->v[i].kind = ERR_RECIPIENT;
	it->v[i].code = 550;
	it->v[i].said = mem_copy("550 5.1.1 no such user");
	it->v[i].when = NOON;
}

static void fill(struct item *it, const char *sender)
{
	it->origin.label = mem_copy("work");
	it->created = NOON - 60;
	it->message_id = mem_copy("<1@example.org>");
	it->envelope.sender = mem_copy(sender);
	envelope_add_recipient(&it->envelope, "ann@example.com");
	envelope_add_recipient(&it->envelope, "bob@example.com");
	item_start(it);
}

/* One that failed: ann was refused, bob got it. */
static void fail_one(struct room *room, const char *sender, unsigned notify)
{
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;

	fill(&it, sender);
	it.envelope.notify = notify;
	refuse(&it, 0);
	it.v[1].progress = ITEM_SENT;
	it.state = ITEM_FAILED;
	add_to_queue(room, &it);
	assert_int_equal(spool_take(&room->spool, it.id, &room->taken, &e),
			 SPOOL_TAKEN);
}

static size_t count_items(const struct room *room)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct err e = ERR_INIT;

	assert_true(spool_list(&room->spool, &ids, &e));
	return ids.n;
}

/* The last item: the notice. */
static void read_notice(const struct room *room, struct taken *t,
			struct str *text)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct err e = ERR_INIT;
	char buf[65536];
	ssize_t n;

	assert_true(spool_list(&room->spool, &ids, &e));
	assert_int_equal(spool_take(&room->spool, ids.v[ids.n - 1], t, &e),
			 SPOOL_TAKEN);
	n = pread(t->msg, buf, sizeof(buf), 0);
	assert_true(n > 0);
	str_add(text, (struct view){ buf, (size_t)n });
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static size_t size_of_log(const struct room *room)
{
	int fd = open(room->log, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (fd >= 0)
		close(fd);
	return (size_t)end;
}

/* What is on disk now. */
static void look(const struct room *room, struct item *it)
{
	struct err e = ERR_INIT;

	assert_int_equal(spool_look(&room->spool, room->taken.item.id, it, &e),
			 SPOOL_TAKEN);
}

static void the_sender_gets_a_notice(void **state)
{
	struct room *room = *state;
	CLEAN(taken) struct taken notice = TAKEN_INIT;
	CLEAN(item) struct item now = ITEM_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct facts facts = FACTS_INIT;
	struct item *it = &room->taken.item;
	struct err e = ERR_INIT;

	fail_one(room, "me@example.org", 0);
	assert_true(tell_owes(it));
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	assert_int_equal(count_items(room), 2);
	read_notice(room, &notice, &text);
	has(text.s, "From: Mail Delivery System <work@example.org>\n");
	has(text.s, "To: me@example.org\nSubject: Not delivered: Lunch\n");
	has(text.s, "\nIn-Reply-To: <1@example.org>\n");
	has(text.s, "\nFinal-Recipient: rfc822; ann@example.com\n");
	has(text.s, "took it for 1 other.\n");
	assert_null(strstr(text.s, "bob@example.com"));
	has(text.s, "text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\n"
		    "From: me@example.org\nSubject: Lunch\n\n--");
	assert_string_equal(notice.item.envelope.sender, "");
	assert_int_equal(notice.item.envelope.recipients.n, 1);
	assert_string_equal(notice.item.envelope.recipients.v[0],
			    "me@example.org");
	assert_true(notice.item.is_notice);
	assert_string_equal(notice.item.about, it->id);
	assert_string_equal(notice.item.origin.label, "work");
	facts_note(&facts, str_view(&text));
	assert_memory_equal(&notice.item.facts, &facts, sizeof(facts));
	assert_false(notice.item.envelope.smtputf8);
	assert_int_equal(notice.item.state, ITEM_WAITING);
	has(text.s, notice.item.message_id);
	look(room, &now);
	assert_true(now.v[0].told);
	assert_false(tell_owes(&now));
	has(now.history.v[now.history.n - 1], " told me@example.org by notice");
	assert_int_equal(size_of_log(room), 0);
}

static void once_is_enough(void **state)
{
	struct room *room = *state;
	struct err e = ERR_INIT;

	fail_one(room, "me@example.org", 0);
	for (int i = 0; i < 3; i++) {
		assert_true(tell_sender(&room->spool, &room->taken,
					&room->resumed, &e));
		assert_true(tell_sender_again(&room->spool, &room->taken,
					      &room->resumed, &e));
		assert_int_equal(count_items(room), 2);
	}
}

static void whoever_is_refused_later_is_told_later(void **state)
{
	struct room *room = *state;
	CLEAN(taken) struct taken notice = TAKEN_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct item *it = &room->taken.item;
	struct err e = ERR_INIT;

	fail_one(room, "me@example.org", 0);
	it->v[1].progress = ITEM_PENDING;
	it->state = ITEM_WAITING;
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	refuse(it, 1);
	assert_true(tell_owes(it));
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	assert_int_equal(count_items(room), 3);
	read_notice(room, &notice, &text);
	has(text.s, "\nFinal-Recipient: rfc822; bob@example.com\n");
	assert_null(strstr(text.s, "ann@example.com"));
}

/* Killed between the two: the notice is there, the item does not know. */
static void a_notice_that_is_there_is_recognised(void **state)
{
	struct room *room = *state;
	CLEAN(item) struct item now = ITEM_INIT;
	struct item *it = &room->taken.item;
	struct err e = ERR_INIT;

	fail_one(room, "me@example.org", 0);
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	it->v[0].told = false;
	assert_true(spool_update(&room->spool, &room->taken, &e));
	assert_true(tell_sender_again(&room->spool, &room->taken,
				      &room->resumed, &e));
	assert_int_equal(count_items(room), 2);
	look(room, &now);
	assert_true(now.v[0].told);
}

static const struct {
	const char *sender;
	unsigned notify;
	bool is_notice, told;
	enum item_progress progress;
} nobody_cases[] = {
	{ "", 0, false, false, ITEM_REFUSED },
	{ "me@example.org", NOTIFY_NEVER, false, false, ITEM_REFUSED },
	{ "me@example.org", NOTIFY_SUCCESS | NOTIFY_DELAY, false, false,
	  ITEM_REFUSED },
	{ "me@example.org", 0, true, false, ITEM_REFUSED },
	{ "me@example.org", 0, false, true, ITEM_REFUSED },
	{ "me@example.org", 0, false, false, ITEM_PENDING },
	{ "me@example.org", 0, false, false, ITEM_SENT },
};

static void who_wants_none_gets_none(void **state)
{
	struct room *room = *state;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(nobody_cases); i++) {
		struct item *it = &room->taken.item;

		fail_one(room, nobody_cases[i].sender, nobody_cases[i].notify);
		if (!it->v)
			abort();
		it->is_notice = nobody_cases[i].is_notice;
		it->v[0].told = nobody_cases[i].told;
		it->v[0].progress = nobody_cases[i].progress;
		assert_false(tell_owes(it));
		assert_true(tell_sender(&room->spool, &room->taken,
					&room->resumed, &e));
		assert_true(tell_sender_again(&room->spool, &room->taken,
					      &room->resumed, &e));
		assert_int_equal(count_items(room), i + 1);
		taken_free(&room->taken);
		room->taken = TAKEN_INIT;
	}
	assert_int_equal(size_of_log(room), 0);
}

static const struct {
	enum envelope_return ret;
	bool require_tls;
	const char *want;
} return_cases[] = {
	{ RETURN_UNSET, false, "Content-Type: text/rfc822-headers\n" },
	{ RETURN_HEADERS, false, "Content-Type: text/rfc822-headers\n" },
	{ RETURN_FULL, false, "Content-Type: message/rfc822\n" },
	{ RETURN_FULL, true, "Content-Type: text/rfc822-headers\n" },
};

static void so_much_comes_back(void **state)
{
	struct room *room = *state;

	for (size_t i = 0; i < ARRAY_LEN(return_cases); i++) {
		CLEAN(taken) struct taken notice = TAKEN_INIT;
		CLEAN(str) struct str text = STR_INIT;
		struct err e = ERR_INIT;

		fail_one(room, "me@example.org", 0);
		room->taken.item.envelope.ret = return_cases[i].ret;
		room->taken.item.envelope.wishes.require_tls =
			return_cases[i].require_tls;
		assert_true(tell_sender(&room->spool, &room->taken,
					&room->resumed, &e));
		taken_free(&room->taken);
		room->taken = TAKEN_INIT;
		read_notice(room, &notice, &text);
		has(text.s, return_cases[i].want);
	}
}

static void a_sender_in_utf8_needs_smtputf8(void **state)
{
	struct room *room = *state;
	CLEAN(taken) struct taken notice = TAKEN_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	fail_one(room, "j\xc3\xbcrg@example.org", 0);
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	read_notice(room, &notice, &text);
	assert_true(notice.item.envelope.smtputf8);
	has(text.s, "\nTo: j\xc3\xbcrg@example.org\n");
}

static void a_wish_for_failures_is_heard(void **state)
{
	struct room *room = *state;
	struct err e = ERR_INIT;

	fail_one(room, "me@example.org", NOTIFY_FAILURE | NOTIFY_DELAY);
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	assert_int_equal(count_items(room), 2);
}

/* --- which way it goes ------------------------------------------------------
 */

static void set_standing(const struct room *room, const char *label,
			 enum standing_state what)
{
	CLEAN(item_origin) struct item_origin o = { 0 };
	CLEAN(str) struct str name = STR_INIT;
	CLEAN(standing) struct standing st = STANDING_INIT;
	struct err e = ERR_INIT;

	o.label = mem_copy(label);
	item_account_name(&o, &name);
	st.label = mem_copy(label);
	st.state = what;
	st.until = NOON;
	st.reason = mem_copy("it says no");
	st.hold = what == STANDING_HELD ? HOLD_CREDENTIALS : HOLD_NONE;
	assert_true(standing_store(&room->spool, name.s, &st, &e));
}

static void add_fallback(struct room *room, const char *label)
{
	struct accounts *all = &room->resumed.fallbacks;

	account_init(&all->v[all->n], label);
	all->v[all->n].from = mem_copy("other@example.net");
	all->n++;
}

static const struct {
	enum standing_state work, other, third;
	bool answered;
	const char *way; /* NULL: there is none */
} way_cases[] = {
	{ STANDING_GOOD, STANDING_GOOD, STANDING_GOOD, true, "work" },
	{ STANDING_HELD, STANDING_GOOD, STANDING_GOOD, true, "other" },
	{ STANDING_TROUBLE, STANDING_GOOD, STANDING_GOOD, true, "work" },
	{ STANDING_TROUBLE, STANDING_GOOD, STANDING_GOOD, false, "other" },
	{ STANDING_HELD, STANDING_HELD, STANDING_GOOD, false, "third" },
	{ STANDING_HELD, STANDING_TROUBLE, STANDING_GOOD, false, "third" },
	{ STANDING_HELD, STANDING_HELD, STANDING_HELD, true, NULL },
	{ STANDING_TROUBLE, STANDING_TROUBLE, STANDING_TROUBLE, false, NULL },
};

static void an_account_at_fault_is_passed_by(void **state)
{
	struct room *room = *state;
	size_t items = 0;

	add_fallback(room, "other");
	add_fallback(room, "third");
	for (size_t i = 0; i < ARRAY_LEN(way_cases); i++) {
		CLEAN(taken) struct taken notice = TAKEN_INIT;
		CLEAN(str) struct str text = STR_INIT;
		struct err e = ERR_INIT;

		set_standing(room, "work", way_cases[i].work);
		set_standing(room, "other", way_cases[i].other);
		set_standing(room, "third", way_cases[i].third);
		fail_one(room, "me@example.org", 0);
		if (!room->taken.item.v)
			abort();
		if (!way_cases[i].answered) {
			room->taken.item.v[0].kind = ERR_NETWORK;
			room->taken.item.v[0].code = 0;
		}
		assert_true(tell_sender(&room->spool, &room->taken,
					&room->resumed, &e));
		items += way_cases[i].way ? 2 : 1;
		assert_int_equal(count_items(room), items);
		assert_int_equal(tell_owes(&room->taken.item),
				 !way_cases[i].way);
		taken_free(&room->taken);
		room->taken = TAKEN_INIT;
		if (!way_cases[i].way)
			continue;
		read_notice(room, &notice, &text);
		assert_string_equal(notice.item.origin.label, way_cases[i].way);
		has(text.s, strcmp(way_cases[i].way, "work") == 0
				    ? "System <work@example.org>\n"
				    : "System <other@example.net>\n");
	}
}

static void no_way_is_logged_once_and_tried_again(void **state)
{
	struct room *room = *state;
	struct err e = ERR_INIT;
	size_t once;

	set_standing(room, "work", STANDING_HELD);
	fail_one(room, "me@example.org", 0);
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	once = size_of_log(room);
	assert_true(once > 0);
	assert_true(tell_sender_again(&room->spool, &room->taken,
				      &room->resumed, &e));
	assert_int_equal(size_of_log(room), once);
	assert_int_equal(count_items(room), 1);
	set_standing(room, "work", STANDING_GOOD);
	assert_true(tell_sender_again(&room->spool, &room->taken,
				      &room->resumed, &e));
	assert_int_equal(count_items(room), 2);
	assert_false(tell_owes(&room->taken.item));
}

static void what_the_command_line_said_is_not_the_fallbacks(void **state)
{
	struct room *room = *state;
	CLEAN(taken) struct taken notice = TAKEN_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	add_fallback(room, "other");
	fail_one(room, "me@example.org", 0);
	room->taken.item.origin.config = mem_copy("/a/file");
	list_add(&room->taken.item.origin.keys, "user");
	list_add(&room->taken.item.origin.values, "ada");
	{
		CLEAN(str) struct str name = STR_INIT;
		CLEAN(standing) struct standing st = STANDING_INIT;

		item_account_name(&room->taken.item.origin, &name);
		st.state = STANDING_HELD;
		assert_true(standing_store(&room->spool, name.s, &st, &e));
	}
	assert_true(
		tell_sender(&room->spool, &room->taken, &room->resumed, &e));
	read_notice(room, &notice, &text);
	assert_string_equal(notice.item.origin.label, "other");
	assert_string_equal(notice.item.origin.config, "/a/file");
	assert_int_equal(notice.item.origin.keys.n, 0);
}

static const struct {
	const char *from, *user, *want;
} author_cases[] = {
	{ "work@example.org", NULL, "System <work@example.org>\n" },
	{ NULL, "ada@example.org", "System <ada@example.org>\n" },
	{ NULL, "ada", "System <me@example.org>\n" },
	{ NULL, NULL, "System <me@example.org>\n" },
	{ "*@example.org", NULL, "System <me@example.org>\n" },
	{ "", NULL, "System <me@example.org>\n" },
	{ "root", NULL, "System <me@example.org>\n" },
};

static void the_author_is_one_that_the_server_takes(void **state)
{
	struct room *room = *state;
	struct account *a = &room->resumed.account;

	for (size_t i = 0; i < ARRAY_LEN(author_cases); i++) {
		CLEAN(taken) struct taken notice = TAKEN_INIT;
		CLEAN(str) struct str text = STR_INIT;
		struct err e = ERR_INIT;

		mem_string_free(&a->from);
		mem_string_free(&a->user);
		a->from = mem_copy(author_cases[i].from);
		a->user = mem_copy(author_cases[i].user);
		fail_one(room, "me@example.org", 0);
		assert_true(tell_sender(&room->spool, &room->taken,
					&room->resumed, &e));
		taken_free(&room->taken);
		room->taken = TAKEN_INIT;
		read_notice(room, &notice, &text);
		has(text.s, author_cases[i].want);
	}
}

/* --- people who look --------------------------------------------------------
 */

static void accounts_at_fault_are_listed(void **state)
{
	struct room *room = *state;
	CLEAN(str) struct str out = STR_INIT;

	tell_loudest(&room->spool, NOON, &out);
	assert_int_equal(out.len, 0);
	set_standing(room, "fine", STANDING_GOOD);
	tell_loudest(&room->spool, NOON, &out);
	assert_int_equal(out.len, 0);
	set_standing(room, "work", STANDING_HELD);
	tell_loudest(&room->spool, NOON, &out);
	assert_string_equal(out.s,
			    "account 'work': it says no; its mail is held; "
			    "once that is mended, 'postrider flush -a work' "
			    "sends it\n");
	str_truncate(&out, 0);
	set_standing(room, "work", STANDING_TROUBLE);
	tell_loudest(&room->spool, NOON - 90, &out);
	assert_string_equal(out.s,
			    "account 'work': it says no; its mail is tried "
			    "again in 2 minutes, or at once by 'postrider "
			    "flush -a work'\n");
	set_standing(room, "work", STANDING_GOOD);
	str_truncate(&out, 0);
	set_standing(room, "(command line)", STANDING_HELD);
	tell_loudest(&room->spool, NOON, &out);
	assert_non_null(strstr(out.s, "flush -a \"(command line)\"'"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, enter_room, leave_room)
	const struct CMUnitTest tests[] = {
		T(the_sender_gets_a_notice),
		T(once_is_enough),
		T(whoever_is_refused_later_is_told_later),
		T(a_notice_that_is_there_is_recognised),
		T(who_wants_none_gets_none),
		T(so_much_comes_back),
		T(a_sender_in_utf8_needs_smtputf8),
		T(a_wish_for_failures_is_heard),
		T(an_account_at_fault_is_passed_by),
		T(no_way_is_logged_once_and_tried_again),
		T(what_the_command_line_said_is_not_the_fallbacks),
		T(the_author_is_one_that_the_server_takes),
		T(accounts_at_fault_are_listed),
	};

	return cmocka_run_group_tests_name("tell_sender", tests, NULL, NULL);
}
