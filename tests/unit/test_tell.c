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

#include "base/mem.h"
#include "deliver/tell.h"

static char folder[] = "/tmp/test_tell.XXXXXX";
static char said[sizeof(folder) + 8], log_file[sizeof(folder) + 8];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(said, sizeof(said), "%s/said", folder);
	snprintf(log_file, sizeof(log_file), "%s/log", folder);
	setenv("SAID", said, 1);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(said);
	unlink(log_file);
	return 0;
}

static int remove_folder(void **state)
{
	remove_files(state);
	return rmdir(folder);
}

/* What a file holds; "" where there is none.  Until the next call. */
static const char *contents(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void set_up(struct account *a, const char *command)
{
	account_init(a, "work");
	a->notify_command = mem_copy(command);
	a->logfile = mem_copy(log_file);
	free(a->logfile_time_format);
	a->logfile_time_format = mem_copy("none");
	a->syslog = 0; /* off */
	a->deadline = 900;
}

static struct item example(void)
{
	struct item it = ITEM_INIT;

	snprintf(it.id, sizeof(it.id), "%s", "2K7QX1");
	it.envelope.sender = mem_copy("me@example.org");
	envelope_add_recipient(&it.envelope, "ann@example.com");
	envelope_add_recipient(&it.envelope, "bob@example.com");
	envelope_add_recipient(&it.envelope, "carol@example.com");
	it.v = mem_zero(3, sizeof(*it.v));
	it.v[1].progress = ITEM_SENT;
	it.v[2].progress = ITEM_REFUSED;
	return it;
}

static void release(struct item *it)
{
	envelope_free(&it->envelope);
	free(it->v);
}

#define SAY                                                                    \
	"echo \"$POSTRIDER_EVENT|$POSTRIDER_ID|$POSTRIDER_ACCOUNT|"            \
	"$POSTRIDER_SENDER|$POSTRIDER_RECIPIENTS|$POSTRIDER_REASON\" "         \
	">>$SAID"

static const struct {
	enum tell_event event;
	bool with_item;
	const char *reason, *want;
} say_cases[] = {
	{ TELL_FAILED, true, "550 5.1.1 no",
	  "failed|2K7QX1|work|me@example.org|ann@example.com "
	  "carol@example.com|550 5.1.1 no\n" },
	{ TELL_HELD, false, "535 no", "held||work|||535 no\n" },
	{ TELL_TROUBLE, false, NULL, "trouble||work|||\n" },
	{ TELL_UNCERTAIN, true, "a\nb\r\n\x1b[31m\xff$(id)`id`",
	  "uncertain|2K7QX1|work|me@example.org|ann@example.com "
	  "carol@example.com|a b? ?[31m?$(id)`id`\n" },
};

static void the_event_is_in_the_environment(void **state)
{
	(void)state;
	setenv("POSTRIDER_EVENT", "another", 1);
	for (size_t i = 0; i < ARRAY_LEN(say_cases); i++) {
		CLEAN(account) struct account a = { 0 };
		struct item it = example();

		remove_files(NULL);
		set_up(&a, SAY);
		tell_command(&a, say_cases[i].event,
			     say_cases[i].with_item ? &it : NULL,
			     say_cases[i].reason);
		assert_string_equal(contents(said), say_cases[i].want);
		assert_string_equal(contents(log_file), "");
		release(&it);
	}
	assert_string_equal(getenv("POSTRIDER_EVENT"), "another");
	unsetenv("POSTRIDER_EVENT");
}

static void no_secret_is_in_the_environment(void **state)
{
	CLEAN(account) struct account a = { 0 };
	const char *text;

	(void)state;
	setenv("POSTRIDER_PASSWORD", "hunter2", 1);
	setenv("POSTRIDER_PROXY", "socks5://u:hunter2@h:1", 1);
	setenv("POSTRIDER_CONFIG", "/a/file", 1);
	setenv("OTHER", "stays", 1);
	set_up(&a, "env >$SAID");
	tell_command(&a, TELL_HELD, NULL, "why");
	text = contents(said);
	assert_null(strstr(text, "hunter2"));
	has(text, "POSTRIDER_CONFIG=/a/file\n");
	has(text, "OTHER=stays\n");
	has(text, "POSTRIDER_REASON=why\n");
	assert_string_equal(getenv("POSTRIDER_PASSWORD"), "hunter2");
	unsetenv("POSTRIDER_PASSWORD");
	unsetenv("POSTRIDER_PROXY");
	unsetenv("POSTRIDER_CONFIG");
}

static void it_reads_nothing_and_prints_nowhere(void **state)
{
	CLEAN(account) struct account a = { 0 };

	(void)state;
	set_up(&a, "for i in 0 1 2; do readlink /proc/$$/fd/$i; done "
		   "| cat >$SAID; echo words; echo words >&2");
	tell_command(&a, TELL_HELD, NULL, "why");
	assert_string_equal(contents(said),
			    "/dev/null\n/dev/null\n/dev/null\n");
}

static void many_recipients_are_cut(void **state)
{
	CLEAN(account) struct account a = { 0 };
	struct item it = ITEM_INIT;
	const char *text;
	char path[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof(path), "user%d@example.com", i);
		envelope_add_recipient(&it.envelope, path);
	}
	it.v = mem_zero(10000, sizeof(*it.v));
	set_up(&a, "printf %s \"$POSTRIDER_RECIPIENTS\" >$SAID");
	tell_command(&a, TELL_FAILED, &it, "why");
	text = contents(said);
	has(text, "user0@example.com user1@example.com ");
	assert_string_equal(text + strlen(text) - 4, " ...");
	assert_in_range(strlen(text), 4000, 4200);
	release(&it);
}

