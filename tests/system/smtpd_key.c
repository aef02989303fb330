/*
 * Preloaded into OpenSMTPD, and into nothing else.
 *
 * OpenSMTPD 6.8 keeps private keys in a process of their own and has OpenSSL
 * call for them through the methods of an RSA key.  OpenSSL 3, which Debian 12
 * links it with, no longer does that: no handshake succeeds.  So hand it the
 * key itself, read before the process gives up its rights.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *PEM_read_PrivateKey(FILE *f, void **key, void *callback, void *arg);
int SSL_CTX_use_PrivateKey(void *ctx, void *key);

static void *test_key;

__attribute__((constructor)) static void read_key(void)
{
	const char *path = getenv("SMTPD_TEST_KEY");
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f)
		return;
	test_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	(void)fclose(f);
}

int SSL_CTX_use_PrivateKey(void *ctx, void *key)
{
	int (*real)(void *, void *);

	*(void **)&real = dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey");
	return real(ctx, test_key ? test_key : key);
}
