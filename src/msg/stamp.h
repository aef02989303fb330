/* stamp: what makes a message unique and dated. */
#ifndef MSG_STAMP_H
#define MSG_STAMP_H

#include <time.h>

#include "base/str.h"

/* Append an RFC 5322, 3.3 date in local time, English names, any locale. */
void stamp_add_date(time_t when, struct str *out);

/* Append <RANDOM@domain>: 128 bits from getrandom(2) and the time. */
void stamp_add_message_id(const char *domain, struct str *out);

#endif
