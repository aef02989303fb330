#include "config.h"

#include "base/watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Events that are read at once, and how often in a row. */
#define EVENTS_SIZE 16384
#define READS_MAX 64

void watch_start(struct watch *w, const char *path, const char *poked)
{
	CLEAN(str) struct str file = STR_INIT;

	w->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	w->folder = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->folder < 0)
		return;
	str_addf(&file, "%s/%s", path, poked);
	w->file = inotify_add_watch(w->folder, file.s, IN_ATTRIB);
	if (inotify_add_watch(w->folder, path,
			      IN_MOVED_TO | IN_CREATE | IN_ONLYDIR) >= 0)
		return;
	close(w->folder);
	w->folder = -1;
}

void watch_free(struct watch *w)
{
	if (w->folder >= 0)
		close(w->folder);
	if (w->clock >= 0)
		close(w->clock);
	*w = WATCH_INIT;
}

/* One event at p; its length, 0 where it is cut off. */
static size_t take_event(const struct watch *w, struct view v,
			 struct list *names, bool *all)
{
	struct inotify_event event;

	if (v.n < sizeof(event))
		return 0;
	memcpy(&event, v.p, sizeof(event));
	if (v.n - sizeof(event) < event.len)
		return 0;
	if ((event.mask & IN_Q_OVERFLOW) != 0 || event.wd == w->file)
		*all = true;
	else if (event.len > 0)
		list_add_view(names, view_of(v.p + sizeof(event)));
	return sizeof(event) + event.len;
}

bool watch_take(const struct watch *w, struct list *names)
{
	char events[EVENTS_SIZE];
	bool all = false;

	if (w->folder < 0)
		return true;
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t got = read(w->folder, events, sizeof(events));
		struct view v = { events, got > 0 ? (size_t)got : 0 };
		size_t n = 1;

		if (got <= 0)
			break;
		while (v.n > 0 && n > 0) {
			n = take_event(w, v, names, &all);
			v = view_part(v, n, v.n);
		}
	}
	return all;
}

void watch_wake_at(const struct watch *w, int64_t when)
{
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };
	uint64_t fired;

	if (w->clock < 0)
		return;
	(void)!read(w->clock, &fired, sizeof(fired));
	if (when != INT64_MAX)
		at.it_value.tv_sec = when > 0 ? when : 1;
	(void)timerfd_settime(w->clock,
			      TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at,
			      NULL);
}
