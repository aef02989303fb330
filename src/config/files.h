/* files: where configuration files are looked for. */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "config/parse.h"

/*
 * The file that -C or $POSTRIDER_CONFIG names, the only one of the user's
 * that counts then; NULL where neither does.  Borrowed.
 */
const char *files_named(const struct config_wishes *w);

/* The places of the user's own file, first found wins; notes say why some
 * are not among them. */
void files_user(struct config *c, const struct config_wishes *w,
		struct list *out);

/* The same for the system's. */
void files_system(const struct config_wishes *w, struct list *out);

#endif
