/* --configure: an account for a mail address, from what its domain says in the
 * DNS (RFC 6186, RFC 8314). */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/mode.h"
#include "config/files.h"
#include "msg/address.h"
#include "net/idn.h"
#include "net/srv.h"

#define LIMIT_S 30 /* of name service, for each question */
#define LABEL_MAX 63

/* The services that are asked for, in this order. */
static const struct service {
	const char *name;
	bool starttls;
} services[] = {
	{ "_submissions._tcp", false },
	{ "_submission._tcp", true },
};

struct found {
	struct mailbox address;
	struct str domain; /* in A-labels */
	const struct service *service;
	struct srv server;
};

static void found_free(struct found *f)
{
	mailbox_free(&f->address);
	str_free(&f->domain);
}

/* RFC 1035, 2.3.4: empty labels and long ones are no name to ask for. */
static bool is_domain(struct view v)
{
	size_t label = 0;

	for (size_t i = 0; i < v.n; i++) {
		label = v.p[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || v.p[0] == '[' ||
		    (label == 0 && (i == 0 || v.p[i - 1] == '.')))
			return false;
	}
	return label > 0 && v.n < SRV_TARGET_MAX;
}

static bool read_address(const char *text, struct found *f, struct err *e)
{
	if (!address_parse_one(view_of(text), &f->address, e))
		return false;
	if (f->address.domain &&
	    !idn_to_ascii(view_of(f->address.domain), &f->domain, e))
		return false;
	return is_domain(str_view(&f->domain)) ||
	       err_set(e, ERR_MESSAGE, "'%s' has no domain to ask", text);
}

/* The lowest priority, of these the highest weight: the same each time. */
static const struct srv *best(const struct srv_list *l)
{
	const struct srv *b = &l->v[0];

	for (size_t i = 1; i < l->n; i++)
		if (l->v[i].priority < b->priority ||
		    (l->v[i].priority == b->priority &&
		     l->v[i].weight > b->weight))
			b = &l->v[i];
	return b;
}

static bool find_server(struct found *f, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		struct srv_list l;

		if (srv_lookup(f->domain.s, services[i].name,
			       clock_after_s(LIMIT_S), &l, e)) {
			f->service = &services[i];
			f->server = *best(&l);
			return true;
		}
		if (e->kind != ERR_NOHOST)
			return false;
	}
	err_set(e, ERR_NOHOST,
		"the domain '%s' does not say in the DNS which server takes "
		"its users' mail",
		f->domain.s);
	return err_hint(e, "the provider's own pages name host and port; "
			   "postrider.conf(5) has an account to start from");
}

/* The file that the block belongs into. */
static void add_place(const struct args *a, struct str *out)
{
	const struct config_wishes w = {
		.file = a->file,
		.msmtp_name = a->dialect == DIALECT_MSMTP,
	};
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(list) struct list places = LIST_INIT;
	const char *place = files_named(&w);

	files_user(&c, &w, &places);
	for (size_t i = 0; i < places.n && !place; i++)
		if (access(places.v[i], F_OK) == 0)
			place = places.v[i];
	if (!place && places.n > 0)
		place = places.v[0];
	str_add_printable(out, view_of(place ? place : "your configuration"));
}

/* As a word of sh. */
static void add_word(struct str *out, const char *text)
{
	str_addc(out, '\'');
	for (const char *p = text; *p; p++)
		if (*p == '\'')
			str_adds(out, "'\\''");
		else
			str_addc(out, *p);
	str_addc(out, '\'');
}

/* A value that has quotes around it needs a pair more. */
static void add_setting(struct str *out, const char *name, const char *value)
{
	size_t n = strlen(value);
	bool quoted = n > 1 && value[0] == '"' && value[n - 1] == '"';

	str_addf(out, quoted ? "%s \"%s\"\n" : "%s %s\n", name, value);
}

static void add_warning(const struct found *f, struct str *out)
{
	if (srv_is_within(f->server.target, f->domain.s))
		return;
	str_addf(out,
		 "# Warning: %s does not belong to %s,\n"
		 "# and nothing proves that this answer of the DNS is genuine: "
		 "make sure\n"
		 "# by other means that this is the right server.\n",
		 f->server.target, f->domain.s);
}

static void add_password_hint(const struct found *f, struct str *out)
{
	str_adds(out, "# To keep the password in the keyring of the desktop "
		      "(it is asked for):\n"
		      "#   secret-tool store --label=postrider host ");
	add_word(out, f->server.target);
	str_adds(out, " service smtp user ");
	add_word(out, f->address.local);
	str_adds(out, "\n# or a command that prints it:\n"
		      "#   passwordeval gpg --quiet --decrypt "
		      "~/.mail-password.gpg\n");
}

static void add_account(const struct found *f, struct str *out)
{
	CLEAN(str) struct str path = STR_INIT;
	bool simple;

	mailbox_add_path(&f->address, &path);
	simple = !strpbrk(path.s, ":,\" ");
	str_addf(out, "account %s\n", simple ? path.s : f->domain.s);
	str_addf(out, "host %s\nport %d\ntls on\ntls_starttls %s\nauth on\n",
		 f->server.target, f->server.port,
		 f->service->starttls ? "on" : "off");
	str_adds(out, "# Some providers want the whole address here:\n");
	add_setting(out, "user", f->address.local);
	add_setting(out, "from", path.s);
}

static void print_account(const struct args *a, const struct found *f)
{
	CLEAN(str) struct str text = STR_INIT;

	str_adds(&text, "# For ");
	add_place(a, &text);
	str_addf(&text, ", by %s.%s:\n", f->service->name, f->domain.s);
	add_warning(f, &text);
	add_account(f, &text);
	add_password_hint(f, &text);
	fwrite(text.s, 1, text.len, stdout);
}

int cmd_configure(const struct ui *ui, const struct args *a)
{
	CLEAN(found) struct found f = { .service = NULL };
	struct err e = ERR_INIT;

	if (!read_address(a->configure, &f, &e) || !find_server(&f, &e))
		return fail(ui, &e);
	print_account(a, &f);
	return 0;
}
