/*
 * Input: whether a lone dot ends it, then a message.  Holds: no field holds a
 * line end that is no folding; the body has LF line ends, the last one too;
 * the facts are the body's.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/err.h"
#include "msg/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const struct field *f)
{
	struct view v = field_value(f);

	if (f->name[0] == '\0' || view_has_control(view_of(f->name)) ||
	    (v.n > 0 && memchr(v.p, '\r', v.n)))
		abort();
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\n' &&
		    (i + 1 == v.n || !ascii_is_blank(v.p[i + 1])))
			abort();
}

static void check_body(const struct draft *d, const struct facts *facts)
{
	size_t size = (size_t)d->size, got = 0;
	char *body = malloc(size + 1);
	struct facts now = FACTS_INIT;
	struct err e;

	if (!body || !draft_read(d, 0, body, size + 1, &got, &e) || got != size)
		abort();
	facts_note(&now, (struct view){ body, got });
	if (memchr(body, '\r', got) || now.current != 0 ||
	    now.octets != facts->octets || now.lines != facts->lines ||
	    now.longest != facts->longest || now.has_nul != facts->has_nul ||
	    now.has_8bit != facts->has_8bit)
		abort();
	free(body);
}

static void read_and_check(int fd, bool dot_ends)
{
	CLEAN(reader) struct reader r;
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct facts facts;
	struct err e = ERR_INIT;

	reader_init(&r, fd, dot_ends);
	if (!reader_headers(&r, &h, &e)) {
		if (e.kind != ERR_MESSAGE)
			abort();
		return;
	}
	for (size_t i = 0; i < h.n; i++)
		check_field(&h.v[i]);
	if (!draft_open(&d, &e) || !reader_body(&r, &d, &facts, &e) ||
	    !draft_flush(&d, &e))
		abort();
	check_body(&d, &facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (size < 1)
		return 0;
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1) ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	read_and_check(fd, data[0] & 1);
	close(fd);
	return 0;
}
