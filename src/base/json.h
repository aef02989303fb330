/* json: RFC 8259 strings; the rest of JSON is written by hand where used. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

/* Append v as a quoted string; bytes that are no UTF-8 become U+FFFD. */
void json_add_string(struct str *out, struct view v);

/* Append "name":"value", with a comma in front unless after '{' or '['. */
void json_add_member(struct str *out, const char *name, struct view value);

/* The same with value put down as it is: a number, true, null. */
void json_add_raw_member(struct str *out, const char *name, const char *value);

#endif
