/*
 * tunnel: a command's standard input and output as a stream.
 *
 * Run by /bin/sh -c with our environment and standard error.  What it says is
 * what the server says; it is to end when its input ends.
 */
#ifndef NET_TUNNEL_H
#define NET_TUNNEL_H

#include <stdint.h>

#include "base/attr.h"
#include "net/stream.h"

struct err;

/* On close the command gets so long to end by itself, then so long again
 * after SIGTERM, before it is killed. */
#define TUNNEL_PATIENCE_MS 1000

/*
 * ERR_SYSTEM where it cannot be started.  That it ends later is no error of
 * its own while its status is 0: the stream is at its end then; otherwise
 * reads and writes say ERR_NETWORK with the status in words.
 */
bool tunnel_open(const char *command, struct stream *out,
		 struct err *e) ATTR_MUST_USE;

#endif
