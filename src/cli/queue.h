/*
 * queue: what the actions of the verb `queue` share.
 *
 * Each action gets the folders and the words of the command line and gives the
 * exit status; cmd_queue.c has the table.
 */
#ifndef CLI_QUEUE_H
#define CLI_QUEUE_H

#include "cli/queues.h"

struct queue_call {
	struct ui ui;
	struct queues queues;
	struct queues_wanted wanted;
	struct list ids; /* as they were given */
	bool json, yes, message;
	bool terminal; /* standard output is one */
	int64_t now;   /* time(2) */
};

/* All items that can be read; damage is told on stderr. */
typedef void queue_each_fn(struct queue_call *c, const struct queue *q,
			   const struct seen *s, void *who);
/* False: not all could be read; the first reason is in e. */
bool queue_each(struct queue_call *c, queue_each_fn *each, void *who,
		struct err *e) ATTR_MUST_USE;

int queue_list(struct queue_call *c);
int queue_show(struct queue_call *c);
int queue_hold(struct queue_call *c);
int queue_release(struct queue_call *c);
int queue_remove(struct queue_call *c);
int queue_bounce(struct queue_call *c);

/* Look at one that was there a moment ago; false where it cannot be read or,
 * with ERR_NOINPUT, is gone. */
bool queue_look_now(const struct queue *q, const char *id, struct seen *s,
		    struct err *e) ATTR_MUST_USE;

/* Append the object that stands for an item. */
void queue_add_json(struct str *out, const struct seen *s);

/* An array of all, or of those that were named. */
int queue_list_json(struct queue_call *c);

/*
 * Do one thing to each of the items that were named, with their locks: act
 * tells what went wrong, and gives false then.  The status of the worst.
 */
typedef bool queue_act_fn(struct queue_call *c, const struct queue *q,
			  struct taken *t, struct err *e);
int queue_change(struct queue_call *c, queue_act_fn *act);

/* mailq: in the layout that users know.  The exit status. */
int queue_mailq(const struct ui *ui, struct queues *q);

/* Words: "12s", "5m", "3h", "2d"; "1.2K"; "in 5m", "now". */
void queue_add_span(struct str *out, int64_t seconds);
void queue_add_size(struct str *out, uint64_t bytes);
void queue_add_next(struct str *out, const struct seen *s, int64_t now);

/* The size of the message as it stands in the queue. */
uint64_t queue_size(const struct item *it);

/* "<>" for the null sender.  Borrowed. */
const char *queue_sender(const struct item *it);

/* Somebody may have got it without our knowing: as long as the mark of the last
 * flight is there nobody has noted an answer. */
bool queue_is_uncertain(const struct item *it);

/* Why it is where it is; nothing where nobody has said. */
void queue_add_answer(struct str *out, const struct seen *s);

#endif
