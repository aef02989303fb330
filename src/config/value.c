#include "config.h"

#include "config/value.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/scan.h"
#include "base/when.h"
#include "config/account.h"

/* So much of a wrong value is repeated to the user. */
#define QUOTE_MAX 60

void value_quote(struct str *out, struct view text)
{
	bool cut = text.n > QUOTE_MAX;

	str_addc(out, '\'');
	str_add_printable(out, view_part(text, 0, QUOTE_MAX));
	str_adds(out, cut ? "...'" : "'");
}

static bool wrong(const struct key *k, struct view text, const char *want,
		  struct err *e)
{
	CLEAN(str) struct str quoted = STR_INIT;

	value_quote(&quoted, text);
	return err_set(e, ERR_CONFIG, "%s: %s is not %s", k->name, quoted.s,
		       want);
}

static bool divides(char c)
{
	return ascii_is_blank(c) || c == ',';
}

bool value_word(struct view *rest, struct view *word)
{
	size_t n = 0;

	while (rest->n > 0 && divides(rest->p[0]))
		*rest = view_part(*rest, 1, rest->n);
	while (n < rest->n && !divides(rest->p[n]))
		n++;
	*word = view_part(*rest, 0, n);
	*rest = view_part(*rest, n, rest->n);
	return n > 0;
}

struct view value_url_password(struct view url)
{
	const char *at = url.n > 0 ? memrchr(url.p, '@', url.n) : NULL;
	struct view user = view_part(url, 0, at ? (size_t)(at - url.p) : 0);
	const char *rest = user.n > 0 ? memmem(user.p, user.n, "://", 3) : NULL;
	const char *colon;

	rest = rest ? rest + 3 : user.p;
	colon = user.n > 0 ? memchr(rest, ':', (size_t)(at - rest)) : NULL;
	return colon ? (struct view){ colon + 1, (size_t)(at - colon - 1) }
		     : VIEW_NONE;
}

/* --- strings ------------------------------------------------------------- */

static void replace_string(char **s, char *fresh)
{
	free(*s);
	*s = fresh;
}

static bool string_set(void *field, const struct key *k, struct view text,
		       struct err *e)
{
	(void)k;
	(void)e;
	replace_string(field, mem_copy_n(text.p, text.n));
	return true;
}

static bool file_set(void *field, const struct key *k, struct view text,
		     struct err *e)
{
	CLEAN(mem_string) char *path = mem_copy_n(text.p, text.n);

	(void)k;
	(void)e;
	replace_string(field, file_expand(path));
	return true;
}

static void string_clear(void *field)
{
	mem_string_free(field);
}

static void string_copy(void *to, const void *from)
{
	replace_string(to, mem_copy(*(char *const *)from));
}

/* Quotes where the reader of a file would otherwise take something away. */
static bool needs_quotes(struct view v)
{
	return v.n == 0 || ascii_is_blank(v.p[0]) ||
	       ascii_is_blank(v.p[v.n - 1]) ||
	       (v.n > 1 && v.p[0] == '"' && v.p[v.n - 1] == '"');
}

/* scheme://user:password@host with a star for the password. */
static void url_show(const char *s, struct str *out)
{
	struct view v = view_of(s), password = value_url_password(v);

	if (password.n == 0) {
		str_adds(out, s);
		return;
	}
	str_add(out, view_part(v, 0, (size_t)(password.p - v.p)));
	str_addf(out, "*%s", password.p + password.n);
}

static void string_show(const void *field, const struct key *k, struct str *out)
{
	const char *s = *(char *const *)field;
	const char *quote;

	if (s && (k->flags & KEY_HIDES_PASSWORD) != 0) {
		url_show(s, out);
		return;
	}
	if (!s)
		return;
	quote = needs_quotes(view_of(s)) ? "\"" : "";
	str_addf(out, "%s%s%s", quote, s, quote);
}

/* --- secrets ------------------------------------------------------------- */

static bool secret_field_set(void *field, const struct key *k, struct view text,
			     struct err *e)
{
	(void)k;
	(void)e;
	secret_set(field, text);
	return true;
}

static void secret_field_clear(void *field)
{
	secret_free(field);
}

static void secret_field_copy(void *to, const void *from)
{
	secret_copy(to, from);
}

static void secret_field_show(const void *field, const struct key *k,
			      struct str *out)
{
	(void)k;
	if (secret_is_set(field))
		str_addc(out, '*');
}

/* --- switches and choices ------------------------------------------------ */

