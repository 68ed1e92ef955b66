/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* First byte of the params arg2 to arg5: which kind of value follows. */
enum keyctl_value {
	KEYCTL_VALUE_NUMBER = 0,
	KEYCTL_VALUE_TEXT = 1,
};

/* Arguments after the operation. */
#define KEYCTL_ARGS 4

/*
 * Kinds of the four arguments of each operation, the first in the lowest bits: 1 a number, 2 a text; others are not
 * taken and become the number 0.
 */
#define KEYCTL_NONE 0x0000
#define KEYCTL_N 0x0001
#define KEYCTL_NN 0x0011
#define KEYCTL_NNN 0x0111
#define KEYCTL_NNNN 0x1111
#define KEYCTL_T 0x0002
#define KEYCTL_NTT 0x0221
#define KEYCTL_NNT 0x0211
#define KEYCTL_NTTN 0x1221
#define KEYCTL_NTNN 0x1121

static const __u16 keyctl__kinds[] = {
	KEYCTL_NN,   /* GET_KEYRING_ID */
	KEYCTL_T,    /* JOIN_SESSION_KEYRING */
	KEYCTL_NNN,  /* UPDATE */
	KEYCTL_N,    /* REVOKE */
	KEYCTL_NNN,  /* CHOWN */
	KEYCTL_NN,   /* SETPERM */
	KEYCTL_NNN,  /* DESCRIBE */
	KEYCTL_N,    /* CLEAR */
	KEYCTL_NN,   /* LINK */
	KEYCTL_NN,   /* UNLINK */
	KEYCTL_NTTN, /* SEARCH */
	KEYCTL_NNN,  /* READ */
	KEYCTL_NNNN, /* INSTANTIATE */
	KEYCTL_NNN,  /* NEGATE */
	KEYCTL_N,    /* SET_REQKEY_KEYRING */
	KEYCTL_NN,   /* SET_TIMEOUT */
	KEYCTL_N,    /* ASSUME_AUTHORITY */
	KEYCTL_NNN,  /* GET_SECURITY */
	KEYCTL_NONE, /* SESSION_TO_PARENT */
	KEYCTL_NNNN, /* REJECT */
	KEYCTL_NNNN, /* INSTANTIATE_IOV */
	KEYCTL_N,    /* INVALIDATE */
	KEYCTL_NN,   /* GET_PERSISTENT */
	KEYCTL_NNNN, /* DH_COMPUTE */
	KEYCTL_NNT,  /* PKEY_QUERY */
	KEYCTL_NTNN, /* PKEY_ENCRYPT */
	KEYCTL_NTNN, /* PKEY_DECRYPT */
	KEYCTL_NTNN, /* PKEY_SIGN */
	KEYCTL_NTNN, /* PKEY_VERIFY */
	KEYCTL_NTT,  /* RESTRICT_KEYRING */
	KEYCTL_NNNN, /* MOVE */
	KEYCTL_NN,   /* CAPABILITIES */
	KEYCTL_NNN,  /* WATCH_KEY */
};

#define KEYCTL_OPERATIONS (sizeof(keyctl__kinds) / sizeof(keyctl__kinds[0]))

/* Append an argument; a text with its NUL, or without anything when it cannot be read. */
__noinline __u32 keyctl__value(struct record *rec, __u64 arg, __u32 kind)
{
	__u32 off, end;
	struct ev_ref ref;

	if (!rec || !event__room(rec, &off))
		return 0;
	if (kind != 2) {
		rec->bytes[off] = KEYCTL_VALUE_NUMBER;
		arg = kind ? arg : 0;
		__builtin_memcpy(&rec->bytes[off + 1], &arg, sizeof(arg));
		ref = event__took(rec, off, 1 + sizeof(arg));
		return ref.off | (__u32)ref.len << 16;
	}
	rec->bytes[off] = KEYCTL_VALUE_TEXT;
	event__took(rec, off, 1);
	if (event__read_user_str(rec, arg) && event__room(rec, &end)) {
		rec->bytes[end] = 0;
		event__took(rec, end, 1);
	}
	return off | (rec->hdr.len - off) << 16;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_keyctl, struct pt_regs *regs, long ret)
{
	struct ev_keyctl *ev = event__begin(keyctl, KEYCTL);
	struct record *rec = (struct record *)ev;
	__u32 operation, kinds = KEYCTL_NONE;

	if (!ev)
		return 0;

	operation = args__get(&ev->hdr, regs, 0);
	barrier_var(operation); /* one register each for check and use */
	ev->res = ret;
	ev->operation = operation;
	if (operation < KEYCTL_OPERATIONS)
		kinds = keyctl__kinds[operation];
	ev->arg2 = event__unpack(keyctl__value(rec, args__get(&ev->hdr, regs, 1), kinds & 0xf));
	ev->arg3 = event__unpack(keyctl__value(rec, args__get(&ev->hdr, regs, 2), kinds >> 4 & 0xf));
	ev->arg4 = event__unpack(keyctl__value(rec, args__get(&ev->hdr, regs, 3), kinds >> 8 & 0xf));
	ev->arg5 = event__unpack(keyctl__value(rec, args__get(&ev->hdr, regs, 4), kinds >> 12));

	return event__submit(&ev->hdr);
}
