#include "config.h"

#include "net/aside.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

/* Shared by two threads; the one that lets go last frees it. */
struct errand {
	pthread_mutex_t lock;
	pthread_cond_t finished;
	int holders;
	bool done;
	bool collected; /* the job is the caller's */
	void *job;
	void (*run)(void *job);
	void (*release)(void *job);
};

static atomic_int hanging;

static void let_go(struct errand *x)
{
	bool last;

	pthread_mutex_lock(&x->lock);
	last = --x->holders == 0;
	pthread_mutex_unlock(&x->lock);
	if (!last)
		return;
	if (!x->collected)
		x->release(x->job);
	pthread_cond_destroy(&x->finished);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

static void do_it(struct errand *x)
{
	x->run(x->job);
	pthread_mutex_lock(&x->lock);
	x->done = true;
	pthread_cond_signal(&x->finished);
	pthread_mutex_unlock(&x->lock);
	atomic_fetch_sub(&hanging, 1);
}

static void *run_thread(void *arg)
{
	struct errand *x = arg;

	do_it(x);
	let_go(x);
	return NULL;
}

static struct errand *errand_new(void *job, void (*run)(void *job),
				 void (*release)(void *job))
{
	struct errand *x = mem_zero(1, sizeof(*x));
	pthread_condattr_t attr;

	pthread_mutex_init(&x->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&x->finished, &attr);
	pthread_condattr_destroy(&attr);
	x->holders = 2;
	x->job = job;
	x->run = run;
	x->release = release;
	return x;
}

/* Signals are for the thread that knows what to do with them. */
static bool begin(struct errand *x)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, run_thread, x);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

static bool wait_for(struct errand *x, int64_t deadline_ms)
{
	struct timespec by = { .tv_sec = (time_t)(deadline_ms / 1000),
			       .tv_nsec = (deadline_ms % 1000) * 1000000 };
	int rc = 0;

	pthread_mutex_lock(&x->lock);
	while (!x->done && rc == 0)
		rc = deadline_ms == CLOCK_NEVER
			     ? pthread_cond_wait(&x->finished, &x->lock)
			     : pthread_cond_timedwait(&x->finished, &x->lock,
						      &by);
	x->collected = x->done;
	pthread_mutex_unlock(&x->lock);
	return x->collected;
}

enum aside aside_run(void *job, void (*run)(void *job),
		     void (*release)(void *job), int64_t deadline_ms)
{
	struct errand *x;
	bool done;

	if (atomic_fetch_add(&hanging, 1) >= ASIDE_HANGING_MAX) {
		atomic_fetch_sub(&hanging, 1);
		release(job);
		return ASIDE_FULL;
	}
	x = errand_new(job, run, release);
	/* A machine that lends us no thread gets it done at once. */
	if (!begin(x)) {
		x->holders = 1;
		do_it(x);
	}
	done = wait_for(x, deadline_ms);
	let_go(x);
	return done ? ASIDE_DONE : ASIDE_LATE;
}
