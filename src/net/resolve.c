#include "config.h"

#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

/* Shared by two threads; the one that lets go last frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t finished;
	int holders;
	bool done;
	char *host;
	int family;
	int rc; /* of getaddrinfo */
	int error;
	struct addrinfo *found;
};

static atomic_int hanging;

static int ask(const char *host, int family, int flags, struct addrinfo **found)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = flags };

	*found = NULL;
	return getaddrinfo(host, NULL, &hints, found);
}

static void set_port(struct address *a, int port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sa;

	if (a->sa.ss_family == AF_INET)
		in4->sin_port = htons((uint16_t)port);
	else
		in6->sin6_port = htons((uint16_t)port);
}

static const struct addrinfo *next_of(const struct addrinfo *ai, int family,
				      bool same)
{
	while (ai && ((ai->ai_family == family) != same ||
		      (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)))
		ai = ai->ai_next;
	return ai;
}

static void add(struct addresses *out, const struct addrinfo *ai, int port)
{
	struct address *a = &out->v[out->n];

	if (ai->ai_addrlen > sizeof(a->sa))
		return;
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, ai->ai_addr, ai->ai_addrlen);
	a->len = ai->ai_addrlen;
	set_port(a, port);
	out->n++;
}

/* Takes one of the preferred family, one of the other, and so on. */
static void interleave(const struct addrinfo *list, int port,
		       struct addresses *out)
{
	int family = list->ai_family;
	const struct addrinfo *turn = next_of(list, family, true);
	const struct addrinfo *other = next_of(list, family, false);
	bool same = true;

	out->n = 0;
	while (out->n < RESOLVE_ADDRESSES_MAX && (turn || other)) {
		const struct addrinfo *swap;

		if (turn) {
			add(out, turn, port);
			turn = next_of(turn->ai_next, family, same);
		}
		swap = turn;
		turn = other;
		other = swap;
		same = !same;
	}
}

bool resolve_literal(const char *host, int port, int family,
		     struct addresses *out)
{
	struct addrinfo *found;

	if (ask(host, family, AI_NUMERICHOST, &found) != 0)
		return false;
	interleave(found, port, out);
	freeaddrinfo(found);
	return out->n > 0;
}

static void let_go(struct lookup *l)
{
	bool last;

	pthread_mutex_lock(&l->lock);
	last = --l->holders == 0;
	pthread_mutex_unlock(&l->lock);
	if (!last)
		return;
	if (l->found)
		freeaddrinfo(l->found);
	pthread_cond_destroy(&l->finished);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l);
}

static void look_up(struct lookup *l)
{
	struct addrinfo *found;
	int rc = ask(l->host, l->family, 0, &found);
	int error = errno;

	pthread_mutex_lock(&l->lock);
	l->rc = rc;
	l->error = error;
	l->found = rc == 0 ? found : NULL;
	l->done = true;
	pthread_cond_signal(&l->finished);
	pthread_mutex_unlock(&l->lock);
	atomic_fetch_sub(&hanging, 1);
}

static void *run_thread(void *arg)
{
	struct lookup *l = arg;

	look_up(l);
	let_go(l);
	return NULL;
}

static struct lookup *lookup_new(const char *host, int family)
{
	struct lookup *l = mem_zero(1, sizeof(*l));
	pthread_condattr_t attr;

	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->finished, &attr);
	pthread_condattr_destroy(&attr);
	l->holders = 2;
	l->host = mem_copy(host);
	l->family = family;
	return l;
}

/* Signals are for the thread that knows what to do with them. */
static bool begin(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, run_thread, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

static bool wait_for(struct lookup *l, int64_t deadline_ms)
{
	struct timespec by = { .tv_sec = (time_t)(deadline_ms / 1000),
			       .tv_nsec = (deadline_ms % 1000) * 1000000 };
	int rc = 0;
	bool done;

	pthread_mutex_lock(&l->lock);
	while (!l->done && rc == 0)
		rc = deadline_ms == CLOCK_NEVER
			     ? pthread_cond_wait(&l->finished, &l->lock)
			     : pthread_cond_timedwait(&l->finished, &l->lock,
						      &by);
	done = l->done;
	pthread_mutex_unlock(&l->lock);
	return done;
}

static bool fail(const struct lookup *l, struct err *e)
{
	switch (l->rc) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		err_set(e, ERR_NOHOST, "the host name '%s' %s", l->host,
			l->family == AF_INET    ? "has no IPv4 address"
			: l->family == AF_INET6 ? "has no IPv6 address"
						: "does not exist");
		return err_hint(e, "check the keyword 'host'");
	case EAI_MEMORY:
		mem_exhausted();
	default:
		return err_set(e, ERR_NETWORK,
			       "the address of '%s' cannot be found: %s",
			       l->host,
			       l->rc == EAI_SYSTEM ? strerror(l->error)
						   : gai_strerror(l->rc));
	}
}

static bool collect(const struct lookup *l, int port, struct addresses *out,
		    struct err *e)
{
	if (l->rc != 0)
		return fail(l, e);
	interleave(l->found, port, out);
	if (out->n == 0)
		return err_set(e, ERR_NOHOST,
			       "the host name '%s' has no address", l->host);
	return true;
}

static bool resolve_name(const char *host, int port, int family,
			 int64_t deadline_ms, struct addresses *out,
			 struct err *e)
{
	struct lookup *l = lookup_new(host, family);
	bool ok;

	/* A machine that lends us no thread gets the lookup done at once. */
	if (!begin(l)) {
		l->holders = 1;
		look_up(l);
	}
	ok = wait_for(l, deadline_ms)
		     ? collect(l, port, out, e)
		     : err_set(e, ERR_NETWORK,
			       "the address of '%s' cannot be found: "
			       "name service did not answer in time",
			       host);
	let_go(l);
	return ok;
}

bool resolve_host(const char *host, int port, int family, int64_t deadline_ms,
		  struct addresses *out, struct err *e)
{
	if (resolve_literal(host, port, family, out))
		return true;
	if (atomic_fetch_add(&hanging, 1) < RESOLVE_HANGING_MAX)
		return resolve_name(host, port, family, deadline_ms, out, e);
	atomic_fetch_sub(&hanging, 1);
	return err_set(e, ERR_NETWORK,
		       "the address of '%s' cannot be found: "
		       "name service hangs",
		       host);
}

void resolve_text(const struct address *a, char text[RESOLVE_TEXT_MAX])
{
	if (getnameinfo((const struct sockaddr *)&a->sa, a->len, text,
			RESOLVE_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(text, RESOLVE_TEXT_MAX, "?");
}
