/*
 * faults: system calls that fail when a test wants it.
 *
 * A program that links faults.c has its own openat, write, fsync and so on in
 * place of those of libc.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>

enum fault_calls {
	FAULT_OPENAT = 1 << 0,
	FAULT_WRITE = 1 << 1, /* and pwrite */
	FAULT_READ = 1 << 2,  /* pread */
	FAULT_FSYNC = 1 << 3,
	FAULT_LINKAT = 1 << 4,
	FAULT_UNLINKAT = 1 << 5,
	FAULT_RENAMEAT = 1 << 6,
	FAULT_FCNTL = 1 << 7,
	FAULT_FSTATAT = 1 << 8,
	FAULT_FSTAT = 1 << 9,
	FAULT_MKDIRAT = 1 << 10,
	FAULT_UNNAMED = 1 << 11, /* openat with O_TMPFILE alone */
	FAULT_PROC = 1 << 12,    /* access, and linkat from /proc */
	FAULT_ALL = (1 << 11) - 1,
};

/* From now on the call number `at` (from 1) of those fails with this errno;
 * with `on` all that come later as well. */
void faults_set(unsigned calls, int number, int at, bool on);

/* Before the call number `at` of those, once, have somebody else do that. */
void faults_meanwhile(unsigned calls, int at, void (*done)(void));

/* Count this call, and say with errno whether it fails; what is inline in the
 * headers of libc has to see it. */
bool faults_hit(unsigned call);

/* Stop that; how many calls were counted. */
int faults_clear(void);

#endif
