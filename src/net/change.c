#include "config.h"

#include "net/change.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES_SIZE 16384
#define READS_MAX 256

int change_open(void)
{
	const struct sockaddr_nl to = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool is_new(int type)
{
	return type == RTM_NEWADDR || type == RTM_NEWROUTE ||
	       type == RTM_NEWLINK;
}

/* True where one of the messages in buf tells of something that came. */
static bool tells_of_new(const char *buf, size_t n)
{
	struct nlmsghdr head;
	bool found = false;

	while (n >= sizeof(head)) {
		memcpy(&head, buf, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n)
			return found;
		found = found || is_new(head.nlmsg_type);
		if (NLMSG_ALIGN(head.nlmsg_len) >= n)
			return found;
		buf += NLMSG_ALIGN(head.nlmsg_len);
		n -= NLMSG_ALIGN(head.nlmsg_len);
	}
	return found;
}

bool change_take(int fd)
{
	char buf[MESSAGES_SIZE];
	bool found = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* So many that some were lost. */
		if (got < 0)
			return found || errno == ENOBUFS;
		found = tells_of_new(buf, (size_t)got) || found;
	}
	return found;
}
