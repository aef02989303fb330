/*
 * mem: allocation that ends the process where memory runs out.
 *
 * That is honest here: whatever was accepted is safe on disk before, and
 * whatever was not is reported to the caller by the exit status, EX_OSERR.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Says so on stderr and ends the process with EX_OSERR. */
_Noreturn void mem_exhausted(void);

/* count * size bytes of zeros; the caller frees them with free(). */
void *mem_zero(size_t count, size_t size);

/* p (or NULL) made to hold count * size bytes; new bytes are undefined. */
void *mem_resize(void *p, size_t count, size_t size);

/* Copies, terminated by NUL, owned by the caller.  NULL gives NULL. */
char *mem_copy(const char *s);
char *mem_copy_n(const char *p, size_t n);

/* Frees *s and makes it NULL: for CLEAN(mem_string) char *s = NULL. */
void mem_string_free(char **s);

#endif
