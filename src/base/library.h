/*
 * library: a shared library that is loaded when it is first needed.
 *
 * A message that only enters the queue needs no TLS, SASL or A-labels; mapping
 * and relocating what does that would be most of the time it takes, and
 * memory that has never been mapped cannot be attacked.
 *
 * The functions of a library are a struct of pointers, made from a list of
 * names, so that the compiler checks each call against the library's header:
 *
 *     #define Z_FUNCTIONS(X) X(deflate) X(inflate)
 *     #define Z_POINTER(name) __typeof__(z_##name) *(name);
 *     struct z_functions { Z_FUNCTIONS(Z_POINTER) };
 *
 *     static struct library_page page;
 *     const struct z_functions *const z = (const void *)&page;
 *
 *     z->deflate(...)          only after library_load() was true
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct err;

#define LIBRARY_PAGE_SIZE 4096

/* Alone in its page, which nobody can write to once it is filled. */
struct library_page {
	void *functions[LIBRARY_PAGE_SIZE / sizeof(void *)];
} __attribute__((aligned(LIBRARY_PAGE_SIZE)));

struct library {
	const char *file;         /* as the dynamic linker finds it */
	const char *const *names; /* n of them, in the order of the struct */
	size_t n;
	struct library_page *page;
	bool loaded;
};

/*
 * Fill the page, unless that was done.  ERR_SYSTEM: the library, or one of its
 * functions, is not there.
 */
bool library_load(struct library *l, struct err *e) ATTR_MUST_USE;

#endif
