#include "config.h"

#include "base/library.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include "base/err.h"

static bool fail(const struct library *l, struct err *e)
{
	const char *why = dlerror();

	err_set(e, ERR_SYSTEM, "cannot use %s: %s", l->file,
		why ? why : "unknown reason");
	return err_hint(e, "install the package that has it");
}

bool library_load(struct library *l, struct err *e)
{
	void *handle;

	if (l->loaded)
		return true;
	handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return fail(l, e);
	for (size_t i = 0; i < l->n; i++) {
		l->page->functions[i] = dlsym(handle, l->names[i]);
		if (!l->page->functions[i])
			return fail(l, e);
	}
	(void)mprotect(l->page, sizeof(*l->page), PROT_READ);
	l->loaded = true;
	return true;
}
