/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Records for the sensor's own rules: events `notification` with EVF_OWN, with a kind and a text.  They are small, built
 * on the stack, and independent of scope and filter.
 */
#ifndef TIERCEL_OWN_H
#define TIERCEL_OWN_H

#include "lib/record/event.h"

#define OWN_KIND_MAX 16
#define OWN_TEXT_MAX 24

struct own_record {
	struct ev_hdr hdr;
	struct ev_ref id;
	struct ev_ref desc;
	char kind[OWN_KIND_MAX];
	char text[OWN_TEXT_MAX];
};

_Static_assert(__builtin_offsetof(struct own_record, id) == __builtin_offsetof(struct ev_notification, id), "own id");
_Static_assert(__builtin_offsetof(struct own_record, desc) == __builtin_offsetof(struct ev_notification, desc),
	       "own desc");
_Static_assert(__builtin_offsetof(struct own_record, kind) == event__fixed(notification), "own tail");

/* Begin a record of the current task; `kind` is a text constant of fewer than OWN_KIND_MAX bytes. */
#define own__begin(own, task, name)                                                                        \
	do {                                                                                               \
		_Static_assert(sizeof(name) <= OWN_KIND_MAX, "kind of an own record");                     \
		event__start(&(own)->hdr, task, EV_NOTIFICATION, EV_SLOT_NOTIFICATION, sizeof(*(own)), 0); \
		(own)->hdr.flags |= EVF_OWN | EVF_STATE_ONLY;                                              \
		(own)->id = event__ref(__builtin_offsetof(struct own_record, kind), sizeof(name) - 1);     \
		__builtin_memcpy((own)->kind, name, sizeof(name));                                         \
	} while (0)

/* Write all 16 hexadecimal digits of a number as the text. */
static __always_inline void own__hex(struct own_record *own, __u64 number)
{
	__u32 i, digit;

	own->desc = event__ref(__builtin_offsetof(struct own_record, text), 16);
	_Pragma("unroll") for (i = 0; i < 16; i++)
	{
		digit = number >> (60 - 4 * i) & 15;
		own->text[i] = digit + (digit < 10 ? '0' : 'a' - 10);
	}
}

static __always_inline void own__send(struct own_record *own)
{
	event__submit_small(&own->hdr, sizeof(*own), false);
}

#endif
