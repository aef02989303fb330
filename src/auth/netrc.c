#include "config.h"

#include "auth/netrc.h"

#include "base/ascii.h"
#include "base/attr.h"
#include "base/scan.h"

enum word {
	WORD_MACHINE,
	WORD_DEFAULT,
	WORD_LOGIN,
	WORD_PASSWORD,
	WORD_ACCOUNT,
	WORD_MACDEF,
	WORD_OTHER,
};

static const struct {
	const char *text;
	enum word word;
} keywords[] = {
	{ "machine", WORD_MACHINE },   { "default", WORD_DEFAULT },
	{ "login", WORD_LOGIN },       { "user", WORD_LOGIN },
	{ "password", WORD_PASSWORD }, { "passwd", WORD_PASSWORD },
	{ "account", WORD_ACCOUNT },   { "macdef", WORD_MACDEF },
};

struct search {
	struct scan text;
	const char *host, *user; /* borrowed */
	struct secret word;      /* the last one that was read */
	bool here;               /* the entry is of this host */
	bool fits;               /* and of this user */
	struct secret *password; /* of this entry; borrowed */
};

static void search_free(struct search *s)
{
	secret_free(&s->word);
}

/* --- words ---------------------------------------------------------------- */

static bool is_space(char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

/* The next word, without its quotes, into s->word; false at the end. */
static bool read_word(struct search *s)
{
	struct scan *t = &s->text;
	char quote = '\0';

	scan_skip_space(t);
	secret_truncate(&s->word, 0);
	if (scan_done(t))
		return false;
	while (!scan_done(t) && *t->p != '\n' && (quote || !is_space(*t->p))) {
		char c = *t->p++;

		if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else
			secret_add(&s->word, (struct view){ &c, 1 });
	}
	return true;
}

static void skip_comments(struct scan *text)
{
	scan_skip_space(text);
	while (scan_peek(text) == '#') {
		(void)scan_until(text, '\n');
		scan_skip_space(text);
	}
}

static bool read_keyword(struct search *s, enum word *word)
{
	skip_comments(&s->text);
	if (!read_word(s))
		return false;
	*word = WORD_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (view_is(secret_view(&s->word), keywords[i].text))
			*word = keywords[i].word;
	return true;
}

/* To the first line that is empty but for blanks. */
static void skip_macro(struct scan *text)
{
	while (!scan_done(text))
		if (view_trim(scan_until(text, '\n')).n == 0)
			return;
}

/* --- entries -------------------------------------------------------------- */

static bool word_is(const struct search *s, const char *text)
{
	return text && view_is(secret_view(&s->word), text);
}

/* The entry is over: true where its password is what is looked for. */
static bool is_found(struct search *s)
{
	if (s->here && s->fits && secret_is_set(s->password))
		return true;
	secret_free(s->password);
	s->here = false;
	s->fits = true;
	return false;
}

/* True where the search is at its end. */
static bool obey(struct search *s, enum word word)
{
	switch (word) {
	case WORD_MACHINE:
	case WORD_DEFAULT:
		if (is_found(s))
			return true;
		s->here = word == WORD_MACHINE && read_word(s) &&
			  word_is(s, s->host);
		break;
	case WORD_LOGIN:
		s->fits = read_word(s) && word_is(s, s->user);
		break;
	case WORD_PASSWORD:
		if (read_word(s) && s->here)
			secret_set(s->password, secret_view(&s->word));
		break;
	case WORD_ACCOUNT:
		(void)read_word(s);
		break;
	case WORD_MACDEF:
		skip_macro(&s->text);
		break;
	case WORD_OTHER:
	default:
		break;
	}
	return false;
}

void netrc_find(struct view text, const char *host, const char *user,
		struct secret *out)
{
	CLEAN(search)
	struct search s = { .text = scan_of(text),
			    .host = host,
			    .user = user,
			    .fits = true,
			    .password = out };
	enum word keyword;
	bool found = false;

	secret_free(out);
	secret_reserve(&s.word, 0);
	while (!found && read_keyword(&s, &keyword))
		found = obey(&s, keyword);
	if (!found)
		(void)is_found(&s);
}
