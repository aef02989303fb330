/*
 * ascii: character classes of US-ASCII, whatever the locale says.
 *
 * All take a plain char; bytes of 0x80 and more belong to no class but
 * ascii_is_8bit.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || ascii_is_upper(c);
}

static inline bool ascii_is_alnum(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* Space and horizontal tab: WSP of RFC 5234. */
static inline bool ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* C0 controls and DEL; C1 controls are multi-byte in UTF-8, see str.h. */
static inline bool ascii_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline bool ascii_is_8bit(char c)
{
	return (unsigned char)c >= 0x80;
}

/* VCHAR of RFC 5234: what prints and is no space. */
static inline bool ascii_is_visible(char c)
{
	return c > 0x20 && c < 0x7f;
}

static inline char ascii_lower(char c)
{
	if (ascii_is_upper(c))
		c = (char)(c - 'A' + 'a');
	return c;
}

static inline char ascii_upper(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c;
}

/* The value of a hexadecimal digit, or -1. */
int ascii_hex_value(char c);

/* strcmp and strncmp that fold A-Z only. */
int ascii_casecmp(const char *a, const char *b);
int ascii_ncasecmp(const char *a, const char *b, size_t n);

#endif
