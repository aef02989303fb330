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

#include "base/err.h"
#include "base/mem.h"
#include "config_places.h"

char *path_in(const struct places *p, const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s", p->root, name);
	return str_detach(&path);
}

void make_folder(struct places *p, const char *name)
{
	CLEAN(mem_string) char *path = path_in(p, name);

	assert_int_equal(mkdir(path, 0755), 0);
	list_add(&p->made, path);
}

void write_mode(struct places *p, const char *name, const char *text,
		mode_t mode)
{
	CLEAN(mem_string) char *path = path_in(p, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	list_add(&p->made, path);
}

void write_file(struct places *p, const char *name, const char *text)
{
	write_mode(p, name, text, 0600);
}

int places_setup(void **state)
{
	struct places *p = mem_zero(1, sizeof(*p));

	snprintf(p->root, sizeof(p->root), "/tmp/parseXXXXXX");
	assert_non_null(mkdtemp(p->root));
	assert_int_equal(chmod(p->root, 0755), 0);
	make_folder(p, "home");
	make_folder(p, "etc");
	p->home = path_in(p, "home");
	p->etc = path_in(p, "etc");
	setenv("HOME", p->home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("POSTRIDER_CONFIG");
	unsetenv("POSTRIDER_HOST");
	*state = p;
	return 0;
}

int places_teardown(void **state)
{
	struct places *p = *state;

	for (size_t i = p->made.n; i > 0; i--)
		remove(p->made.v[i - 1]);
	rmdir(p->root);
	list_free(&p->made);
	free(p->home);
	free(p->etc);
	free(p);
	return 0;
}

bool load(const struct places *p, struct config *c, struct err *e)
{
	struct config_wishes w = { .system_dir = p->etc };

	*e = ERR_INIT;
	return config_load(c, &w, e);
}

void assert_loads(const struct places *p, struct config *c)
{
	struct err e;

	if (load(p, c, &e))
		return;
	for (size_t i = 0; i < c->mistakes.n; i++)
		print_message("# %s\n", c->mistakes.v[i]);
	fail_msg("%s", e.text);
}

const struct account *account_of(const struct config *c, const char *label)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].label, label) == 0)
			return &c->v[i];
	fail_msg("no account %s", label);
	return NULL;
}

bool has_text(const struct list *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strstr(l->v[i], text))
			return true;
	return false;
}

void assert_mistake(struct places *p, const char *text, const char *mistake)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str want = STR_INIT;
	struct err e;

	write_file(p, "home/.postriderrc", text);
	str_addf(&want, "%s/.postriderrc:%s", p->home, mistake);
	assert_false(load(p, &c, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_string_equal(e.text, "1 mistake in the configuration");
	assert_int_equal(c.mistakes.n, 1);
	assert_string_equal(c.mistakes.v[0], want.s);
}
