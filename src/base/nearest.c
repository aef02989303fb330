#include "config.h"

#include "base/nearest.h"

#include "base/ascii.h"

/* Three rows of the table of distances, and the two words. */
struct table {
	size_t row[3][NEAREST_WORD_MAX + 1];
	struct view a, b;
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_at(const struct table *t, size_t i, size_t j)
{
	return ascii_lower(t->a.p[i]) == t->b.p[j];
}

static size_t cost_at(const struct table *t, size_t i, size_t j)
{
	const size_t *above = t->row[(i + 2) % 3];
	const size_t *here = t->row[i % 3];
	size_t cost = above[j - 1] + (same_at(t, i - 1, j - 1) ? 0 : 1);

	cost = smaller(cost, above[j] + 1);
	cost = smaller(cost, here[j - 1] + 1);
	if (i > 1 && j > 1 && same_at(t, i - 1, j - 2) &&
	    same_at(t, i - 2, j - 1))
		cost = smaller(cost, t->row[(i + 1) % 3][j - 2] + 1);
	return cost;
}

static size_t distance(struct view a, struct view b)
{
	struct table t = { .a = a, .b = b };

	for (size_t j = 0; j <= b.n; j++)
		t.row[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		t.row[i % 3][0] = i;
		for (size_t j = 1; j <= b.n; j++)
			t.row[i % 3][j] = cost_at(&t, i, j);
	}
	return t.row[a.n % 3][b.n];
}

void nearest_try(struct nearest *n, const char *candidate)
{
	struct view word = n->word, c = view_of(candidate);
	size_t limit = 1 + word.n / 6;
	size_t d;

	if (word.n < 2 || word.n > NEAREST_WORD_MAX || c.n > NEAREST_WORD_MAX)
		return;
	if (c.n > word.n + limit || word.n > c.n + limit)
		return;
	d = distance(word, c);
	if (d <= limit && (!n->best || d < n->distance)) {
		n->best = candidate;
		n->distance = d;
	}
}
