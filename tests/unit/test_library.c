#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/library.h"

#define C_LIBRARY "libc.so.6"

typedef size_t strlen_fn(const char *s);

static struct library_page page;
static const struct {
	strlen_fn *strlen;
} *const c = (const void *)&page;

static struct library make(const char *file, const char *const *name,
			   struct library_page *to)
{
	return (struct library){
		.file = file, .names = name, .n = 1, .page = to
	};
}

static void functions_are_found_once(void **state)
{
	static const char *const name[] = { "strlen" };
	struct library l = make(C_LIBRARY, name, &page);
	struct err e = ERR_INIT;

	(void)state;
	assert_true(library_load(&l, &e));
	assert_int_equal(c->strlen("four"), 4);
	l.file = "/nowhere";
	assert_true(library_load(&l, &e));
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *file, *name;
	} cases[] = { { "libnowhere.so.9", "strlen" },
		      { C_LIBRARY, "no_such_function_at_all" } };
	static struct library_page other;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const name[] = { cases[i].name };
		struct library l = make(cases[i].file, name, &other);
		struct err e = ERR_INIT;

		assert_false(library_load(&l, &e));
		assert_int_equal(e.kind, ERR_SYSTEM);
		assert_non_null(strstr(e.text, cases[i].file));
		assert_non_null(
			strstr(e.text, i == 0 ? "cannot open" : cases[i].name));
		assert_false(l.loaded);
	}
}

/* After functions_are_found_once. */
static void pointers_cannot_be_overwritten(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		page.functions[0] = NULL;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_once),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(pointers_cannot_be_overwritten),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
