/* What the tests of msg/compose share: files to send, and a message as it was
 * made. */
#ifndef TESTS_UNIT_COMPOSED_H
#define TESTS_UNIT_COMPOSED_H

#include "base/err.h"
#include "msg/compose.h"

#define COMPOSED_FILES 11

/* What is in the folder, besides a folder `with:text`. */
struct composed_file {
	const char *name;
	struct view bytes;
};

extern const struct composed_file composed_files[COMPOSED_FILES];

struct result {
	struct headers headers;
	struct draft draft;
	struct facts facts;
	struct err err;
	struct str block, body; /* of a message that was made */
};

#define RESULT_INIT                                                            \
	((struct result){ .headers = HEADERS_INIT, .draft = DRAFT_INIT })

int make_files(void **state);
int remove_files(void **state);
/* A name in the folder, alive until the next four. */
const char *in_folder(const char *name);
void result_free(struct result *r);
bool compose(const struct compose *c, struct result *r);
void assert_has(const struct str *text, const char *part);
void assert_lacks(const struct str *text, const char *part);
void assert_skeleton(const struct compose *c, const char *want);

#endif
