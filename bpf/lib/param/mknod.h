/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The mode argument of mknod: permissions, and the type of what is made.
 */
#ifndef TIERCEL_MKNOD_H
#define TIERCEL_MKNOD_H

#include "lib/path/lookup.h"

static __always_inline __u32 mknod__mode(__u32 mode)
{
	return native__mknod_permissions(mode) | native__mknod_type(mode >> 12 & 0xf);
}

#endif