static const struct {
	const char *command, *words;
} fault_cases[] = {
	{ "exit 3",
	  "account=work id=2K7QX1 errormsg='notify_command ended with "
	  "status 3'\n" },
	{ "/nonexistent/command", "ended with status 127'\n" },
	{ "kill -9 $$", "notify_command failed: it was ended by signal 9'\n" },
};

static void what_goes_wrong_is_logged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fault_cases); i++) {
		CLEAN(account) struct account a = { 0 };
		struct item it = example();

		remove_files(NULL);
		set_up(&a, fault_cases[i].command);
		tell_command(&a, TELL_FAILED, &it, "why");
		has(contents(log_file), fault_cases[i].words);
		release(&it);
	}
}

static void without_a_command_nothing_is_run(void **state)
{
	CLEAN(account) struct account a = { 0 };

	(void)state;
	set_up(&a, "");
	tell_command(&a, TELL_FAILED, NULL, "why");
	free(a.notify_command);
	a.notify_command = NULL;
	tell_command(&a, TELL_FAILED, NULL, "why");
	assert_string_equal(contents(log_file), "");
}

/* About a notice to a sender it is run, about its own mail it is not. */
static void it_goes_round_in_no_circle(void **state)
{
	CLEAN(account) struct account a = { 0 };
	struct item it = example();
	char about[] = "2K7QX0";

	(void)state;
	set_up(&a, "echo >>$SAID");
	it.is_notice = true;
	tell_command(&a, TELL_FAILED, &it, "why");
	assert_string_equal(contents(said), "");
	it.about = about;
	tell_command(&a, TELL_FAILED, &it, "why");
	assert_string_equal(contents(said), "\n");
	release(&it);
	assert_false(tell_is_within());
	setenv("POSTRIDER_EVENT", "failed", 1);
	assert_true(tell_is_within());
	unsetenv("POSTRIDER_EVENT");
}

/* --- faults of accounts -----------------------------------------------------
 */

static const struct {
	enum err_kind kind;
	enum standing_state state;
	const char *event; /* NULL: not told loudly */
} loud_cases[] = {
	{ ERR_AUTH, STANDING_HELD, "held" },
	{ ERR_CONFIG, STANDING_HELD, "held" },
	{ ERR_TLS, STANDING_TROUBLE, "trouble" },
	{ ERR_PROTOCOL, STANDING_TROUBLE, "trouble" },
	{ ERR_NETWORK, STANDING_TROUBLE, NULL },
	{ ERR_NOHOST, STANDING_TROUBLE, NULL },
	{ ERR_DEFERRED, STANDING_TROUBLE, NULL },
	{ ERR_AUTH, STANDING_GOOD, NULL },
};

static void a_fault_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(loud_cases); i++) {
		CLEAN(account) struct account a = { 0 };
		struct standing st = { .state = loud_cases[i].state };
		struct err e = ERR_INIT;
		bool loud = loud_cases[i].event != NULL;

		remove_files(NULL);
		set_up(&a, "echo $POSTRIDER_EVENT $POSTRIDER_REASON >>$SAID");
		err_set(&e, loud_cases[i].kind, "no");
		for (int times = 0; times < 20; times++)
			assert_int_equal(tell_fault(&a, &st, &e, NULL),
					 loud && times == 0);
		assert_int_equal(st.told, loud);
		if (!loud) {
			assert_string_equal(contents(said), "");
			assert_string_equal(contents(log_file), "");
			continue;
		}
		has(contents(said), loud_cases[i].event);
		assert_string_equal(strchr(contents(said), ' '), " no\n");
		has(contents(log_file), "account=work id=- errormsg='no; ");
		assert_string_equal(strchr(contents(log_file), '\n'), "\n");
		/* Another fault, after it was mended. */
		st.told = false;
		assert_true(tell_fault(&a, &st, &e, NULL));
	}
}

/* The last, since no other command is run after it. */
static void one_that_hangs_is_ended_and_the_last(void **state)
{
	CLEAN(account) struct account a = { 0 };
	CLEAN(account) struct account other = { 0 };

	(void)state;
	set_up(&a, "echo >$SAID; exec sleep 600");
	a.deadline = 1;
	tell_command(&a, TELL_HELD, NULL, "why");
	has(contents(log_file), "notify_command failed: timed out");
	assert_string_equal(contents(said), "\n");
	set_up(&other, "echo again >$SAID");
	tell_command(&other, TELL_HELD, NULL, "why");
	assert_string_equal(contents(said), "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_event_is_in_the_environment,
				       remove_files),
		cmocka_unit_test_setup(no_secret_is_in_the_environment,
				       remove_files),
		cmocka_unit_test_setup(it_reads_nothing_and_prints_nowhere,
				       remove_files),
		cmocka_unit_test_setup(many_recipients_are_cut, remove_files),
		cmocka_unit_test_setup(what_goes_wrong_is_logged, remove_files),
		cmocka_unit_test_setup(without_a_command_nothing_is_run,
				       remove_files),
		cmocka_unit_test_setup(it_goes_round_in_no_circle,
				       remove_files),
		cmocka_unit_test_setup(a_fault_is_told_once, remove_files),
		cmocka_unit_test_setup(one_that_hangs_is_ended_and_the_last,
				       remove_files),
	};

	return cmocka_run_group_tests_name("tell", tests, make_folder,
					   remove_folder);
}
