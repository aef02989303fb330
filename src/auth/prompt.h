/*
 * prompt: ask the person at the terminal, and show nothing of what is typed.
 *
 * The question goes to /dev/tty, so that standard input may be a message and
 * the outputs files.  A program in the background asks nobody: it would be
 * stopped.
 */
#ifndef AUTH_PROMPT_H
#define AUTH_PROMPT_H

#include <stdint.h>

#include "base/secret.h"

struct err;

#define PROMPT_LIMIT_S 300

/*
 * What is typed up to Enter; unset where there is no terminal to ask at.
 * ERR_CONFIG: nothing was typed, or not in time.  A signal that ends or stops
 * the program does so once the terminal echoes again; where it was stopped,
 * the question is put again.
 */
bool prompt_fetch(const char *question, int64_t deadline_ms, struct secret *out,
		  struct err *e) ATTR_MUST_USE;

#endif
