/* list: strings that are owned, in the order in which they were added. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/str.h"

struct list {
	char **v;
	size_t n;
	size_t cap;
};

#define LIST_INIT ((struct list){ 0 })

/* Copies. */
void list_add(struct list *l, const char *s);
void list_add_view(struct list *l, struct view v);
void list_copy(struct list *to, const struct list *from);
bool list_has(const struct list *l, const char *s);
void list_clear(struct list *l);
void list_free(struct list *l);

#endif
