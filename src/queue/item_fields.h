/*
 * item_fields: the lines of an item's text, in one table for writing and for
 * reading.
 *
 * version, in_flight, item_origin_fields, a line "set" for each option,
 * item_fields, for each recipient "recipient" and perhaps "said", "history",
 * "end".
 */
#ifndef QUEUE_ITEM_FIELDS_H
#define QUEUE_ITEM_FIELDS_H

#include "queue/item.h"

/* The mark is one byte, so that no reader ever sees half of it. */
#define ITEM_FIRST_LINES "version 1\nin_flight "
#define ITEM_TIME_MAX INT64_C(999999999999)
#define ITEM_CODE_MAX 999
#define ITEM_OPTIONS_MAX 1000

enum item_type {
	TYPE_BOOL,
	TYPE_INT,
	TYPE_INT64,
	TYPE_UINT64,
	TYPE_WORD, /* an enum */
	TYPE_TEXT, /* owned; no line where it is NULL */
};

struct item_field {
	const char *name;
	enum item_type type;
	size_t at;                /* in struct item */
	int64_t min, max;         /* of numbers */
	const char *const *words; /* of TYPE_WORD; NULL behind the last */
};

#define ITEM_ORIGIN_FIELDS 5
#define ITEM_FIELDS 35

extern const struct item_field item_origin_fields[ITEM_ORIGIN_FIELDS];
extern const struct item_field item_fields[ITEM_FIELDS];

/* Of enum item_progress and of enum err_kind; NULL behind the last. */
extern const char *const item_progress_words[];
extern const char *const item_kind_words[];

#endif
