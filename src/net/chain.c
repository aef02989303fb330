#include "config.h"

#include "net/chain.h"

#include <string.h>

#include "base/base64.h"

#define TAG_INTEGER 0x02
#define TAG_SEQUENCE 0x30
#define TAG_VERSION 0xa0 /* [0] EXPLICIT */
/* Lengths of more bytes than this are no certificate's. */
#define LENGTH_BYTES_MAX 3
/* Both names nearly always lie within so many digits of base64: 432 bytes. */
#define HEAD_DIGITS 576
/* Larger blocks (Base64, with line ends) are no certificate. */
#define BLOCK_MAX 131072

void chain_free(struct chain *c)
{
	for (size_t i = 0; i < c->names; i++)
		str_free(&c->name[i]);
	for (size_t i = 0; i < c->certs; i++)
		str_free(&c->cert[i]);
	*c = CHAIN_INIT;
}

/* The length octets at v's start (X.690, 8.1.3), which are consumed. */
static bool take_length(struct view *v, size_t *length)
{
	size_t n;

	if (v->n == 0)
		return false;
	n = (unsigned char)v->p[0];
	*v = view_part(*v, 1, v->n);
	*length = n;
	if (n < 0x80)
		return true;
	n &= 0x7f;
	if (n == 0 || n > LENGTH_BYTES_MAX || n > v->n)
		return false;
	*length = 0;
	for (size_t i = 0; i < n; i++)
		*length = *length << 8 | (unsigned char)v->p[i];
	*v = view_part(*v, n, v->n);
	return true;
}

/* Go into an element; content ends with the view at the latest. */
static bool enter(struct view *v, unsigned char tag)
{
	size_t length;

	if (v->n == 0 || (unsigned char)v->p[0] != tag)
		return false;
	*v = view_part(*v, 1, v->n);
	if (!take_length(v, &length))
		return false;
	*v = view_part(*v, 0, length);
	return true;
}

/* Go past an element, which must be whole. */
static bool pass(struct view *v, unsigned char tag, struct view *whole)
{
	struct view rest = view_part(*v, 1, v->n);
	size_t length;

	if (v->n == 0 || (unsigned char)v->p[0] != tag ||
	    !take_length(&rest, &length) || length > rest.n)
		return false;
	*whole = view_part(*v, 0, v->n - rest.n + length);
	*v = view_part(*v, whole->n, v->n);
	return true;
}

bool chain_names_of(struct view der, struct view *issuer, struct view *subject)
{
	struct view v = der, skipped;

	if (!enter(&v, TAG_SEQUENCE)) /* Certificate */
		return false;
	if (!enter(&v, TAG_SEQUENCE)) /* TBSCertificate */
		return false;
	/* Version 1 has no version. */
	(void)pass(&v, TAG_VERSION, &skipped);
	return pass(&v, TAG_INTEGER, &skipped) &&  /* serial number */
	       pass(&v, TAG_SEQUENCE, &skipped) && /* signature algorithm */
	       pass(&v, TAG_SEQUENCE, issuer) &&
	       pass(&v, TAG_SEQUENCE, &skipped) && /* validity */
	       pass(&v, TAG_SEQUENCE, subject);
}

static bool wants(const struct chain *c, struct view name)
{
	for (size_t i = 0; i < c->names; i++)
		if (view_equal(str_view(&c->name[i]), name))
			return true;
	return false;
}

/* True where the name is new. */
static bool want(struct chain *c, struct view name)
{
	if (c->names == CHAIN_NAMES_MAX || wants(c, name))
		return false;
	str_add(&c->name[c->names++], name);
	return true;
}

void chain_want(struct chain *c, struct view der)
{
	struct view issuer, subject;

	if (!chain_names_of(der, &issuer, &subject))
		return;
	(void)want(c, issuer);
	(void)want(c, subject);
}

static bool skip_past(struct view *v, const char *mark)
{
	const char *p = v->n > 0 ? memmem(v->p, v->n, mark, strlen(mark))
				 : NULL;

	if (p)
		*v = view_part(*v, (size_t)(p - v->p) + strlen(mark), v->n);
	return p != NULL;
}

/* The text between the marks of the next certificate of *pem. */
static bool next_block(struct view *pem, struct view *text)
{
	while (skip_past(pem, "-----BEGIN ")) {
		struct view rest = *pem;

		if (!view_starts(rest, "CERTIFICATE-----") &&
		    !view_starts(rest, "X509 CERTIFICATE-----"))
			continue;
		if (!skip_past(&rest, "-----"))
			return false;
		*text = rest;
		if (!skip_past(&rest, "-----END "))
			return false;
		text->n -= rest.n + strlen("-----END ");
		*pem = rest;
		return true;
	}
	return false;
}

/* The digits of text without its line ends. */
static void join_lines(struct view text, struct str *digits)
{
	str_truncate(digits, 0);
	while (text.n > 0) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) + 1 : text.n;

		str_add(digits, view_trim(view_part(text, 0, n)));
		text = view_part(text, n, text.n);
	}
}

/* Decode the first digits (a multiple of four) and read the names. */
static bool names_within(struct view digits, size_t n, struct str *der,
			 struct view *issuer, struct view *subject)
{
	str_truncate(der, 0);
	return base64_decode(der, view_part(digits, 0, n)) &&
	       chain_names_of(str_view(der), issuer, subject);
}

static bool is_kept(const struct chain *c, const char *place)
{
	for (size_t i = 0; i < c->certs; i++)
		if (c->place[i] == place)
			return true;
	return false;
}

/* Buffers that every block is read with. */
struct reading {
	struct str digits;
	struct str der;
};

/* Keep the certificate in text if it is wanted; true where that is news. */
static bool consider(struct chain *c, struct view text, struct reading *r)
{
	struct view issuer, subject, digits;
	bool news;

	if (text.n > BLOCK_MAX || is_kept(c, text.p))
		return false;
	join_lines(text, &r->digits);
	digits = str_view(&r->digits);
	if (!names_within(digits, HEAD_DIGITS, &r->der, &issuer, &subject) &&
	    !names_within(digits, digits.n, &r->der, &issuer, &subject))
		return false;
	if (!wants(c, subject) || c->certs == CHAIN_CERTS_MAX)
		return false;
	news = want(c, issuer);
	c->place[c->certs] = text.p;
	if (base64_decode(&c->cert[c->certs], digits))
		c->certs++;
	return news;
}

size_t chain_collect(struct chain *c, struct view pem)
{
	struct reading r = { .digits = STR_INIT };
	size_t seen = 0;
	bool news = true;

	for (int i = 0; news && i < CHAIN_PASSES_MAX; i++) {
		struct view rest = pem, text;

		news = false;
		for (seen = 0; next_block(&rest, &text); seen++)
			if (consider(c, text, &r))
				news = true;
	}
	str_free(&r.digits);
	str_free(&r.der);
	return seen;
}
