#include "config.h"

#include "base/base64.h"

#include "base/ascii.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

static void encode_group(const unsigned char *p, size_t n, char *out)
{
	unsigned long bits = (unsigned long)p[0] << 16;

	if (n > 1)
		bits |= (unsigned long)p[1] << 8;
	if (n > 2)
		bits |= p[2];
	out[0] = alphabet[bits >> 18 & 63];
	out[1] = alphabet[bits >> 12 & 63];
	out[2] = out[3] = '=';
	if (n > 1)
		out[2] = alphabet[bits >> 6 & 63];
	if (n > 2)
		out[3] = alphabet[bits & 63];
}

void base64_encode(const void *p, size_t n, char *out)
{
	const unsigned char *in = p;

	for (; n > 3; n -= 3, in += 3, out += 4)
		encode_group(in, 3, out);
	if (n > 0)
		encode_group(in, n, out);
}

void base64_add(struct str *out, struct view v)
{
	for (size_t i = 0; i < v.n; i += 3) {
		struct view part = view_part(v, i, 3);
		char group[4];

		base64_encode(part.p, part.n, group);
		str_add(out, (struct view){ group, sizeof(group) });
	}
}

void base64_add_secret(struct secret *out, struct view v)
{
	size_t more = base64_length(v.n);

	secret_reserve(out, out->n + more);
	base64_encode(v.p, v.n, out->p + out->n);
	out->n += more;
	out->p[out->n] = '\0';
}

static int value_of(char c)
{
	if (ascii_is_upper(c))
		return c - 'A';
	if (ascii_is_alpha(c))
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes the 2 to 4 digits of one group; false where one is no digit. */
static bool decode_group(struct str *out, const char *p, size_t digits)
{
	unsigned long bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < digits ? value_of(p[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned long)value;
	}
	str_addc(out, (char)(bits >> 16 & 255));
	if (digits > 2)
		str_addc(out, (char)(bits >> 8 & 255));
	if (digits > 3)
		str_addc(out, (char)(bits & 255));
	return true;
}

static size_t digits_in(const char *group)
{
	if (group[3] != '=')
		return 4;
	return group[2] == '=' ? 2 : 3;
}

bool base64_decode(struct str *out, struct view v)
{
	size_t start = out->len;

	if (v.n % 4 != 0)
		return false;
	for (size_t i = 0; i < v.n; i += 4) {
		size_t digits = digits_in(v.p + i);

		if ((digits < 4 && i + 4 != v.n) ||
		    !decode_group(out, v.p + i, digits)) {
			str_truncate(out, start);
			return false;
		}
	}
	return true;
}
