/*
 * encode: raw UTF-8 in a header block becomes encoded words (RFC 2047), for
 * servers and readers that know no RFC 6532.
 */
#ifndef MSG_ENCODE_H
#define MSG_ENCODE_H

#include "msg/header.h"

/*
 * Subject and Comments as a whole; in fields of addresses the display names,
 * names of groups and comments.  Addresses themselves and all other fields
 * stay, and so does a field that has other bytes than UTF-8, cannot be read,
 * or has encoded words beside in a charset that msg/decode does not know.
 */
void encode_headers(struct headers *h);

#endif
