#include "config.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/mech.h"
#include "auth/sasl.h"
#include "cli/mode.h"
#include "config/files.h"
#include "net/idn.h"
#include "net/tls.h"

/* What was built: a line of words for each kind of thing. */
static const char features[] =
	"Ways to a server: IPv4 and IPv6, SRV records, unix socket, command, "
	"SOCKS5, HTTP CONNECT\n"
	"Protocols: SMTP and LMTP, in clear, with STARTTLS, with TLS from the "
	"start\n"
	"SMTP extensions: PIPELINING CHUNKING SIZE 8BITMIME BINARYMIME SMTPUTF8 "
	"DSN ENHANCEDSTATUSCODES AUTH REQUIRETLS DELIVERBY FUTURERELEASE "
	"MT-PRIORITY LIMITS\n"
	"Secrets: file, command, descriptor, credential, keyring, netrc, "
	"terminal, PKCS#11\n"
	"Logs: file, syslog, journal; classic, JSON\n";

/* The place that counts: the first where there is a file, else the first. */
static void show_place(const char *what, const struct list *places)
{
	size_t at = 0;

	for (size_t i = places->n; i-- > 0;)
		if (access(places->v[i], F_OK) == 0)
			at = i;
	printf("%s configuration file name: %s\n", what,
	       places->n > 0 ? places->v[at] : "none");
}

static void show_places(bool msmtp_name)
{
	const struct config_wishes wishes = { .msmtp_name = msmtp_name,
					      .system_dir = SYSCONFDIR };
	CLEAN(config) struct config notes = CONFIG_INIT;
	CLEAN(list) struct list system = LIST_INIT;
	CLEAN(list) struct list user = LIST_INIT;

	files_system(&wishes, &system);
	files_user(&notes, &wishes, &user);
	show_place("System", &system);
	show_place("User", &user);
}

static void show_methods(void)
{
	const char *between = "";

	puts("Supported authentication methods:");
	for (size_t i = 0; mech_at(i); i++)
		if (sasl_supports(mech_at(i))) {
			printf("%s%s", between, mech_at(i)->keyword);
			between = " ";
		}
	putchar('\n');
}

void show_version(bool msmtp_name)
{
	printf("postrider version %s\n", PACKAGE_VERSION);
	printf("Platform: %s\n", HOST_TRIPLET);
	printf("TLS/SSL library: GnuTLS %s\n", tls_library_version());
	printf("Authentication library: GNU SASL %s; "
	       "oauthbearer, xoauth2: built-in\n",
	       sasl_library_version());
	show_methods();
	printf("IDN support: enabled, libidn2 %s\n", idn_library_version());
	puts("NLS: disabled");
	puts("Keyring support: secret-tool");
	fputs(features, stdout);
	show_places(msmtp_name);
}

int cmd_version(int argc, char **argv)
{
	if (argc > 1) {
		const struct ui ui = { .program = "postrider" };
		struct err e = ERR_INIT;

		err_set(&e, ERR_USAGE, "version takes no argument '%s'",
			argv[1]);
		return fail(&ui, &e);
	}
	show_version(false);
	return EX_OK;
}
