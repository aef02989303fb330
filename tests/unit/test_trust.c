#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/pin.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "tls_peer.h"

#define HANDSHAKE_S 10

enum who {
	NOBODY,
	ROOT,
	STRANGER, /* a root that nobody trusts */
	MIDDLE,
	OLD_MIDDLE,
	LEAF_FIRST,
	GOOD = LEAF_FIRST,
	EXPIRED,
	EARLY,
	SELF_SIGNED,
	OTHER_NAME,
	FOREIGN,
	REVOKED,
	BELOW_MIDDLE,
	BELOW_OLD_MIDDLE,
	LITERAL,
	CLIENT,
	WEAK,
	STAPLE,
	OLD_AND_OTHER,
	WHO_COUNT
};

static const struct {
	struct identity_spec spec;
	enum who issuer;
} people[WHO_COUNT] = {
	[ROOT] = { { .cn = "Root", .until_days = 99, .ca = true }, NOBODY },
	[STRANGER] = { { .cn = "Stranger", .until_days = 99, .ca = true },
		       NOBODY },
	[MIDDLE] = { { .cn = "Middle", .until_days = 99, .ca = true }, ROOT },
	[OLD_MIDDLE] = { { .cn = "Old Middle",
			   .from_days = -9,
			   .until_days = -1,
			   .ca = true },
			 ROOT },
	[GOOD] = { { .cn = "leaf", .dns = { HOST }, .until_days = 9 }, ROOT },
	[EXPIRED] = { { .cn = "leaf",
			.dns = { HOST },
			.from_days = -9,
			.until_days = -2 },
		      ROOT },
	[EARLY] = { { .cn = "leaf",
		      .dns = { HOST },
		      .from_days = 2,
		      .until_days = 9 },
		    ROOT },
	[SELF_SIGNED] = { { .cn = "self", .dns = { HOST }, .until_days = 9 },
			  NOBODY },
	[OTHER_NAME] = { { .cn = "leaf",
			   .dns = { "a.example", "b.example" },
			   .until_days = 9 },
			 ROOT },
	[FOREIGN] = { { .cn = "leaf", .dns = { HOST }, .until_days = 9 },
		      STRANGER },
	[REVOKED] = { { .cn = "leaf", .dns = { HOST }, .until_days = 9 },
		      ROOT },
	[BELOW_MIDDLE] = { { .cn = "leaf", .dns = { HOST }, .until_days = 9 },
			   MIDDLE },
	[BELOW_OLD_MIDDLE] = { { .cn = "leaf",
				 .dns = { HOST },
				 .until_days = 9 },
			       OLD_MIDDLE },
	[LITERAL] = { { .cn = "leaf",
			.ip = "\x7f\x00\x00\x07",
			.until_days = 9 },
		      ROOT },
	[CLIENT] = { { .cn = "leaf",
		       .dns = { HOST },
		       .until_days = 9,
		       .client_only = true },
		     ROOT },
	[WEAK] = { { .cn = "leaf",
		     .dns = { HOST },
		     .until_days = 9,
		     .sha1 = true },
		   ROOT },
	[STAPLE] = { { .cn = "leaf",
		       .dns = { HOST },
		       .until_days = 9,
		       .must_staple = true },
		     ROOT },
	[OLD_AND_OTHER] = { { .cn = "leaf",
			      .dns = { "a.example" },
			      .from_days = -9,
			      .until_days = -2 },
			    ROOT },
};

static struct identity id[WHO_COUNT];

static int make_people(void **state)
{
	(void)state;
	for (int i = NOBODY + 1; i < WHO_COUNT; i++)
		identity_make(&id[i], &people[i].spec,
			      people[i].issuer == NOBODY
				      ? NULL
				      : &id[people[i].issuer]);
	return 0;
}

static int free_people(void **state)
{
	(void)state;
	for (int i = NOBODY + 1; i < WHO_COUNT; i++)
		identity_free(&id[i]);
	return 0;
}

/* One handshake: what the server presents, what we trust, what comes of it. */
static bool judged(const enum who *chain, const struct tls_config *c,
		   struct err *e)
{
	struct peer_server server = { .rc = 0 };
	struct stream lower, secure;
	bool ok;

	for (int i = 0; i < PEER_CHAIN_MAX && chain[i] != NOBODY; i++)
		server.chain[i] = &id[chain[i]];
	lower = tcp_stream(peer_server_start(&server));
	*e = ERR_INIT;
	ok = tls_start(lower, c, clock_after_s(HANDSHAKE_S), &secure, NULL, e);
	if (ok)
		secure.ops->close(secure.self);
	else
		lower.ops->close(lower.self);
	peer_server_join(&server);
	peer_server_free(&server);
	return ok;
}

static void write_trust(char *path, const enum who *trusted)
{
	CLEAN(str) struct str pem = STR_INIT;

	str_adds(&pem, "# authorities\n");
	for (; *trusted != NOBODY; trusted++)
		identity_add_pem(&id[*trusted], &pem);
	write_temporary(path, &pem);
}

