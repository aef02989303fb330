/*
 * change: notice that the network has changed: an address, a route or a link
 * came (rtnetlink(7)).
 */
#ifndef NET_CHANGE_H
#define NET_CHANGE_H

#include <stdbool.h>

/* A descriptor to be polled for reading, which the caller closes; -1 where
 * there is nothing of the kind. */
int change_open(void);

/* True where something came since. */
bool change_take(int fd);

#endif
