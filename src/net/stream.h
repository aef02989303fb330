/*
 * stream: a way to move bytes, whatever carries them.
 *
 * TCP, TLS, a proxy tunnel, a transcript and the tests' scripted server all
 * look like this.  A stream that wraps another owns it: closing the outermost
 * one closes all.  Every call returns by its deadline.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct err;

struct stream_ops {
	const char *name;
	/* Bytes read into buf, 1..n; 0 at the orderly end; false on error. */
	bool (*read)(void *self, char *buf, size_t n, int64_t deadline_ms,
		     size_t *got, struct err *e);
	/* All n bytes, or false. */
	bool (*write)(void *self, const char *buf, size_t n,
		      int64_t deadline_ms, struct err *e);
	void (*close)(void *self);
};

struct stream {
	const struct stream_ops *ops;
	void *self; /* owned, freed by ops->close */
};

#endif
