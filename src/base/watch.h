/*
 * watch: sleep until a folder changes or the wall clock shows a time.
 *
 * Where the kernel has no room for another watch nothing is seen of the folder:
 * the caller sleeps no longer than WATCH_BLIND_S then.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define WATCH_BLIND_S 15

struct watch {
	int folder; /* to be polled for reading; -1: it is not seen */
	int clock;  /* the same */
	int file;   /* the watch of the file that is poked */
};

#define WATCH_INIT ((struct watch){ -1, -1, -1 })

/* Begin to watch what is linked or renamed into the folder at path, and
 * whether the times of its file `poked` are set. */
void watch_start(struct watch *w, const char *path, const char *poked);
void watch_free(struct watch *w);

/*
 * The names that came or changed since, added to names.  True where that is not
 * all that one should know: so many that some were lost, or the file was poked.
 */
bool watch_take(const struct watch *w, struct list *names);

/* Have w->clock readable once the wall clock shows when (time(2)), or is set;
 * INT64_MAX: never. */
void watch_wake_at(const struct watch *w, int64_t when);

#endif
