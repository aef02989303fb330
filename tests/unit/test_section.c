#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/section.h"

/* Files that are included are texts of this table, commands print theirs. */
static const struct {
	const char *name, *text;
} texts[] = {
	{ "more", "domain more\naccount inner\ndomain inner\n" },
	{ "settings", "domain settings\n" },
	{ "defaults", "defaults\ndomain d\n" },
	{ "print domain", "domain printed" },
	{ "print account", "account printed" },
	{ "print eval", "eval print domain" },
	{ "print nothing", "" },
	{ "print secret", "pasword tiger" },
};

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return NULL;
}

static void include_text(struct sections *s, struct origin where,
			 const char *pattern)
{
	const char *text = text_of(pattern);

	if (text)
		sections_take(s, pattern, view_of(text));
	else
		config_mistake(s->config, where, "no %s", pattern);
}

static bool print_text(const char *command, struct secret *out, struct err *e)
{
	const char *text = text_of(command);

	if (!text)
		return err_set(e, ERR_SYSTEM, "no command");
	secret_set(out, view_of(text));
	return true;
}

static const struct section_doors doors = { include_text, print_text };

static void take(struct config *c, const char *text, bool system,
		 const struct section_doors *d)
{
	CLEAN(sections) struct sections s;

	sections_init(&s, c, d, system);
	sections_take(&s, "f", view_of(text));
}

/* The accounts as "label:domain:port;". */
static void accounts_of(const struct config *c, struct str *out)
{
	for (size_t i = 0; i < c->n; i++)
		str_addf(out, "%s:%s:%d;", c->v[i].label, c->v[i].domain,
			 c->v[i].port);
}

static void lines_become_accounts(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "account a\ndomain x\n", "a:x:0;" },
		/* Settings before any account open one called default. */
		{ "domain x\nport 1\n", "default:x:1;" },
		{ "domain x\naccount a\nport 1\n",
		  "default:x:0;a:localhost:1;" },
		{ "defaults\ndomain d\naccount a\naccount b\ndomain b\n",
		  "a:d:0;b:b:0;" },
		/* A second section adds to the first. */
		{ "defaults\ndomain d\ndefaults\nport 1\naccount a\n",
		  "a:d:1;" },
		/* Accounts above are not touched. */
		{ "account a\ndefaults\ndomain d\naccount b\n",
		  "a:localhost:0;b:d:0;" },
		/* What a parent has from defaults is not taken over. */
		{ "defaults\ndomain d\naccount a\nport 1\ndefaults\ndomain e\n"
		  "account b : a\n",
		  "a:d:1;b:e:1;" },
		{ "account a\ndomain a\nport 1\naccount b\ndomain b\n"
		  "account c : a, b\naccount d:b,a\n",
		  "a:a:1;b:b:0;c:b:1;d:a:1;" },
		/* And so on, from grandparents too. */
		{ "account a\ndomain a\naccount b : a\naccount c : b\n",
		  "a:a:0;b:a:0;c:a:0;" },
		{ "ACCOUNT a\nDOMAIN x\n", "a:x:0;" },
		{ "account a\ninclude settings\nport 1\n", "a:settings:1;" },
		{ "account a\ninclude more\nport 1\n",
		  "a:more:1;inner:inner:0;" },
		{ "include more\naccount b : inner\n",
		  "default:more:0;inner:inner:0;b:inner:0;" },
		{ "include defaults\naccount a\n", "a:d:0;" },
		{ "account a\neval print domain\n", "a:printed:0;" },
		{ "account a\neval print account\ndomain x\n",
		  "a:localhost:0;printed:x:0;" },
		{ "account a\neval print nothing\nport 1\n", "a:localhost:1;" },
		{ "account a\nadd_header X: 1\nadd_header X: 2\n",
		  "a:localhost:0;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(str) struct str out = STR_INIT;

		take(&c, cases[i].text, false, &doors);
		accounts_of(&c, &out);
		assert_int_equal(c.mistakes.n, 0);
		assert_string_equal(str_chars(&out), cases[i].want);
	}
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "account a\nhots x\n",
		  "f:2: unknown keyword 'hots'; did you mean 'host'?" },
		{ "account a\nport=25\n",
		  "f:2: unknown keyword 'port'; write 'port', a blank, and the "
		  "value" },
		{ "account a\nport x\n",
		  "f:2: port: 'x' is not a number from 1 to 65535" },
		{ "account\n",
		  "f:1: an account needs a name, without ':' and ','" },
		{ "account a,b\n",
		  "f:1: an account needs a name, without ':' and ','" },
		{ "account a\n\naccount a\n",
		  "f:3: account 'a' is there already, since f:1" },
		{ "account a : b\n",
		  "f:1: there is no account 'b' above to take settings from" },
		{ "account a : a\n",
		  "f:1: there is no account 'a' above to take settings from" },
		{ "defaults x\n", "f:1: defaults takes no argument" },
		{ "eval\n", "f:1: eval needs an argument" },
		{ "eval nobody\n", "f:1: no command" },
		{ "eval print eval\n", "f:1: eval is not possible here" },
		{ "include\n", "f:1: include needs an argument" },
		{ "include nobody\n", "f:1: no nobody" },
		/* What a command prints may be a secret. */
		{ "eval print secret\n",
		  "f:1: this does not begin with a keyword" },
		{ "account a\ndomain env:NO_SUCH_VARIABLE\n",
		  "f:2: the environment has no variable 'NO_SUCH_VARIABLE'" },
		{ "account a\ntls_nocertcheck on\n",
		  "f:2: tls_nocertcheck takes no argument" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;

		take(&c, cases[i].text, false, &doors);
		assert_int_equal(c.mistakes.n, 1);
		assert_string_equal(c.mistakes.v[0], cases[i].want);
	}
}

