# SPDX-License-Identifier: Apache-2.0
"""Bounds-checked, borrowed views of one record. Nothing else reads raw bytes.

`view_event` is the gate: after it, header, params and extras may be read as members of the event's struct. What a
reference points to goes through `view_slice` every time.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, strlen

from tiercel._core.events_gen cimport (
    EV_COMM_LEN,
    EV_RECORD_MAX,
    EVF_NOW,
    EVF_TOCTOU,
    ev_hdr,
    ev_now,
    ev_path,
    ev_ref,
    tbl_event,
    tbl_event_row,
)


# Borrowed bytes. ptr NULL: absent; len 0 with a ptr: empty.
cdef struct Slice:
    const uint8_t *ptr
    uint32_t len


cdef extern from *:
    """
    #include <string.h>
    static inline const void *tiercel_memmem(const void *hay, size_t hay_len, const void *needle, size_t needle_len)
    {
        return memmem(hay, hay_len, needle, needle_len);
    }
    """
    const void *memmem "tiercel_memmem"(const void *, size_t, const void *, size_t) noexcept nogil


cdef inline const ev_hdr *view_event(const void *data, size_t size) noexcept nogil:
    """Check once that `data` is one whole event of a known type; NULL if not. `data` must be aligned to 8 bytes."""
    cdef const ev_hdr *hdr = <const ev_hdr *>data
    cdef const tbl_event_row *row
    if size < sizeof(ev_hdr) or size > EV_RECORD_MAX or hdr.len != size:
        return NULL
    row = tbl_event(hdr.type)
    if row is NULL or size < row.tail_offset:
        return NULL
    return hdr


cdef inline const ev_now *view_now(const ev_hdr *hdr) noexcept nogil:
    """How the thread was at the time of the event; NULL where the record does not say."""
    cdef uint32_t at
    if not hdr.flags & EVF_NOW:
        return NULL
    at = (<uint32_t>tbl_event(hdr.type).tail_offset + 7) & ~<uint32_t>7
    if at + sizeof(ev_now) > hdr.len:
        return NULL
    return <const ev_now *>(<const uint8_t *>hdr + at)


cdef inline bint view_slice(const ev_hdr *hdr, ev_ref ref, Slice *out) noexcept nogil:
    """Resolve `ref` inside the event; 0 and an absent slice if it was not captured or does not fit."""
    if ref.off == 0 or <uint32_t>ref.off + ref.len > hdr.len:
        out.ptr = NULL
        out.len = 0
        return 0
    out.ptr = <const uint8_t *>hdr + ref.off
    out.len = ref.len
    return 1


cdef inline Slice slice_text(Slice slice) noexcept nogil:
    """The slice up to its first NUL."""
    cdef const void *end = memchr(slice.ptr, 0, slice.len) if slice.len else NULL
    if end is not NULL:
        slice.len = <uint32_t>(<const uint8_t *>end - slice.ptr)
    return slice


cdef inline bint view_text(const ev_hdr *hdr, ev_ref ref, Slice *out) noexcept nogil:
    """`view_slice` for a text: it ends at its first NUL."""
    if not view_slice(hdr, ref, out):
        return 0
    out[0] = slice_text(out[0])
    return 1


cdef inline bint view_path(const ev_hdr *hdr, const ev_path *path, Slice *out) noexcept nogil:
    """The form of a path nearest to the truth: resolved by the kernel, else as the program passed it."""
    return view_text(hdr, path.real, out) or view_text(hdr, path.name, out)


cdef inline bint view_others(const ev_hdr *hdr, Slice *out) noexcept nogil:
    """What else the names of the event were while the call ran: texts that each end with a NUL; 0 if there are none."""
    cdef ev_ref others
    if not hdr.flags & EVF_TOCTOU:
        return 0
    others.off = hdr.reserved & 0xffff
    others.len = hdr.reserved >> 16
    return view_slice(hdr, others, out)


cdef inline Slice view_comm(const ev_hdr *hdr) noexcept nogil:
    """The thread's comm from the header."""
    cdef Slice comm
    comm.ptr = <const uint8_t *>hdr.comm
    comm.len = EV_COMM_LEN
    return slice_text(comm)


cdef inline Slice slice_none() noexcept nogil:
    cdef Slice none
    none.ptr = NULL
    none.len = 0
    return none


cdef inline Slice slice_of(const char *text) noexcept nogil:
    """A slice of a C string."""
    cdef Slice slice
    slice.ptr = <const uint8_t *>text
    slice.len = <uint32_t>strlen(text)
    return slice


cdef inline bint slice_equal(Slice a, Slice b) noexcept nogil:
    return a.len == b.len and (a.len == 0 or memcmp(a.ptr, b.ptr, a.len) == 0)


cdef inline bint slice_is_absolute(Slice path) noexcept nogil:
    return path.len > 0 and path.ptr[0] == b'/'


cdef inline bint slice_starts(Slice slice, Slice head) noexcept nogil:
    return slice.len >= head.len and (head.len == 0 or memcmp(slice.ptr, head.ptr, head.len) == 0)


cdef inline bint slice_ends(Slice slice, const char *tail, uint32_t length) noexcept nogil:
    return slice.len >= length and (length == 0 or memcmp(slice.ptr + (slice.len - length), tail, length) == 0)


cdef inline int slice_find(Slice hay, Slice needle) noexcept nogil:
    """Where `needle` begins in `hay`; -1 if it does not occur."""
    cdef const void *at
    if needle.len == 0:
        return 0
    if needle.len > hay.len:
        return -1
    at = memmem(hay.ptr, hay.len, needle.ptr, needle.len)
    return -1 if at is NULL else <int>(<const uint8_t *>at - hay.ptr)


cdef inline int slice_find_last(Slice hay, Slice needle) noexcept nogil:
    """Where `needle` begins for the last time in `hay`; -1 if it does not occur."""
    cdef uint32_t at
    if needle.len > hay.len:
        return -1
    at = hay.len - needle.len + 1
    while at:
        at -= 1
        if needle.len == 0 or memcmp(hay.ptr + at, needle.ptr, needle.len) == 0:
            return <int>at
    return -1


cdef inline uint64_t bytes_hash(const uint8_t *data, uint32_t length) noexcept nogil:
    """FNV-1a, for tables whose keys are short."""
    cdef uint64_t hash = <uint64_t>0xcbf29ce484222325
    cdef uint32_t i
    for i in range(length):
        hash = (hash ^ data[i]) * <uint64_t>0x100000001b3
    return hash
