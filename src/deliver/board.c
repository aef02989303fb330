#include "config.h"

#include "deliver/board.h"

#include <sys/mman.h>

static size_t size_of(size_t n)
{
	return sizeof(struct board) + n * sizeof(struct board_item);
}

struct board *board_new(size_t n)
{
	struct board *b = mmap(NULL, size_of(n), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		return NULL;
	b->n = n;
	return b;
}

void board_free(struct board **b)
{
	if (*b)
		(void)munmap(*b, size_of((*b)->n));
	*b = NULL;
}

bool board_take(struct board *b, struct board_seat *seat, size_t *at)
{
	if (atomic_load(&b->stop))
		return false;
	*at = atomic_fetch_add(&b->next, 1);
	if (*at >= b->n)
		return false;
	atomic_store(&seat->at, *at + 1);
	atomic_store(&b->v[*at].result, BOARD_BEGUN);
	return true;
}

void board_end(struct board *b, struct board_seat *seat,
	       enum board_result result)
{
	size_t at = atomic_load(&seat->at);

	if (at == 0 || at > b->n)
		return;
	atomic_store(&b->v[at - 1].result, result);
	atomic_store(&seat->at, 0);
	atomic_fetch_add(&b->done, 1);
}

bool board_raise(atomic_bool *flag)
{
	return !atomic_exchange(flag, true);
}