/* After an account line that is wrong, its settings are nobody's. */
static void settings_of_a_wrong_account_are_dropped(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	take(&c, "account a\nport 1\naccount a\nport 2\nport x\n", false,
	     &doors);
	accounts_of(&c, &out);
	assert_string_equal(str_chars(&out), "a:localhost:1;");
	assert_int_equal(c.mistakes.n, 2);
}

static void without_doors_nothing_is_read_or_run(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;

	(void)state;
	take(&c, "include more\neval print domain\n", false, NULL);
	assert_int_equal(c.mistakes.n, 2);
	assert_int_equal(c.n, 0);
}

static void lines_have_a_limit(void **state)
{
	static const size_t lengths[] = { CONFIG_LINE_MAX,
					  CONFIG_LINE_MAX + 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(str) struct str text = STR_INIT;

		str_adds(&text, "user ");
		while (text.len < lengths[i])
			str_addc(&text, 'x');
		str_addc(&text, '\n');
		take(&c, text.s, false, &doors);
		assert_int_equal(c.mistakes.n, i);
	}
}

static void the_environment_is_asked_only_for_a_whole_value(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "domain env:INVENTED", "from-env" },
		{ "domain \"env:INVENTED\"", "from-env" },
		{ "domain x env:INVENTED", "x env:INVENTED" },
		{ "domain env:INVENTED.test", "env:INVENTED.test" },
		{ "domain env:1", "env:1" },
		{ "domain env:", "env:" },
		{ "domain $INVENTED", "$INVENTED" },
		{ "domain ${INVENTED}", "${INVENTED}" },
	};

	(void)state;
	setenv("INVENTED", "from-env", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;

		take(&c, cases[i].line, false, &doors);
		assert_int_equal(c.mistakes.n, 0);
		assert_string_equal(c.v[0].domain, cases[i].want);
	}
}

/* The value from elsewhere that does not fit is not shown: it may be meant
 * as a secret. */
static void a_wrong_value_from_elsewhere_is_not_shown(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;

	(void)state;
	setenv("INVENTED", "tiger", 1);
	take(&c, "port env:INVENTED\n", false, &doors);
	assert_int_equal(c.mistakes.n, 1);
	assert_null(strstr(c.mistakes.v[0], "tiger"));
}

static void what_a_file_holds_decides_who_may_write_it(void **state)
{
	static const struct {
		const char *text;
		enum file_holds want;
	} cases[] = {
		{ "", FILE_HOLDS_SETTINGS },
		{ "account a\nhost x\nuser u\n", FILE_HOLDS_SETTINGS },
		{ "# password x\n", FILE_HOLDS_SETTINGS },
		{ "password\n", FILE_HOLDS_SETTINGS },
		{ "password x\n", FILE_HOLDS_SECRET },
		{ "  PassWord x\n", FILE_HOLDS_SECRET },
		{ "password env:X\n", FILE_HOLDS_SETTINGS },
		{ "password env:X y\n", FILE_HOLDS_SECRET },
		{ "passwordeval x\n", FILE_HOLDS_COMMAND },
		{ "passwordeval\n", FILE_HOLDS_SETTINGS },
		{ "eval x\n", FILE_HOLDS_COMMAND },
		{ "tunnel x\n", FILE_HOLDS_COMMAND },
		{ "message_filter x\n", FILE_HOLDS_COMMAND },
		{ "proxy socks5://h:1\n", FILE_HOLDS_SETTINGS },
		{ "proxy socks5://u:p@h:1\n", FILE_HOLDS_SECRET },
		{ "eval x\npassword y\n", FILE_HOLDS_SECRET },
		{ "password y\neval x\n", FILE_HOLDS_SECRET },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(sections_holds(view_of(cases[i].text)),
				 cases[i].want);
}

static void only_the_system_restricts_options(void **state)
{
	(void)state;
	for (int system = 0; system < 2; system++) {
		CLEAN(config) struct config c = CONFIG_INIT;

		take(&c, "restrict_options on\n", system != 0, &doors);
		assert_int_equal(c.restrict_options, system);
		assert_int_equal(c.notes.n, 1 - system);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_accounts),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(settings_of_a_wrong_account_are_dropped),
		cmocka_unit_test(without_doors_nothing_is_read_or_run),
		cmocka_unit_test(lines_have_a_limit),
		cmocka_unit_test(
			the_environment_is_asked_only_for_a_whole_value),
		cmocka_unit_test(a_wrong_value_from_elsewhere_is_not_shown),
		cmocka_unit_test(what_a_file_holds_decides_who_may_write_it),
		cmocka_unit_test(only_the_system_restricts_options),
	};

	return cmocka_run_group_tests_name("section", tests, NULL, NULL);
}
