/*
 * id: names of items: 14 characters of base 32 without look-alikes (no I, L, O,
 * U), the time first, so that they sort as they came.
 */
#ifndef QUEUE_ID_H
#define QUEUE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/item.h"

#define ID_LENGTH 14

/* Of microseconds since 1970, and of 15 bits by chance. */
void id_make(char out[ITEM_ID_SIZE], uint64_t us, unsigned chance);

/* One of the time now; false with errno. */
bool id_choose(char out[ITEM_ID_SIZE]) ATTR_MUST_USE;

/* True where v could be an ID. */
bool id_fits(struct view v);

#endif
