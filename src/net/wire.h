/*
 * wire: lines over a stream.
 *
 * Output waits in a buffer until wire_flush, so that a flight of commands is
 * one write.  Both buffers are secrets, because AUTH and private mail pass
 * through them.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "base/secret.h"
#include "base/str.h"
#include "net/stream.h"

struct transcript;

/* Longest line that is taken from a peer, without its line end. */
#define WIRE_LINE_MAX 2048
#define WIRE_IN_MAX 8192
/* As much of a secret's beginning is recognised when it is repeated. */
#define WIRE_ECHO_MIN 8
/* wire_stream writes once this much waits: four full TLS records. */
#define WIRE_OUT_FULL 65536

struct wire {
	struct stream stream;          /* owned */
	struct transcript *transcript; /* borrowed; NULL where none is kept */
	struct secret out;
	struct secret in;
	struct secret said; /* what wire_put_secret took, each with a newline */
	size_t in_start, in_end;
};

void wire_init(struct wire *w, struct stream stream,
	       struct transcript *transcript);
void wire_free(struct wire *w);

/*
 * Gather output.  wire_put_secret shows as <secret> in the transcript, and
 * where the peer repeats it (as some do with a command that they do not
 * understand), wire_line has asterisks.
 */
void wire_put(struct wire *w, struct view bytes);
void wire_put_secret(struct wire *w, const struct secret *bytes);
size_t wire_pending(const struct wire *w);
bool wire_flush(struct wire *w, int64_t deadline_ms,
		struct err *e) ATTR_MUST_USE;

/* Gather bulk output; whole multiples of WIRE_OUT_FULL leave at once. */
bool wire_stream(struct wire *w, struct view bytes, int64_t deadline_ms,
		 struct err *e) ATTR_MUST_USE;

/* The next line, without CRLF or LF.  It is valid until the next call. */
bool wire_line(struct wire *w, int64_t deadline_ms, struct view *line,
	       struct err *e) ATTR_MUST_USE;

/* True where bytes arrived that wire_line has not handed out. */
bool wire_has_input(const struct wire *w);

/* True where nothing has come that nobody asked for: neither bytes nor the end.
 * It does not wait. */
bool wire_is_quiet(struct wire *w);

/* Makes a stream that wraps `plain` and protects it; on false, plain is
 * untouched and still the caller's. */
typedef bool upgrade_fn(void *who, struct stream plain, int64_t deadline_ms,
			struct stream *secured, struct err *e);

/*
 * Continue over what `upgrade` makes of the present stream.  Fails (ERR_TLS)
 * before the handshake where the peer already sent bytes that would then pass
 * for protected ones.
 */
bool wire_upgrade(struct wire *w, upgrade_fn *upgrade, void *who,
		  int64_t deadline_ms, struct err *e) ATTR_MUST_USE;

#endif
