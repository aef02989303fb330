#include "config.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void list_add_view(struct list *l, struct view v)
{
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? 2 * l->cap : 8;
		l->v = mem_resize(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = mem_copy_n(v.p, v.n);
}

void list_add(struct list *l, const char *s)
{
	list_add_view(l, view_of(s));
}

void list_copy(struct list *to, const struct list *from)
{
	if (to == from)
		return;
	list_clear(to);
	for (size_t i = 0; i < from->n; i++)
		list_add(to, from->v[i]);
}

bool list_has(const struct list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

void list_clear(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
}

void list_free(struct list *l)
{
	list_clear(l);
	free(l->v);
	*l = LIST_INIT;
}
