# SPDX-License-Identifier: Apache-2.0
"""Bounds-checked, borrowed views of one record. No other module reads raw bytes.

`view_event` validates a record; afterwards header, params and extras can be read as members of the event's struct.
Every access through a reference goes through `view_slice`.
"""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.slice cimport Slice, slice_text
from tiercel._core.wire.events_gen cimport (
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


cdef inline const ev_hdr *view_event(const void *data, size_t size) noexcept nogil:
    """Check that `data`, aligned to 8 bytes, is one whole event of a known type; NULL if not."""
    cdef const ev_hdr *hdr = <const ev_hdr *>data
    cdef const tbl_event_row *row
    if size < sizeof(ev_hdr) or size > EV_RECORD_MAX or hdr.len != size:
        return NULL
    row = tbl_event(hdr.type)
    if row is NULL or size < row.tail_offset:
        return NULL
    return hdr


cdef inline const ev_now *view_now(const ev_hdr *hdr) noexcept nogil:
    """Return the thread state at the time of the event; NULL if the record has none."""
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


cdef inline bint view_text(const ev_hdr *hdr, ev_ref ref, Slice *out) noexcept nogil:
    """Resolve a text; it ends at its first NUL."""
    if not view_slice(hdr, ref, out):
        return 0
    out[0] = slice_text(out[0])
    return 1


cdef inline bint view_path(const ev_hdr *hdr, const ev_path *path, Slice *out) noexcept nogil:
    """Return the best form of a path: resolved by the kernel, else as passed by the program."""
    return view_text(hdr, path.real, out) or view_text(hdr, path.name, out)


cdef inline bint view_others(const ev_hdr *hdr, Slice *out) noexcept nogil:
    """Return other values of the event's names during the call, as NUL-terminated texts; 0 if there are none."""
    cdef ev_ref others
    if not hdr.flags & EVF_TOCTOU:
        return 0
    others.off = hdr.reserved & 0xffff
    others.len = hdr.reserved >> 16
    return view_slice(hdr, others, out)


cdef inline Slice view_comm(const ev_hdr *hdr) noexcept nogil:
    """Return the thread's comm from the header."""
    cdef Slice comm
    comm.ptr = <const uint8_t *>hdr.comm
    comm.len = EV_COMM_LEN
    return slice_text(comm)
