/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Sockets: both ends, type and role, as the kernel has them.
 */
#ifndef TIERCEL_SOCK_H
#define TIERCEL_SOCK_H

#include "lib/path/realpath.h"

#define TCP_LISTEN 10

/* First port of the range that the kernel picks local ports from by default (net.ipv4.ip_local_port_range). */
#define EPHEMERAL_PORT 32768

/* Addresses are in network order, IPv4 in the first four bytes; ports in host order. */
struct sock_end {
	__u64 addr[2];
	__u16 port;
};

struct sock_ends {
	struct sock_end local;
	struct sock_end remote;
	__u16 family;
	__u16 type;
	__u16 protocol;
	bool bound; /* the program chose the local port */
	bool listening;
};

/* What a program passed as an address, cut to the longest kind that is understood. */
union sock_address {
	__u16 family;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* A path that fills sun_path is not terminated. */
struct sock_passed {
	union sock_address address;
	__u64 zero;
};

static __always_inline __u16 sock__port(__u16 port)
{
	return __builtin_bswap16(port);
}

/* Address of the struct sock of a descriptor; 0: none. */
static __always_inline __u64 sock__of_file(__u64 addr)
{
	struct file *file = kernel__cast(struct file, addr);
	struct inode *inode = kernel__cast(struct inode, kernel__addr(file, f_inode));
	struct super_block *sb = kernel__cast(struct super_block, kernel__addr(inode, i_sb));

	if (!addr || kernel__get(sb, s_magic) != SOCKFS_MAGIC)
		return 0;
	return kernel__addr(kernel__cast(struct socket, kernel__addr(file, private_data)), sk);
}

static __always_inline __u16 sock__family(__u64 addr)
{
	return kernel__get(kernel__cast(struct sock, addr), __sk_common.skc_family);
}

/* sk_userlocks: the port was set by bind. */
#define SOCK_BINDPORT_LOCK 8

/* Both ends of an internet socket, in its own family. */
static __always_inline void sock__ends(struct sock_ends *ends, __u64 addr)
{
	struct inet_sock *inet = kernel__cast(struct inet_sock, addr);
	struct sock *sk = kernel__cast(struct sock, addr);

	__builtin_memset(ends, 0, sizeof(*ends));
	ends->family = kernel__get(sk, __sk_common.skc_family);
	ends->type = kernel__get(sk, sk_type);
	ends->protocol = kernel__get(sk, sk_protocol);
	ends->bound = kernel__bits(sk, sk_userlocks) & SOCK_BINDPORT_LOCK;
	ends->listening = ends->type == SOCK_STREAM && kernel__get(sk, __sk_common.skc_state) == TCP_LISTEN;
	if (ends->type != SOCK_RAW) /* a raw socket has its protocol there */
		ends->local.port = sock__port(kernel__get(inet, inet_sport));
	ends->remote.port = sock__port(kernel__get(sk, __sk_common.skc_dport));
	if (ends->family == AF_INET) {
		ends->local.addr[0] = kernel__get(inet, inet_saddr);
		ends->remote.addr[0] = kernel__get(sk, __sk_common.skc_daddr);
	} else {
		ends->local.addr[0] = kernel__word(&sk->__sk_common.skc_v6_rcv_saddr);
		ends->local.addr[1] = kernel__word((char *)&sk->__sk_common.skc_v6_rcv_saddr + 8);
		ends->remote.addr[0] = kernel__word(&sk->__sk_common.skc_v6_daddr);
		ends->remote.addr[1] = kernel__word((char *)&sk->__sk_common.skc_v6_daddr + 8);
	}
}

/* An IPv6 address that stands for an IPv4 one; the unspecified address counts as one, too, as it does for Falco. */
static __always_inline bool sock__is_mapped(const struct sock_end *end)
{
	return !end->addr[0] && (!end->addr[1] || (__u32)end->addr[1] == 0xffff0000);
}

static __always_inline void sock__unmap(struct sock_end *end)
{
	end->addr[0] = end->addr[1] >> 32;
	end->addr[1] = 0;
}

/* The user's address as an end; false when it is not of the internet families. */
static __always_inline bool sock__user_end(struct sock_end *end, const union sock_address *user)
{
	if (user->family == AF_INET) {
		end->addr[0] = user->in.sin_addr;
		end->addr[1] = 0;
		end->port = sock__port(user->in.sin_port);
		return true;
	}
	if (user->family == AF_INET6) {
		__builtin_memcpy(end->addr, user->in6.sin6_addr, sizeof(end->addr));
		end->port = sock__port(user->in6.sin6_port);
		return true;
	}
	return false;
}

static __always_inline bool sock__read_user(union sock_address *user, unsigned long addr, __u32 len)
{
	__builtin_memset(user, 0, sizeof(*user));
	if (!addr || len < sizeof(user->family))
		return false;
	/* The copy that is bounded must be the one that is passed. */
	barrier_var(len);
	if (len > sizeof(user->un))
		len = sizeof(user->un);
	return !bpf_probe_read_user(user, len, (void *)addr);
}

static __always_inline enum ev_l4proto sock__l4proto(__u32 protocol, __u32 type)
{
	if (type == SOCK_RAW)
		return EV_L4_RAW;
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_MPTCP:
		return EV_L4_TCP;
	case IPPROTO_UDP:
		return EV_L4_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return EV_L4_ICMP;
	case IPPROTO_RAW:
		return EV_L4_RAW;
	default:
		return EV_L4_UNKNOWN;
	}
}