struct verdict {
	enum who presented[PEER_CHAIN_MAX + 1];
	enum who trusted[PEER_CHAIN_MAX + 1];
	const char *host;
	const char *text; /* NULL: it is believed */
	const char *hint;
};

static const struct verdict verdicts[] = {
	{ { GOOD }, { STRANGER, ROOT }, HOST, NULL, NULL },
	{ { GOOD }, { ROOT }, HOST ".", NULL, NULL },
	{ { GOOD }, { ROOT }, "MAIL.example.org", NULL, NULL },
	{ { GOOD, ROOT }, { ROOT }, HOST, NULL, NULL },
	{ { GOOD, ROOT },
	  { STRANGER },
	  HOST,
	  "its issuer 'CN=Root'",
	  "tls_trust_file" },
	{ { EXPIRED }, { ROOT }, HOST, "it expired on 2", "clock" },
	{ { EARLY }, { ROOT }, HOST, "it is not valid before 2", "clock" },
	{ { SELF_SIGNED },
	  { ROOT },
	  HOST,
	  "it is self-signed",
	  "tls_fingerprint" },
	{ { SELF_SIGNED }, { SELF_SIGNED }, HOST, NULL, NULL },
	{ { SELF_SIGNED },
	  { SELF_SIGNED },
	  "x.example",
	  "it is for " HOST ", not for x.example",
	  "tls_host_override" },
	{ { OTHER_NAME },
	  { ROOT },
	  HOST,
	  "it is for a.example, b.example, not for " HOST,
	  "tls_host_override" },
	{ { FOREIGN },
	  { ROOT },
	  HOST,
	  "its issuer 'CN=Stranger' is not known",
	  "tls_trust_file" },
	{ { BELOW_MIDDLE, MIDDLE }, { ROOT }, HOST, NULL, NULL },
	{ { BELOW_MIDDLE },
	  { ROOT },
	  HOST,
	  "its issuer 'CN=Middle' is not known",
	  "tls_trust_file" },
	{ { BELOW_MIDDLE }, { MIDDLE, ROOT }, HOST, NULL, NULL },
	{ { BELOW_MIDDLE, MIDDLE },
	  { STRANGER },
	  HOST,
	  "its issuer 'CN=Root' is not known",
	  "tls_trust_file" },
	{ { BELOW_OLD_MIDDLE, OLD_MIDDLE },
	  { ROOT },
	  HOST,
	  "the certificate of its issuer 'CN=Old Middle' expired on 2",
	  "clock" },
	{ { LITERAL }, { ROOT }, "127.0.0.7", NULL, NULL },
	{ { LITERAL },
	  { ROOT },
	  "127.0.0.8",
	  "it is for 127.0.0.7, not for 127.0.0.8",
	  "host" },
	{ { CLIENT }, { ROOT }, HOST, "not made for a server", "" },
	{ { WEAK }, { ROOT }, HOST, "weak algorithm ECDSA-SHA1", "" },
	{ { STAPLE }, { ROOT }, HOST, "must-staple", "" },
	{ { OLD_AND_OTHER }, { ROOT }, HOST, "it expired on", "clock" },
	{ { OLD_AND_OTHER }, { ROOT }, HOST, "; it is for a.example", "" },
};

static void check_verdict(const struct verdict *v)
{
	char path[] = "/tmp/trustXXXXXX";
	struct tls_config c = { .host = v->host,
				.trust_file = path,
				.check = true };
	struct err e;
	bool ok;

	write_trust(path, v->trusted);
	ok = judged(v->presented, &c, &e);
	unlink(path);
	if (ok != (v->text == NULL) || (v->text && !strstr(e.text, v->text)) ||
	    (v->text && !strstr(e.hint, v->hint)) ||
	    (v->text && e.kind != ERR_TLS))
		fail_msg("row %d: kind %d: %s [%s]", (int)(v - verdicts),
			 e.kind, e.text, e.hint);
}

static void each_fault_has_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		check_verdict(&verdicts[i]);
}

static void revoked_is_refused_and_its_neighbour_is_not(void **state)
{
	char trust[] = "/tmp/trustXXXXXX", crl[] = "/tmp/crlXXXXXX";
	struct tls_config c = { .host = HOST,
				.trust_file = trust,
				.crl_file = crl,
				.check = true };
	CLEAN(str) struct str list = STR_INIT;
	struct err e;
	bool good, bad;

	(void)state;
	write_trust(trust, (enum who[]){ ROOT, NOBODY });
	identity_add_crl(&id[ROOT], &id[REVOKED], &list);
	write_temporary(crl, &list);
	good = judged((enum who[]){ GOOD, NOBODY }, &c, &e);
	bad = judged((enum who[]){ REVOKED, NOBODY }, &c, &e);
	unlink(trust);
	unlink(crl);
	assert_true(good);
	assert_false(bad);
	assert_non_null(strstr(e.text, "revoked"));
}

