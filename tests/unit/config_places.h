/* What the tests of config/parse share: places for files, and looking at what
 * was made of them. */
#ifndef TESTS_UNIT_CONFIG_PLACES_H
#define TESTS_UNIT_CONFIG_PLACES_H

#include <sys/types.h>

#include "config/parse.h"

/* A home, a folder of the system's, and nothing of the real ones. */
struct places {
	char root[32];
	struct list made; /* files and folders, in order */
	char *home, *etc;
};

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, places_setup, places_teardown)

int places_setup(void **state);
int places_teardown(void **state);
char *path_in(const struct places *p, const char *name);
void make_folder(struct places *p, const char *name);
void write_mode(struct places *p, const char *name, const char *text,
		mode_t mode);
void write_file(struct places *p, const char *name, const char *text);
bool load(const struct places *p, struct config *c, struct err *e);
void assert_loads(const struct places *p, struct config *c);
const struct account *account_of(const struct config *c, const char *label);
bool has_text(const struct list *l, const char *text);
/* The user's file holds text; its only mistake is `mistake`. */
void assert_mistake(struct places *p, const char *text, const char *mistake);

#endif
