#include "config.h"

#include "cli/opt.h"

#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

static enum opt_found wrong(struct err *e, const char *what, const char *name,
			    size_t n)
{
	err_set(e, ERR_USAGE, "%s: --%.*s", what, (int)n, name);
	return OPT_WRONG;
}

static const struct opt *exact(const struct opt_set *set, struct view name)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].name && view_is(name, set->v[i].name))
			return &set->v[i];
	return NULL;
}

/* The one old name that begins so; *hits says how many there are. */
static const char *old_name(const struct opt_set *set, struct view name,
			    size_t *hits)
{
	const char *found = NULL;

	*hits = 0;
	for (size_t i = 0; i < set->n_old; i++)
		if (strncmp(set->old[i], name.p, name.n) == 0) {
			found = set->old[i];
			++*hits;
		}
	return found;
}

static const struct opt *abbreviated(const struct opt_set *set,
				     struct view name, size_t *hits)
{
	const struct opt *found = NULL;

	*hits = 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].name &&
		    strncmp(set->v[i].name, name.p, name.n) == 0) {
			found = &set->v[i];
			++*hits;
		}
	return found;
}

static const struct opt *find_long(const struct opt_set *set, struct view name,
				   struct err *e)
{
	const struct opt *opt = exact(set, name);
	const char *old;
	size_t hits;

	if (opt)
		return opt;
	old = old_name(set, name, &hits);
	if (hits == 1) {
		opt = exact(set, view_of(old));
		if (!opt)
			wrong(e, "option not available", old, strlen(old));
		return opt;
	}
	/* What was ambiguous stays so, also where one of them is missing. */
	if (hits == 0 && !set->whole) {
		opt = abbreviated(set, name, &hits);
		if (hits == 1)
			return opt;
	}
	wrong(e, hits > 1 ? "ambiguous option" : "unknown option", name.p,
	      name.n);
	return NULL;
}

/* The argument after this one, which is then used up. */
static const char *next_word(struct opt_scan *s)
{
	return s->at < s->argc ? s->argv[s->at++] : NULL;
}

static enum opt_found long_option(struct opt_scan *s, const char *word,
				  const struct opt **opt, const char **value,
				  struct err *e)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);

	*opt = find_long(s->set, (struct view){ word, n }, e);
	if (!*opt)
		return OPT_WRONG;
	*value = equals ? equals + 1 : NULL;
	if ((*opt)->arity == OPT_ALONE && equals)
		return wrong(e, "option takes no value", word, n);
	if ((*opt)->arity == OPT_NEEDS && !equals)
		*value = next_word(s);
	if ((*opt)->arity == OPT_NEEDS && !*value)
		return wrong(e, "option needs a value", word, n);
	return OPT_OPTION;
}

static const struct opt *find_letter(const struct opt_set *set, char letter)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].letter == letter)
			return &set->v[i];
	return NULL;
}

static enum opt_found letter_option(struct opt_scan *s, const struct opt **opt,
				    const char **value, struct err *e)
{
	const char *rest = s->bundle + 1;

	*opt = find_letter(s->set, *s->bundle);
	if (!*opt) {
		err_set(e, ERR_USAGE, "unknown option: -%c", *s->bundle);
		return OPT_WRONG;
	}
	*value = NULL;
	s->bundle = *rest ? rest : NULL;
	if ((*opt)->arity == OPT_ALONE)
		return OPT_OPTION;
	s->bundle = NULL;
	if (*rest)
		*value = rest;
	else if ((*opt)->arity == OPT_NEEDS)
		*value = next_word(s);
	if ((*opt)->arity == OPT_NEEDS && !*value) {
		err_set(e, ERR_USAGE, "option needs a value: -%c",
			(*opt)->letter);
		return OPT_WRONG;
	}
	return OPT_OPTION;
}

enum opt_found opt_next(struct opt_scan *s, const struct opt **opt,
			const char **value, struct err *e)
{
	const char *word;

	*opt = NULL;
	if (s->bundle)
		return letter_option(s, opt, value, e);
	word = next_word(s);
	if (word && !s->ended && strcmp(word, "--") == 0) {
		s->ended = true;
		word = next_word(s);
	}
	if (!word)
		return OPT_END;
	*value = word;
	if (s->ended || word[0] != '-' || word[1] == '\0')
		return OPT_OPERAND;
	if (word[1] == '-')
		return long_option(s, word + 2, opt, value, e);
	s->bundle = word + 1;
	return letter_option(s, opt, value, e);
}

bool opt_take_verb(const struct opt_verb *verb, int argc, char **argv,
		   struct err *e)
{
	const struct opt_set set = { .v = verb->v,
				     .n = verb->n,
				     .whole = true };
	struct opt_scan s = {
		.set = &set, .argc = argc, .argv = argv, .at = 1
	};
	const struct opt *opt;
	const char *value;
	enum opt_found found;

	while ((found = opt_next(&s, &opt, &value, e)) == OPT_OPTION ||
	       (found == OPT_OPERAND && verb->operands))
		if (found == OPT_OPTION)
			verb->take(verb->who, opt->id, value);
		else
			list_add(verb->operands, value);
	if (found == OPT_END)
		return true;
	if (found == OPT_OPERAND)
		err_set(e, ERR_USAGE, "%s takes no argument '%s'", argv[0],
			value);
	return err_hint(e, "'postrider help %s' lists the options", argv[0]);
}
