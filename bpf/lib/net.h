/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the fillers of the socket calls share: from a descriptor to its socket.
 */
#ifndef TIERCEL_NET_H
#define TIERCEL_NET_H

#include "lib/args.h"
#include "lib/file.h"
#include "lib/sock.h"

/* Address of the struct sock behind a descriptor of the current task; 0 if it is none of a socket. */
static __always_inline __u64 net__sock(__s64 fd)
{
	__u64 addr = file__get(fd);
	struct file *file = kernel__cast(struct file, addr);
	struct socket *socket;

	if (!addr || !file__is_socket(addr))
		return 0;
	socket = kernel__cast(struct socket, kernel__addr(file, private_data));
	return kernel__addr(socket, sk);
}

/* Fill level of the accept queue of the listening socket `sk`. */
static __always_inline void net__queue(__u64 addr, __u8 *percent, __u32 *len, __u32 *max)
{
	struct sock *sk = kernel__cast(struct sock, addr);

	if (!addr)
		return;
	*len = kernel__get(sk, sk_ack_backlog);
	*max = kernel__get(sk, sk_max_ack_backlog);
	if (*max)
		*percent = (__u64)*len * 100 / *max;
}

#endif
