#include "config.h"

#include "net/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scan.h"
#include "net/aside.h"

#define NAME_MAX_TEXT 1025 /* a name with each byte escaped, and its NUL */
#define SRV_FIXED 6        /* bytes of an SRV record before its target */

/* --- the answer (RFC 1035, section 4) ------------------------------------- */

static bool get16(struct scan *s, int *out)
{
	if (s->end - s->p < 2)
		return false;
	*out = (unsigned char)s->p[0] << 8 | (unsigned char)s->p[1];
	s->p += 2;
	return true;
}

static bool skip(struct scan *s, int n)
{
	if (s->end - s->p < n)
		return false;
	s->p += n;
	return true;
}

/* The name at s as text, labels of its own and those it points to. */
static bool get_name(struct view packet, struct scan *s, char *out)
{
	const unsigned char *p = (const unsigned char *)packet.p;
	int n = dn_expand(p, p + packet.n, (const unsigned char *)s->p, out,
			  NAME_MAX_TEXT);

	return n >= 0 && skip(s, n);
}

static bool is_host_name(const char *s)
{
	if (strlen(s) >= SRV_TARGET_MAX)
		return false;
	for (const char *p = s; *p; p++)
		if (!ascii_is_alnum(*p) && *p != '-' && *p != '_' && *p != '.')
			return false;
	return *s != '\0';
}

/* What one answer says; `offered` is false once a target is the root. */
struct answer {
	struct srv_list *list;
	bool denied;
};

static bool read_srv(struct view packet, struct scan rdata, struct answer *a)
{
	struct srv *srv = &a->list->v[a->list->n];
	char target[NAME_MAX_TEXT];

	if (!get16(&rdata, &srv->priority) || !get16(&rdata, &srv->weight) ||
	    !get16(&rdata, &srv->port) || !get_name(packet, &rdata, target) ||
	    !scan_done(&rdata))
		return false;
	if (*target == '\0')
		a->denied = true;
	if (srv->port == 0 || !is_host_name(target))
		return true;
	memcpy(srv->target, target, strlen(target) + 1);
	a->list->n++;
	return true;
}

static bool read_record(struct view packet, struct scan *s, struct answer *a)
{
	char owner[NAME_MAX_TEXT];
	int type, class, length;
	struct scan rdata;

	if (!get_name(packet, s, owner) || !get16(s, &type) ||
	    !get16(s, &class) || !skip(s, 4) || !get16(s, &length))
		return false;
	rdata = *s;
	if (!skip(s, length))
		return false;
	rdata.end = s->p;
	if (type != ns_t_srv || class != ns_c_in || a->list->n == SRV_MAX)
		return true;
	return read_srv(packet, rdata, a);
}

static bool read_questions(struct view packet, struct scan *s, int n)
{
	char name[NAME_MAX_TEXT];

	for (int i = 0; i < n; i++)
		if (!get_name(packet, s, name) || !skip(s, 4))
			return false;
	return true;
}

static bool read_packet(struct view packet, struct answer *a)
{
	struct scan s = scan_of(packet);
	int questions, answers;

	if (!skip(&s, 4) || !get16(&s, &questions) || !get16(&s, &answers) ||
	    !skip(&s, 4) || !read_questions(packet, &s, questions))
		return false;
	for (int i = 0; i < answers; i++)
		if (!read_record(packet, &s, a))
			return false;
	return true;
}

bool srv_read(struct view packet, struct srv_list *out, struct err *e)
{
	struct answer a = { .list = out };

	out->n = 0;
	if (!read_packet(packet, &a))
		return err_set(e, ERR_NETWORK,
			       "the answer of name service is malformed");
	if (out->n > 0)
		return true;
	return err_set(e, ERR_NOHOST, "%s",
		       a.denied ? "the domain says that it has no such service"
				: "there is no such record");
}

/* --- the question ----------------------------------------------------------
 */