/* Where neither the call nor the kernel shows the role, the side with a port that the kernel picked is the client. */
static __always_inline enum ev_role sock__guess_role(const struct sock_ends *ends)
{
	bool local_picked = ends->local.port >= EPHEMERAL_PORT, remote_picked = ends->remote.port >= EPHEMERAL_PORT;

	if (local_picked != remote_picked)
		return local_picked ? EV_ROLE_CLIENT : EV_ROLE_SERVER;
	return ends->local.port >= ends->remote.port ? EV_ROLE_CLIENT : EV_ROLE_SERVER;
}

/*
 * The side of a connection that a socket is.  The kernel keeps no such mark; it follows from the origin of the port:
 * bind (its own lock bit says so; an accepted socket does not inherit it), the kernel at connect (the port is then
 * closed to bind, which fastreuse < 0 says), or the listening socket.
 */
static __always_inline enum ev_role sock__role(struct sock *sk, const struct sock_ends *ends)
{
	struct inet_connection_sock *icsk = kernel__cast(struct inet_connection_sock, sk);
	__u64 bucket;

	if (ends->protocol == IPPROTO_TCP && ends->type == SOCK_STREAM) {
		bucket = kernel__addr(icsk, icsk_bind_hash);
		if (ends->bound || !bucket)
			return ends->bound ? EV_ROLE_CLIENT : sock__guess_role(ends);
		if (kernel__get(kernel__cast(struct inet_bind_bucket, bucket), fastreuse) < 0)
			return EV_ROLE_CLIENT;
		return EV_ROLE_SERVER;
	}
	return ends->bound ? sock__guess_role(ends) : EV_ROLE_CLIENT;
}

static __always_inline void sock__put_source(struct ev_file *out, const struct sock_end *end)
{
	__builtin_memcpy(out->sip, end->addr, sizeof(out->sip));
	out->sport = end->port;
}

static __always_inline void sock__put_destination(struct ev_file *out, const struct sock_end *end)
{
	__builtin_memcpy(out->dip, end->addr, sizeof(out->dip));
	out->dport = end->port;
}

struct sock_queue {
	__u32 len;
	__u32 max;
	__u8 percent;
};

/* The accept queue of the listening socket of a struct file. */
static __always_inline struct sock_queue sock__queue(__u64 file)
{
	struct sock *sk = kernel__cast(struct sock, sock__of_file(file));
	struct sock_queue queue = {};

	queue.len = kernel__get(sk, sk_ack_backlog);
	queue.max = kernel__get(sk, sk_max_ack_backlog);
	if (queue.max)
		queue.percent = (__u64)queue.len * 100 / queue.max;
	return queue;
}

/*
 * Type, protocol, role and ends of an internet socket, as source = client and destination = server.  A role other
 * than none is known from the call.
 */
static __always_inline void sock__put_ends(struct ev_file *out, struct sock *sk, struct sock_ends *ends,
					   enum ev_role role)
{
	bool connected = !ends->listening && (ends->remote.port || ends->remote.addr[0] || ends->remote.addr[1]);
	bool v4 = ends->family == AF_INET;

	if (role == EV_ROLE_NONE && connected)
		role = sock__role(sk, ends);
	if (!v4 && (connected || ends->local.port) && sock__is_mapped(&ends->local) && sock__is_mapped(&ends->remote)) {
		sock__unmap(&ends->local);
		sock__unmap(&ends->remote);
		v4 = true;
	}
	out->family = v4 ? AF_INET : AF_INET6;
	out->l4proto = sock__l4proto(ends->protocol, ends->type);
	out->type = v4 ? EV_FD_IPV4 : EV_FD_IPV6;
	if (connected) {
		out->role = role;
		if (role == EV_ROLE_CLIENT) {
			sock__put_source(out, &ends->local);
			sock__put_destination(out, &ends->remote);
		} else {
			sock__put_source(out, &ends->remote);
			sock__put_destination(out, &ends->local);
		}
	} else if (ends->local.port && (ends->bound || ends->listening)) {
		out->type = v4 ? EV_FD_IPV4_SERVER : EV_FD_IPV6_SERVER;
		out->role = EV_ROLE_SERVER;
		sock__put_destination(out, &ends->local);
	}
}

struct sock_abstract {
	char *text;
	__u64 used;
};

static long sock__abstract_step(__u32 i, struct sock_abstract *name)
{
	__u64 byte, is_nul;

	if (i >= UNIX_PATH_MAX)
		return 1;
	byte = (unsigned char)name->text[i];
	is_nul = (byte - 1) >> 63;
	name->text[i] = byte + '@' * is_nul;
	name->used += (i + 1 - name->used) & (is_nul - 1);
	return 0;
}

