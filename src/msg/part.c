#include "config.h"

#include "msg/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/mem.h"
#include "msg/mime.h"
#include "msg/word.h"

#define PART_PIECE 65536
#define OCTETS "application/octet-stream"

/* A file to be sent; free() releases all of it. */
struct file {
	char *path, *type;
	struct str name; /* without folders, UTF-8, no controls */
	int fd;
	enum part_how how;
};

#define FILE_NONE ((struct file){ .fd = -1 })

static void file_free(struct file *f)
{
	mem_string_free(&f->path);
	mem_string_free(&f->type);
	str_free(&f->name);
	part_fd_free(&f->fd);
}

void part_fd_free(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void part_group_free(struct part_group *g)
{
	str_free(&g->boundary);
}

static void add_field(struct headers *h, const char *name, const char *value)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addc(&text, ' ');
	str_adds(&text, value);
	headers_add(h, view_of(name), str_view(&text));
}

static bool put_header(struct part_writer *w, const struct headers *fields,
		       struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	for (size_t i = 0; w->headers && i < fields->n; i++)
		headers_add(w->headers, view_of(fields->v[i].name),
			    field_value(&fields->v[i]));
	if (w->headers) {
		w->headers = NULL;
		return true;
	}
	headers_write(fields, &text);
	str_addc(&text, '\n');
	return text_put(&w->to, str_view(&text), e);
}

/* --- groups ----------------------------------------------------------------
 */

bool part_group_open(struct part_writer *w, const char *type,
		     struct part_group *g, struct err *e)
{
	CLEAN(headers) struct headers fields = HEADERS_INIT;
	CLEAN(str) struct str value = STR_INIT;

	mime_add_boundary(&g->boundary);
	str_addf(&value, "%s;\n boundary=\"%s\"", type, g->boundary.s);
	add_field(&fields, "Content-Type", value.s);
	return put_header(w, &fields, e);
}

/* The line end before a boundary is the boundary's (RFC 2046, 5.1.1). */
static bool put_boundary(struct part_writer *w, struct part_group *g,
			 const char *after, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;

	str_addf(&text, "%s--%s%s\n", g->begun ? "\n" : "", g->boundary.s,
		 after);
	g->begun = true;
	return text_put(&w->to, str_view(&text), e);
}

bool part_group_next(struct part_writer *w, struct part_group *g, struct err *e)
{
	return put_boundary(w, g, "", e);
}

bool part_group_close(struct part_writer *w, struct part_group *g,
		      struct err *e)
{
	return put_boundary(w, g, "--", e);
}

/* --- texts -----------------------------------------------------------------
 */

bool part_text(struct part_writer *w, const char *type,
	       const struct draft *text, const struct facts *facts,
	       struct err *e)
{
	CLEAN(headers) struct headers fields = HEADERS_INIT;
	CLEAN(str) struct str value = STR_INIT;
	bool plain = !facts->has_8bit && !facts->has_nul &&
		     facts->longest <= FACTS_LINE_MAX;

	str_addf(&value, "%s; charset=utf-8", type);
	add_field(&fields, "Content-Type", value.s);
	add_field(&fields, "Content-Transfer-Encoding",
		  plain ? "7bit" : "quoted-printable");
	if (!put_header(w, &fields, e))
		return false;
	return plain ? text_copy(text, &w->to, e)
		     : text_copy_qp(text, &w->to, e);
}

/* --- files -----------------------------------------------------------------
 */

/* A device has no end, but for a terminal's and that of /dev/null. */
static bool is_endless(int fd, const struct stat *st)
{
	struct stat null;

	if (S_ISBLK(st->st_mode))
		return true;
	return S_ISCHR(st->st_mode) && !isatty(fd) &&
	       (stat("/dev/null", &null) < 0 || null.st_rdev != st->st_rdev);
}

/* 0, or what is wrong with it as a file to send. */
static int unfit(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return is_endless(fd, &st) ? ENODEV : 0;
}

bool part_open(const char *path, int *fd, struct err *e)
{
	int why;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	why = *fd < 0 ? errno : unfit(*fd);
	if (why == 0)
		return true;
	part_fd_free(fd);
	*fd = -1;
	errno = why;
	err_errno(e, "cannot read '%s'", path);
	e->kind = ERR_NOINPUT;
	return false;
}

/* A name that any system and any header takes. */
static void set_name(struct file *f)
{
	const char *slash = strrchr(f->path, '/');
	struct view v = view_of(slash ? slash + 1 : f->path);

	while (v.n > 0) {
		size_t n = view_utf8_char(v);
		bool good = n > 0 && !ascii_is_control(v.p[0]);

		n = n > 0 ? n : 1;
		str_add(&f->name, good ? view_part(v, 0, n) : view_of("_"));
		v = view_part(v, n, v.n);
	}
}