static bool bool_set(void *field, const struct key *k, struct view text,
		     struct err *e)
{
	bool on = view_is_nocase(text, "on");

	if (!on && !view_is_nocase(text, "off"))
		return wrong(k, text, "on or off", e);
	*(bool *)field = on;
	return true;
}

static void bool_clear(void *field)
{
	*(bool *)field = false;
}

static void bool_copy(void *to, const void *from)
{
	*(bool *)to = *(const bool *)from;
}

static void bool_show(const void *field, const struct key *k, struct str *out)
{
	(void)k;
	str_adds(out, *(const bool *)field ? "on" : "off");
}

static bool wrong_choice(const struct key *k, struct view text, struct err *e)
{
	CLEAN(str) struct str want = STR_INIT;

	str_adds(&want, "one of");
	for (int i = 0; key_choice(k, i).n > 0; i++) {
		str_adds(&want, i > 0 ? ", " : " ");
		str_add(&want, key_choice(k, i));
	}
	return wrong(k, text, want.s, e);
}

static bool choice_set(void *field, const struct key *k, struct view text,
		       struct err *e)
{
	int index = key_choice_index(k, text);

	if (index < 0)
		return wrong_choice(k, text, e);
	*(int *)field = index;
	return true;
}

static void choice_show(const void *field, const struct key *k, struct str *out)
{
	str_add(out, key_choice(k, *(const int *)field));
}

/* --- numbers ------------------------------------------------------------- */

static void int_clear(void *field)
{
	*(int *)field = 0;
}

static void int_copy(void *to, const void *from)
{
	*(int *)to = *(const int *)from;
}

/* As C writes numbers: decimal, octal after 0, hexadecimal after 0x. */
static bool read_number(struct view text, int64_t *out)
{
	int base = 10;

	if (view_starts_nocase(text, "0x")) {
		base = 16;
		text = view_part(text, 2, text.n);
	} else if (text.n > 1 && text.p[0] == '0') {
		base = 8;
	}
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = ascii_hex_value(text.p[i]);

		if (digit < 0 || digit >= base || *out > INT_MAX)
			return false;
		*out = *out * base + digit;
	}
	return text.n > 0;
}

static bool int_set(void *field, const struct key *k, struct view text,
		    struct err *e)
{
	struct scan range = scan_of(view_of(k->choices));
	int64_t low = 0, high = 0, value;

	if (!scan_number(&range, &low) || !scan_byte(&range, '-') ||
	    !scan_number(&range, &high) || !read_number(text, &value) ||
	    value < low || value > high) {
		CLEAN(str) struct str want = STR_INIT;

		str_addf(&want, "a number from %d to %d", (int)low, (int)high);
		return wrong(k, text, want.s, e);
	}
	*(int *)field = (int)value;
	return true;
}

static void int_show(const void *field, const struct key *k, struct str *out)
{
	(void)k;
	if (*(const int *)field != 0)
		str_addf(out, "%d", *(const int *)field);
}

static bool duration_set(void *field, const struct key *k, struct view text,
			 struct err *e)
{
	int seconds = DURATION_OFF;

	if (!view_is_nocase(text, "off") && !when_duration(text, &seconds))
		return wrong(k, text,
			     "off or a duration such as 90, 5m, 2h, 3d", e);
	*(int *)field = seconds;
	return true;
}

static void duration_clear(void *field)
{
	*(int *)field = DURATION_UNSET;
}

static void duration_show(const void *field, const struct key *k,
			  struct str *out)
{
	int seconds = *(const int *)field;

	(void)k;
	if (seconds == DURATION_OFF)
		str_adds(out, "off");
	else if (seconds >= 0)
		str_addf(out, "%d", seconds);
}

static bool size_set(void *field, const struct key *k, struct view text,
		     struct err *e)
{
	static const struct {
		char letter;
		int shift;
	} units[] = { { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 } };
	struct scan s = scan_of(text);
	int64_t size = 0;
	int shift = 0;
	bool ok = scan_number(&s, &size);

	for (size_t i = 0; i < ARRAY_LEN(units) && shift == 0; i++)
		if (scan_byte(&s, units[i].letter) ||
		    scan_byte(&s, ascii_lower(units[i].letter)))
			shift = units[i].shift;
	ok = ok && size > 0 && size <= INT64_MAX >> shift && scan_done(&s);
	if (!ok && !view_is_nocase(text, "off"))
		return wrong(k, text, "off or a size such as 500K, 10M, 1G", e);
	*(int64_t *)field = ok ? size << shift : SIZE_OFF;
	return true;
}

