#include "config.h"

#include "deliver/run_index.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "deliver/tell.h"

#define ENV ".env"
#define ACCOUNT ".account"

static void free_account(struct run_account *a)
{
	free(a->name);
	free(a->wrong_stamp);
	item_origin_free(&a->origin);
	resumed_free(&a->resumed);
	standing_free(&a->standing);
	board_free(&a->board);
	free(a);
}

void run_index_free(struct run_index *ix)
{
	for (size_t i = 0; i < ix->n_accounts; i++)
		free_account(ix->accounts[i]);
	free(ix->accounts);
	free(ix->v);
	*ix = RUN_INDEX_INIT;
}

/* --- accounts --------------------------------------------------------------
 */

static struct run_account *add_account(struct run_index *ix, const char *name,
				       const struct item_origin *o)
{
	struct run_account *a = mem_zero(1, sizeof(*a));

	a->name = mem_copy(name);
	item_origin_copy(&a->origin, o);
	a->resumed = RESUMED_INIT;
	/* As long as its settings cannot be read nothing is too old. */
	a->lifetime = a->keep_failed = -1;
	ix->accounts = mem_resize(ix->accounts, ix->n_accounts + 1,
				  sizeof(struct run_account *));
	ix->accounts[ix->n_accounts++] = a;
	return a;
}

static struct run_account *find_account(struct run_index *ix,
					const struct item_origin *o)
{
	CLEAN(str) struct str name = STR_INIT;

	item_account_name(o, &name);
	for (size_t i = 0; i < ix->n_accounts; i++)
		if (strcmp(ix->accounts[i]->name, name.s) == 0)
			return ix->accounts[i];
	return add_account(ix, name.s, o);
}

/* --- items -----------------------------------------------------------------
 */

static void look(struct run_index *ix, const struct spool *s,
		 struct run_entry *entry)
{
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;

	entry->account = NULL;
	if (spool_look(s, entry->id, &it, &e) != SPOOL_TAKEN)
		return;
	entry->account = find_account(ix, &it.origin);
	entry->state = it.state;
	entry->hold = it.hold;
	entry->due = item_due(&it, time(NULL));
	entry->created = it.created;
	entry->held_s = it.held_s;
	entry->failed_before = it.failures > 0;
	entry->owes = tell_owes(&it);
	entry->fresh = true;
}

static int compare(const char *a, const char *b)
{
	return strcmp(a, b);
}

/* What was known of id, which stands at *at of the old ones or behind it. */
static struct run_entry known_or_new(const struct run_index *ix, size_t *at,
				     const char *id)
{
	struct run_entry fresh = { .account = NULL };

	while (*at < ix->n && compare(ix->v[*at].id, id) < 0)
		++*at;
	if (*at < ix->n && compare(ix->v[*at].id, id) == 0)
		return ix->v[*at];
	memcpy(fresh.id, id, strlen(id) + 1);
	return fresh;
}

static int compare_place(const void *id, const void *place)
{
	return strcmp(id, *(char *const *)place);
}

static bool is_wanted(const struct run_index *ix, const char *id)
{
	return strlen(id) < ITEM_ID_SIZE &&
	       (!ix->only || bsearch(id, ix->only->v, ix->only->n,
				     sizeof(*ix->only->v), compare_place));
}

bool run_index_refresh(struct run_index *ix, const struct spool *s,
		       struct err *e)
{
	CLEAN(list) struct list ids = LIST_INIT;
	struct run_entry *v;
	size_t n = 0, at = 0;

	if (!spool_list(s, &ids, e))
		return false;
	v = mem_zero(ids.n + 1, sizeof(*v));
	for (size_t i = 0; i < ids.n; i++)
		if (is_wanted(ix, ids.v[i]))
			v[n++] = known_or_new(ix, &at, ids.v[i]);
	free(ix->v);
	ix->v = v;
	ix->n = n;
	for (size_t i = 0; i < n; i++)
		if (!v[i].fresh)
			look(ix, s, &v[i]);
	return true;
}

static int compare_entry(const void *id, const void *entry)
{
	return compare(id, ((const struct run_entry *)entry)->id);
}

struct run_entry *run_index_find(const struct run_index *ix, const char *id)
{
	if (ix->n == 0)
		return NULL;
	return bsearch(id, ix->v, ix->n, sizeof(*ix->v), compare_entry);
}

/* Does name end so?  *n is where. */
static bool ends(const char *name, const char *end, size_t *n)
{
	size_t all = strlen(name);

	if (all <= strlen(end))
		return false;
	*n = all - strlen(end);
	return strcmp(name + *n, end) == 0;
}

bool run_index_changed(struct run_index *ix, const char *name)
{
	char id[ITEM_ID_SIZE];
	struct run_entry *entry;
	size_t n = 0;

	if (ends(name, ACCOUNT, &n))
		return true;
	if (!ends(name, ENV, &n) || n >= sizeof(id))
		return false;
	memcpy(id, name, n);
	id[n] = '\0';
	entry = run_index_find(ix, id);
	if (entry) {
		entry->fresh = false;
		entry->skip_ms = 0;
	}
	return true;
}

void run_index_changed_all(struct run_index *ix)
{
	for (size_t i = 0; i < ix->n; i++) {
		ix->v[i].fresh = false;
		ix->v[i].skip_ms = 0;
		ix->v[i].busy = 0;
	}
	for (size_t i = 0; i < ix->n_accounts; i++)
		ix->accounts[i]->rest_until_ms = 0;
}