static void take_argument(struct file *f, const char *argument)
{
	const char *colon = strrchr(argument, ':');
	CLEAN(str) struct str type = STR_INIT;

	if (colon && access(argument, F_OK) != 0 &&
	    mime_is_type(view_of(colon + 1))) {
		f->path = mem_copy_n(argument, (size_t)(colon - argument));
		f->type = mem_copy(colon + 1);
		return;
	}
	f->path = mem_copy(argument);
	mime_type_of(argument, &type);
	f->type = str_detach(&type);
}

static bool is_type(const struct file *f, const char *prefix)
{
	return view_starts_nocase(view_of(f->type), prefix);
}

static void set_type(struct file *f, const char *type)
{
	mem_string_free(&f->type);
	f->type = mem_copy(type);
}

/* A charset is said where it is certain; readers guess well otherwise. */
static bool add_charset(struct file *f, struct err *e)
{
	const struct draft bytes = { .fd = f->fd }; /* draft_read is pread(2) */
	CLEAN(str) struct str type = STR_INIT;
	struct text_place bad;

	if (!is_type(f, "text/") || strchr(f->type, ';') ||
	    lseek(f->fd, 0, SEEK_CUR) != 0)
		return true;
	if (!text_check_utf8(&bytes, &bad, e))
		return err_context(e, "'%s'", f->path);
	if (bad.line > 0)
		return true;
	str_addf(&type, "%s; charset=utf-8", f->type);
	set_type(f, type.s);
	return true;
}

/* "<name>", other than letters, digits, '.', '-' made '_' (RFC 2392). */
static void add_content_id(struct headers *h, const struct str *name)
{
	CLEAN(str) struct str id = STR_INIT;

	str_addc(&id, '<');
	for (size_t i = 0; i < name->len; i++) {
		char c = name->s[i];

		if (!ascii_is_alnum(c) && c != '.' && c != '-')
			c = '_';
		str_addc(&id, c);
	}
	str_addc(&id, '>');
	add_field(h, "Content-ID", id.s);
}

/* How old and new readers find the name: both fields say it. */
static bool put_file_header(struct part_writer *w, const struct file *f,
			    const char *encoding, struct err *e)
{
	CLEAN(headers) struct headers fields = HEADERS_INIT;
	CLEAN(str) struct str type = STR_INIT;
	CLEAN(str) struct str where = STR_INIT;

	str_adds(&type, f->type);
	word_add_parameter("name", str_view(&f->name), &type);
	str_adds(&where, f->how == PART_INLINE ? "inline" : "attachment");
	word_add_parameter("filename", str_view(&f->name), &where);
	add_field(&fields, "Content-Type", type.s);
	add_field(&fields, "Content-Transfer-Encoding", encoding);
	add_field(&fields, "Content-Disposition", where.s);
	if (f->how == PART_INLINE)
		add_content_id(&fields, &f->name);
	return put_header(w, &fields, e);
}

static bool read_some(const struct file *f, char *buf, size_t *got,
		      struct err *e)
{
	ssize_t n;

	do
		n = read(f->fd, buf, PART_PIECE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(e, "cannot read '%s'", f->path);
	*got = (size_t)n;
	return true;
}

static bool put_base64(struct part_writer *w, const struct file *f,
		       struct err *e)
{
	CLEAN(str) struct str out = STR_INIT;
	char buf[PART_PIECE];
	struct mime_b64 b;
	size_t got = 0;

	mime_b64_init(&b);
	do {
		if (!read_some(f, buf, &got, e))
			return false;
		mime_b64_add(&b, (struct view){ buf, got }, &out);
		if (got == 0)
			mime_b64_finish(&b, &out);
		if (!text_put(&w->to, str_view(&out), e))
			return false;
		str_truncate(&out, 0);
	} while (got > 0);
	return true;
}

static bool put_encoded(struct part_writer *w, struct file *f, struct err *e)
{
	/* What is in these may not be encoded: RFC 2045, 6.4. */
	if (is_type(f, "multipart/") || is_type(f, "message/"))
		set_type(f, OCTETS);
	return add_charset(f, e) && put_file_header(w, f, "base64", e) &&
	       put_base64(w, f, e);
}

static bool put_message(struct part_writer *w, struct file *f, struct err *e)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct facts facts;

	if (lseek(f->fd, 0, SEEK_CUR) != 0)
		return put_encoded(w, f, e);
	if (!text_spool(f->fd, &d, &facts, e))
		return err_context(e, "'%s'", f->path);
	if (facts.has_nul || facts.longest > FACTS_LINE_MAX) {
		if (lseek(f->fd, 0, SEEK_SET) < 0)
			return err_errno(e, "cannot read '%s'", f->path);
		return put_encoded(w, f, e);
	}
	return put_file_header(w, f, facts.has_8bit ? "8bit" : "7bit", e) &&
	       text_copy(&d, &w->to, e);
}

bool part_file(struct part_writer *w, const char *argument, enum part_how how,
	       struct err *e)
{
	CLEAN(file) struct file f = FILE_NONE;

	f.how = how;
	take_argument(&f, argument);
	set_name(&f);
	if (!part_open(f.path, &f.fd, e))
		return false;
	return is_type(&f, "message/") ? put_message(w, &f, e)
				       : put_encoded(w, &f, e);
}
