#include "config.h"

#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

static size_t round_to_pages(size_t n)
{
	long size = sysconf(_SC_PAGESIZE);
	size_t page = size > 0 ? (size_t)size : 4096;

	if (n > SIZE_MAX / 2)
		mem_exhausted();
	return (n + page - 1) / page * page;
}

static char *pages_new(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		mem_exhausted();
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	return p;
}

static void pages_free(char *p, size_t size)
{
	if (!p)
		return;
	secret_wipe(p, size);
	munmap(p, size);
}

void secret_reserve(struct secret *s, size_t n)
{
	size_t size = round_to_pages(n + 1);
	char *p;

	if (s->p && size <= s->cap)
		return;
	if (size < 2 * s->cap)
		size = 2 * s->cap;
	p = pages_new(size);
	if (s->n > 0)
		memcpy(p, s->p, s->n);
	pages_free(s->p, s->cap);
	s->p = p;
	s->cap = size;
}

void secret_add(struct secret *s, struct view v)
{
	secret_reserve(s, s->n + v.n);
	if (v.n > 0)
		memcpy(s->p + s->n, v.p, v.n);
	s->n += v.n;
	s->p[s->n] = '\0';
}

void secret_set(struct secret *s, struct view v)
{
	struct secret fresh = SECRET_INIT;

	secret_add(&fresh, v);
	secret_free(s);
	*s = fresh;
}

void secret_copy(struct secret *to, const struct secret *from)
{
	if (secret_is_set(from))
		secret_set(to, secret_view(from));
	else
		secret_free(to);
}

void secret_truncate(struct secret *s, size_t len)
{
	if (len >= s->n)
		return;
	secret_wipe(s->p + len, s->n - len);
	s->n = len;
}

void secret_keep_line(struct secret *s)
{
	const char *nl = s->n > 0 ? memchr(s->p, '\n', s->n) : NULL;
	size_t n = nl ? (size_t)(nl - s->p) : s->n;

	if (n > 0 && s->p[n - 1] == '\r')
		n--;
	secret_truncate(s, n);
}

void secret_free(struct secret *s)
{
	pages_free(s->p, s->cap);
	*s = SECRET_INIT;
}

struct view secret_view(const struct secret *s)
{
	return (struct view){ s->p, s->n };
}

bool secret_is_set(const struct secret *s)
{
	return s->p != NULL;
}

void secret_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
