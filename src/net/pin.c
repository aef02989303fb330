#include "config.h"

#include "net/pin.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/err.h"

#define SHA256_BYTES 32
#define SHA1_BYTES 20
#define MD5_BYTES 16

/* Whether text is pairs with at most one separator between two. */
static bool add_pairs(const char *text, struct str *out)
{
	while (*text) {
		int high = ascii_hex_value(text[0]);
		int low = high < 0 ? -1 : ascii_hex_value(text[1]);

		if (low < 0)
			return false;
		str_addc(out, (char)(high << 4 | low));
		text += 2;
		if ((*text == ':' || *text == ' ') && text[1])
			text++;
	}
	return true;
}

bool pin_parse_fingerprint(const char *text, struct str *out, struct err *e)
{
	size_t start = out->len, n;
	bool ok = add_pairs(text, out);

	n = out->len - start;
	if (ok && (n == SHA256_BYTES || n == SHA1_BYTES || n == MD5_BYTES))
		return true;
	str_truncate(out, start);
	err_set(e, ERR_CONFIG, "tls_fingerprint '%s' is no fingerprint", text);
	return err_hint(e, "give the SHA-256 of the certificate: 64 "
			   "hexadecimal digits, ':' between pairs if you like");
}

void pin_add_hex(struct str *out, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		str_addf(out, "%s%02X", i > 0 ? ":" : "",
			 (unsigned int)(unsigned char)bytes.p[i]);
}

void pin_add(struct str *out, struct view sha256)
{
	str_adds(out, PIN_PREFIX);
	base64_add(out, sha256);
}

static bool parse(const char *pin, struct str *out)
{
	struct view v = view_of(pin);

	return view_starts_nocase(v, PIN_PREFIX) &&
	       base64_decode(out, view_part(v, strlen(PIN_PREFIX), v.n)) &&
	       out->len == SHA256_BYTES;
}

bool pin_check(const struct list *pins, struct err *e)
{
	for (size_t i = 0; i < pins->n; i++) {
		CLEAN(str) struct str bytes = STR_INIT;

		if (parse(pins->v[i], &bytes))
			continue;
		err_set(e, ERR_CONFIG, "tls_pin '%s' is no pin", pins->v[i]);
		return err_hint(e, "a pin is sha256: and 44 characters of "
				   "Base64");
	}
	return true;
}

bool pin_matches(const struct list *pins, struct view sha256)
{
	for (size_t i = 0; i < pins->n; i++) {
		CLEAN(str) struct str bytes = STR_INIT;

		if (parse(pins->v[i], &bytes) &&
		    view_equal(str_view(&bytes), sha256))
			return true;
	}
	return false;
}