static void files_that_cannot_be_used_are_configuration(void **state)
{
	char trust[] = "/tmp/trustXXXXXX", empty[] = "/tmp/emptyXXXXXX";
	struct str nothing = STR_INIT;
	const struct {
		struct tls_config c;
		const char *text;
	} rows[] = {
		{ { .trust_file = "/nonexistent/x" }, "tls_trust_file" },
		{ { .trust_file = empty }, "no certificate" },
		{ { .trust_file = trust, .crl_file = "/nonexistent/x" },
		  "tls_crl_file" },
		{ { .trust_file = trust, .crl_file = empty },
		  "no list of revocations" },
	};

	(void)state;
	write_trust(trust, (enum who[]){ ROOT, NOBODY });
	write_temporary(empty, &nothing);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_config c = rows[i].c;
		struct err e;

		c.host = HOST;
		c.check = true;
		assert_false(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, rows[i].text));
	}
	unlink(trust);
	unlink(empty);
}

static void the_systems_store_does_not_know_us(void **state)
{
	struct tls_config c = { .host = HOST,
				.trust_file = "system",
				.check = true };
	struct err e;

	(void)state;
	assert_false(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
	assert_true(e.kind == ERR_TLS || e.kind == ERR_CONFIG);
}

static void without_trust_or_a_name_nothing_is_believed(void **state)
{
	struct tls_config c = { .host = HOST, .check = true };
	struct err e;

	(void)state;
	assert_false(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
	assert_int_equal(e.kind, ERR_TLS);
	c.host = NULL;
	assert_false(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void certcheck_off_believes_all(void **state)
{
	struct tls_config c = { .host = "x.example",
				.fingerprint = "00",
				.check = false };
	struct err e;

	(void)state;
	assert_true(judged((enum who[]){ EXPIRED, NOBODY }, &c, &e));
}

static void add_fingerprint(struct str *out, enum who who,
			    gnutls_digest_algorithm_t hash)
{
	char digest[64];
	size_t n = sizeof(digest);

	assert_int_equal(
		gnutls_x509_crt_get_fingerprint(id[who].crt, hash, digest, &n),
		0);
	pin_add_hex(out, (struct view){ digest, n });
}

/* The certificate that it names is expired, self-signed or for others. */
static void fingerprint_replaces_every_other_check(void **state)
{
	static const gnutls_digest_algorithm_t hashes[] = { GNUTLS_DIG_SHA256,
							    GNUTLS_DIG_SHA1,
							    GNUTLS_DIG_MD5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		CLEAN(str) struct str print = STR_INIT;
		struct tls_config c = { .host = "x.example", .check = true };
		struct err e;

		add_fingerprint(&print, EXPIRED, hashes[i]);
		c.fingerprint = print.s;
		assert_true(judged((enum who[]){ EXPIRED, NOBODY }, &c, &e));
		/* And a good one that is another is refused. */
		c.trust_file = "/nonexistent";
		assert_false(
			judged((enum who[]){ GOOD, EXPIRED, NOBODY }, &c, &e));
		assert_int_equal(e.kind, ERR_TLS);
		str_truncate(&print, 0);
		add_fingerprint(&print, GOOD, hashes[i]);
		assert_non_null(strstr(e.text, print.s));
	}
}

static void add_pin(struct str *out, enum who who)
{
	unsigned char key[32];
	size_t n = sizeof(key);

	assert_int_equal(gnutls_x509_crt_get_key_id(
				 id[who].crt, GNUTLS_KEYID_USE_SHA256, key, &n),
			 0);
	pin_add(out, (struct view){ (char *)key, n });
}

static void pins_are_checked_besides_the_authorities(void **state)
{
	char trust[] = "/tmp/trustXXXXXX";
	CLEAN(str) struct str good = STR_INIT;
	CLEAN(str) struct str other = STR_INIT;
	CLEAN(list) struct list pins = LIST_INIT;
	struct tls_config c = {
		.host = HOST, .trust_file = trust, .pins = &pins, .check = true
	};
	struct err e;

	(void)state;
	add_pin(&good, GOOD);
	add_pin(&other, EXPIRED);
	write_trust(trust, (enum who[]){ ROOT, NOBODY });
	list_add(&pins, other.s);
	assert_false(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
	assert_int_equal(e.kind, ERR_TLS);
	assert_non_null(strstr(e.text, good.s));
	assert_non_null(strstr(e.hint, "tls_pin"));
	assert_false(judged((enum who[]){ EXPIRED, NOBODY }, &c, &e));
	assert_non_null(strstr(e.text, "expired"));
	list_add(&pins, good.s);
	assert_true(judged((enum who[]){ GOOD, NOBODY }, &c, &e));
	unlink(trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_own_words),
		cmocka_unit_test(revoked_is_refused_and_its_neighbour_is_not),
		cmocka_unit_test(files_that_cannot_be_used_are_configuration),
		cmocka_unit_test(the_systems_store_does_not_know_us),
		cmocka_unit_test(without_trust_or_a_name_nothing_is_believed),
		cmocka_unit_test(certcheck_off_believes_all),
		cmocka_unit_test(fingerprint_replaces_every_other_check),
		cmocka_unit_test(pins_are_checked_besides_the_authorities),
	};

	return cmocka_run_group_tests_name("trust", tests, make_people,
					   free_people);
}
