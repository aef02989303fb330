/* spooled: what the tests of the queue's folder share. */
#ifndef TESTS_SPOOLED_H
#define TESTS_SPOOLED_H

#include "queue/spool.h"

#define SPOOLED_TEXT "Subject: x\n\nhi\n"

/* A folder for the tests of this program, removed with all that is in it. */
int spooled_make_place(void **state);
int spooled_remove_place(void **state);

/* Its absolute path. */
bool spooled_path(char *out, size_t size);

/* A queue of its own there. */
struct spool spooled_open(void);

/* A draft with SPOOLED_TEXT, and an item from ada to bob. */
void spooled_fill(const struct spool *s, struct draft *d, struct item *it);

/* Enter both; id is that of the item. */
void spooled_enter(const struct spool *s, char id[ITEM_ID_SIZE]);

/* Is there a file ID.end in the folder? */
bool spooled_has(const struct spool *s, const char *id, const char *end);

/* Make a file of that name and text there, or remove one. */
void spooled_put(const struct spool *s, const char *name, const char *text);

/* How many names are there but for the file that counts. */
size_t spooled_names(const struct spool *s);

#endif
