/* nearest: of several words the one that a misspelt word was meant to be. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/str.h"

/* Longer words are not looked at. */
#define NEAREST_WORD_MAX 32

struct nearest {
	struct view word; /* borrowed */
	const char *best; /* NULL where none is near enough */
	size_t distance;  /* of best */
};

#define NEAREST_INIT(w) ((struct nearest){ .word = (w) })

/*
 * Near enough is one letter, and one more for each six of the word, that was
 * added, left out, changed, or swapped with the next (optimal string
 * alignment).  The first of several that are equally near stays.  Case does
 * not count; candidates are in lower case.
 */
void nearest_try(struct nearest *n, const char *candidate);

#endif