static void size_clear(void *field)
{
	*(int64_t *)field = SIZE_OFF;
}

static void size_copy(void *to, const void *from)
{
	*(int64_t *)to = *(const int64_t *)from;
}

static void size_show(const void *field, const struct key *k, struct str *out)
{
	int64_t size = *(const int64_t *)field;

	(void)k;
	if (size == SIZE_OFF)
		str_adds(out, "off");
	else
		str_addf(out, "%lld", (long long)size);
}

/* --- lists --------------------------------------------------------------- */

static bool list_add_word(struct list *l, const struct key *k, struct view word,
			  struct err *e)
{
	if (l->n >= VALUE_WORDS_MAX)
		return err_set(e, ERR_CONFIG, "%s: more than %d words", k->name,
			       VALUE_WORDS_MAX);
	if (k->choices) {
		int index = key_choice_index(k, word);

		if (index < 0)
			return wrong_choice(k, word, e);
		word = key_choice(k, index);
	}
	list_add_view(l, word);
	return true;
}

static bool list_set(void *field, const struct key *k, struct view text,
		     struct err *e)
{
	struct list fresh = LIST_INIT;
	struct view word;

	while (value_word(&text, &word))
		if (!list_add_word(&fresh, k, word, e)) {
			list_free(&fresh);
			return false;
		}
	list_free(field);
	*(struct list *)field = fresh;
	return true;
}

static void list_field_clear(void *field)
{
	list_free(field);
}

static void list_field_copy(void *to, const void *from)
{
	list_copy(to, from);
}

static void list_show(const void *field, const struct key *k, struct str *out)
{
	const struct list *l = field;

	(void)k;
	for (size_t i = 0; i < l->n; i++)
		str_addf(out, "%s%s", i > 0 ? "," : "", l->v[i]);
}

static bool lines_set(void *field, const struct key *k, struct view text,
		      struct err *e)
{
	struct list *l = field;

	if (l->n >= VALUE_WORDS_MAX)
		return err_set(e, ERR_CONFIG, "%s: more than %d lines", k->name,
			       VALUE_WORDS_MAX);
	list_add_view(l, text);
	return true;
}

static void lines_show(const void *field, const struct key *k, struct str *out)
{
	const struct list *l = field;

	(void)k;
	for (size_t i = 0; i < l->n; i++)
		str_addf(out, "%s%s", i > 0 ? "\n" : "", l->v[i]);
}

/* --- the table ----------------------------------------------------------- */

static const struct {
	bool (*set)(void *field, const struct key *k, struct view text,
		    struct err *e);
	void (*clear)(void *field);
	void (*copy)(void *to, const void *from);
	void (*show)(const void *field, const struct key *k, struct str *out);
} types[KEY_TYPE_COUNT] = {
	[KEY_STR] = { string_set, string_clear, string_copy, string_show },
	[KEY_FILE] = { file_set, string_clear, string_copy, string_show },
	[KEY_COMMAND] = { string_set, string_clear, string_copy, string_show },
	[KEY_SECRET] = { secret_field_set, secret_field_clear,
			 secret_field_copy, secret_field_show },
	[KEY_BOOL] = { bool_set, bool_clear, bool_copy, bool_show },
	[KEY_INT] = { int_set, int_clear, int_copy, int_show },
	[KEY_DURATION] = { duration_set, duration_clear, int_copy,
			   duration_show },
	[KEY_SIZE] = { size_set, size_clear, size_copy, size_show },
	[KEY_CHOICE] = { choice_set, int_clear, int_copy, choice_show },
	[KEY_LIST] = { list_set, list_field_clear, list_field_copy, list_show },
	[KEY_LINES] = { lines_set, list_field_clear, list_field_copy,
			lines_show },
};

bool value_set(void *field, const struct key *k, struct view text,
	       struct err *e)
{
	return types[k->type].set(field, k, text, e);
}

void value_clear(void *field, const struct key *k)
{
	types[k->type].clear(field);
}

void value_default(void *field, const struct key *k)
{
	struct err e = ERR_INIT;

	value_clear(field, k);
	/* That every default is valid is shown by a test. */
	if (k->fallback)
		(void)!value_set(field, k, view_of(k->fallback), &e);
}

void value_copy(void *to, const void *from, const struct key *k)
{
	types[k->type].copy(to, from);
}

void value_show(const void *field, const struct key *k, struct str *out)
{
	types[k->type].show(field, k, out);
}