struct query {
	char *name;
	int length; /* of the answer, or -1 */
	int error;  /* h_errno */
	char answer[NS_MAXMSG];
};

static void ask(void *job)
{
	struct query *q = job;
	struct __res_state state = { 0 };

	q->length = -1;
	q->error = NO_RECOVERY;
	if (res_ninit(&state) != 0)
		return;
	q->length = res_nquery(&state, q->name, ns_c_in, ns_t_srv,
			       (unsigned char *)q->answer, sizeof(q->answer));
	q->error = state.res_h_errno;
	res_nclose(&state);
}

static void query_free(void *job)
{
	struct query *q = job;

	free(q->name);
	free(q);
}

static bool judge(const struct query *q, struct srv_list *out, struct err *e)
{
	size_t n = q->length > NS_MAXMSG ? NS_MAXMSG : (size_t)q->length;

	if (q->length >= 0)
		return srv_read((struct view){ q->answer, n }, out, e);
	switch (q->error) {
	case HOST_NOT_FOUND:
	case NO_DATA:
		return err_set(e, ERR_NOHOST, "there is no such record");
	case TRY_AGAIN:
		return err_set(e, ERR_NETWORK, "name service failed");
	default:
		return err_set(e, ERR_NETWORK, "name service refused to say");
	}
}

static bool look_up(const char *name, int64_t deadline_ms, struct srv_list *out,
		    struct err *e)
{
	struct query *q = mem_zero(1, sizeof(*q));
	bool ok;

	q->name = mem_copy(name);
	switch (aside_run(q, ask, query_free, deadline_ms)) {
	case ASIDE_LATE:
		return err_set(e, ERR_NETWORK,
			       "name service did not answer in time");
	case ASIDE_FULL:
		return err_set(e, ERR_NETWORK, "name service hangs");
	case ASIDE_DONE:
	default:
		ok = judge(q, out, e);
		query_free(q);
		return ok;
	}
}

bool srv_lookup(const char *domain, const char *service, int64_t deadline_ms,
		struct srv_list *out, struct err *e)
{
	CLEAN(str) struct str name = STR_INIT;

	out->n = 0;
	str_addf(&name, "%s.%s", service, domain);
	return look_up(name.s, deadline_ms, out, e) ||
	       err_context(e, "SRV record of %s", name.s);
}

/* --- the order -------------------------------------------------------------
 */

/* Where the next is to be found: behind the lightest, as far as chance goes
 * (RFC 2782: those of weight 0 come first in the row). */
static size_t pick(const struct srv *v, size_t n, uint32_t random)
{
	uint32_t sum = 0, place, passed = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)v[i].weight;
	place = random % (sum + 1);
	for (size_t i = 0; place == 0 && i < n; i++)
		if (v[i].weight == 0)
			return i;
	for (size_t i = 0; i < n; i++) {
		passed += (uint32_t)v[i].weight;
		if (passed >= place && v[i].weight > 0)
			return i;
	}
	return 0;
}

static void move_up(struct srv *v, size_t from)
{
	struct srv moved = v[from];

	memmove(v + 1, v, from * sizeof(*v));
	v[0] = moved;
}

/* Stable, so that chance alone decides inside a priority. */
static void sort(struct srv_list *l)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t j = i; j > 0; j--)
			if (l->v[j - 1].priority > l->v[j].priority)
				move_up(&l->v[j - 1], 1);
}

void srv_order(struct srv_list *l, const uint32_t random[SRV_MAX])
{
	sort(l);
	for (size_t i = 0; i < l->n; i++) {
		size_t same = 1;

		while (i + same < l->n &&
		       l->v[i + same].priority == l->v[i].priority)
			same++;
		move_up(&l->v[i], pick(&l->v[i], same, random[i]));
	}
}

bool srv_is_within(const char *target, const char *domain)
{
	size_t n = strlen(target), m = strlen(domain);

	if (n < m || ascii_casecmp(target + n - m, domain) != 0)
		return false;
	return n == m || target[n - m - 1] == '.';
}
