#include "config.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void mem_exhausted(void)
{
	fputs("postrider: out of memory\n", stderr);
	_Exit(EX_OSERR);
}

void *mem_zero(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (!p)
		mem_exhausted();
	return p;
}

void *mem_resize(void *p, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / 2 / size)
		mem_exhausted();
	p = realloc(p, count * size > 0 ? count * size : 1);
	if (!p)
		mem_exhausted();
	return p;
}

char *mem_copy_n(const char *p, size_t n)
{
	char *copy = mem_resize(NULL, n + 1, 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *mem_copy(const char *s)
{
	return s ? mem_copy_n(s, strlen(s)) : NULL;
}

void mem_string_free(char **s)
{
	free(*s);
	*s = NULL;
}
