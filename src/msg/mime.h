/*
 * mime: MIME out.  Transfer encodings as streams, types of files, boundaries.
 */
#ifndef MSG_MIME_H
#define MSG_MIME_H

#include "base/draft.h"
#include "base/str.h"

struct err;

#define MIME_BASE64_COLUMNS 76
#define MIME_QP_COLUMNS 76

/*
 * quoted-printable of text with LF line ends (RFC 2045, 6.7), in pieces.  Any
 * other byte may occur and survives.  No line of what comes out starts with a
 * dot or with "From ", or ends in a blank.
 */
struct mime_qp {
	size_t column;
	struct str held; /* input that waits for what follows it */
};
#define MIME_QP_INIT ((struct mime_qp){ 0 })
void mime_qp_free(struct mime_qp *q);
void mime_qp_add(struct mime_qp *q, struct view v, struct str *out);
/* Ends the last line if need be. */
void mime_qp_finish(struct mime_qp *q, struct str *out);

/* base64 at 76 columns with LF line ends, in pieces. */
struct mime_b64 {
	unsigned char held[3];
	size_t held_n;
	size_t column;
};
void mime_b64_init(struct mime_b64 *b);
void mime_b64_add(struct mime_b64 *b, struct view v, struct str *out);
void mime_b64_finish(struct mime_b64 *b, struct str *out);

/*
 * Append the media type for a file name, by the globs2 of shared-mime-info
 * ($XDG_DATA_DIRS), else /etc/mime.types, else a small table of our own, else
 * application/octet-stream.  The greatest weight wins, then the longest
 * pattern; the name as it is comes before the name in lower case.  Files are
 * named, not opened.
 */
void mime_type_of(const char *path, struct str *out);

/* True where type is token/token, perhaps with parameters (RFC 2045, 5.1). */
bool mime_is_type(struct view type);

/* Append a fresh boundary: random, and no line of quoted-printable or base64
 * can contain it. */
void mime_add_boundary(struct str *out);

#endif