/*
 * Make a text of the `len` bytes of an abstract name at `off`: a NUL inside becomes "@", as in /proc/net/unix, NULs at
 * its end are removed, and one is appended.  Return the new length.
 */
__noinline __u32 sock__abstract_text(struct record *rec, __u32 off, __u32 len)
{
	struct sock_abstract name = {};

	if (!rec || off > EV_MAX_LEN)
		return 0;
	name.text = &rec->bytes[off];
	bpf_loop(len, sock__abstract_step, &name, 0);
	if (name.used > UNIX_PATH_MAX)
		return 0;
	rec->bytes[off + name.used] = 0;
	return name.used;
}

/* Append the name that a unix socket is bound to, NUL-terminated when `nul`; abstract names lose the NUL in front. */
static __always_inline struct ev_ref sock__unix_name(struct record *rec, __u64 addr, bool nul)
{
	struct unix_sock *un = kernel__cast(struct unix_sock, addr);
	__u64 bound = kernel__addr(un, addr), text;
	struct unix_address *name = kernel__cast(struct unix_address, bound);
	__u32 off, len;
	__u64 rest;

	if (!bound || !event__room(rec, &off))
		return NO_REF;
	len = kernel__get(name, len) - 2;
	text = bound + bpf_core_field_offset(struct unix_address, name) + 2;
	if (len > UNIX_PATH_MAX)
		len = UNIX_PATH_MAX;
	if (!(kernel__word((void *)text) & 0xff)) {
		/* The verifier of Linux 6.1 tracks no bounds through a copy: check the register that is passed. */
		rest = len - 1;
		barrier_var(rest);
		if (rest >= UNIX_PATH_MAX)
			return NO_REF;
		bpf_probe_read_kernel(&rec->bytes[off], rest, (void *)(text + 1));
		len = sock__abstract_text(rec, off, rest) + nul;
		return event__took(rec, off, len);
	}
	len = bpf_probe_read_kernel_str(&rec->bytes[off], UNIX_PATH_MAX + 1, (void *)text);
	if ((int)len <= 0 || len > UNIX_PATH_MAX + 1)
		return NO_REF;
	return event__took(rec, off, nul ? len : len - 1);
}

/*
 * A unix socket: its pointers in place of addresses, receiving side first as in a tuple, and the path of the side
 * that is bound: resolved where that is a file.
 */
static __always_inline void sock__put_unix(struct record *rec, struct ev_file *out, __u64 addr, enum ev_role role)
{
	struct unix_sock *un = kernel__cast(struct unix_sock, addr), *bound;
	__u64 peer = kernel__addr(un, peer), server, dentry;

	out->type = EV_FD_UNIX;
	out->family = AF_UNIX;
	out->l4proto = EV_L4_NA;
	if (role == EV_ROLE_NONE && peer)
		role = kernel__addr(un, addr) ? EV_ROLE_SERVER : EV_ROLE_CLIENT;
	if (role == EV_ROLE_NONE)
		return;
	out->role = role;
	server = role == EV_ROLE_CLIENT ? peer : addr;
	*(__u64 *)out->sip = server;
	*(__u64 *)out->dip = role == EV_ROLE_CLIENT ? addr : peer;
	if (!server)
		return;
	bound = kernel__cast(struct unix_sock, server);
	dentry = kernel__addr(bound, path.dentry);
	if (dentry)
		out->path = event__unpack(path__real_path(rec, kernel__addr(bound, path.mnt), dentry));
	else
		out->path = sock__unix_name(rec, server, false);
}

/*
 * Describe an internet socket in the struct ev_file at `at` of the record.  The ends are on the stack here, not in
 * sock__describe: before Linux 6.13, all functions in a row share 512 bytes, and the path of a unix socket takes many.
 */
__noinline int sock__describe_internet(struct record *rec, __u32 at, __u64 addr, enum ev_role role)
{
	struct sock_ends ends;
	struct ev_file *out;

	if (!rec || at > EV_MAX_LEN)
		return 0;
	out = (struct ev_file *)&rec->bytes[at];
	barrier_var(out); /* computed from the register that is checked, not once more from a copy */
	sock__ends(&ends, addr);
	sock__put_ends(out, kernel__cast(struct sock, addr), &ends, role);
	return 0;
}

/* Describe a struct socket in the struct ev_file at `at` of the record. */
__noinline int sock__describe(struct record *rec, __u32 at, __u64 socket, enum ev_role role)
{
	struct ev_file *out;
	__u64 addr;

	if (!rec || at > EV_MAX_LEN)
		return 0;
	out = (struct ev_file *)&rec->bytes[at];
	addr = kernel__addr(kernel__cast(struct socket, socket), sk);
	if (!addr)
		return 0;
	switch (sock__family(addr)) {
	case AF_INET:
	case AF_INET6:
		sock__describe_internet(rec, at, addr, role);
		break;
	case AF_UNIX:
		sock__put_unix(rec, out, addr, role);
		break;
	case AF_NETLINK:
		out->type = EV_FD_NETLINK;
		out->family = AF_NETLINK;
		break;
	default:
		out->family = sock__family(addr);
		break;
	}
	return 0;
}

#endif
