# SPDX-License-Identifier: Apache-2.0
"""Conversion of wire records to capture blocks, the inverse of `replay.record_builder`.

A block is written in one pass over the params of the event's row. The format is that of current Falco libraries:
version 2 of events, flags only if nonzero, and the large block type for events with 32-bit lengths or beyond the small
type.
"""

from libc.stdint cimport uint16_t, uint64_t
from libc.string cimport memcpy, memset

from tiercel._core.scap.reader cimport SCAP_PARAMS_MAX
from tiercel._core.state.exec_image cimport shared_slice
from tiercel._core.util.slice cimport Slice, slice_none
from tiercel._core.wire.events_gen cimport (
    EV_CLONE,
    EV_SYSCALL,
    EV_VFORK,
    PT_BYTEBUF,
    PT_CHARBUF,
    PT_CHARBUFARRAY,
    PT_DYN,
    PT_FDLIST,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_IPV4ADDR,
    PT_IPV6ADDR,
    PT_SOCKADDR,
    PT_SOCKTUPLE,
    TBL_EVENT_LARGE,
    ev_clone,
    ev_path,
    ev_proc_fork,
    ev_ref,
    tbl_event,
    tbl_event_row,
    tbl_own_call,
    tbl_own_native,
    tbl_param,
)
from tiercel._core.wire.view cimport view_comm, view_path, view_slice, view_text


cdef extern from "gen/events.gen.h" nogil:
    enum:
        EV_CLONE_FLAGS_CLONE_PARENT
        EV_CLONE_FLAGS_CLONE_VFORK
        EV_CLONE_FLAGS_CLONE_CHILD_IN_PIDNS

cdef enum:
    BLOCK_EVENT = 0x216
    BLOCK_EVENT_FLAGS = 0x217
    BLOCK_LARGE = 0x221
    BLOCK_LARGE_FLAGS = 0x222
    BLOCK_FRAME = 12            # leading type and length, trailing length
    BLOCK_SMALL_MAX = 65536     # limit of body and trailer of a small block
    CPU_LEN = 2
    FLAGS_LEN = 4
    EVENT_HEAD = 26
    SMALL_PARAM_MAX = 0xffff


# An event under construction. Params are borrowed; params with a bit in `texts` get a trailing NUL.
cdef struct _Event:
    uint64_t ts_ns
    uint64_t tid
    uint16_t type
    uint16_t cpu
    uint32_t flags
    uint32_t nparams
    uint32_t texts
    Slice params[SCAP_PARAMS_MAX]


# --- Blocks -----------------------------------------------------------------------------------------------------------

cdef inline uint8_t *_put16(uint8_t *at, uint32_t number) noexcept nogil:
    cdef uint16_t half = <uint16_t>number
    memcpy(at, &half, 2)
    return at + 2


cdef inline uint8_t *_put32(uint8_t *at, uint32_t number) noexcept nogil:
    memcpy(at, &number, 4)
    return at + 4


cdef inline uint8_t *_put64(uint8_t *at, uint64_t number) noexcept nogil:
    memcpy(at, &number, 8)
    return at + 8


cdef inline uint32_t _param_len(const _Event *event, uint32_t i) noexcept nogil:
    return event.params[i].len + (event.texts >> i & 1)


cdef uint32_t _put_block(const _Event *event, uint8_t *out, uint32_t size) noexcept nogil:
    """Write the block of an event; return its size, 0 if there is no room or a param is too long for its type."""
    cdef const tbl_event_row *row = tbl_event(event.type)
    cdef bint wide = row.flags & TBL_EVENT_LARGE != 0
    cdef uint32_t head = CPU_LEN + (FLAGS_LEN if event.flags else 0)
    cdef uint64_t length = EVENT_HEAD + event.nparams * (4 if wide else 2)
    cdef uint32_t i, block, kind
    cdef uint8_t *at = out
    for i in range(event.nparams):
        if not wide and _param_len(event, i) > SMALL_PARAM_MAX:
            return 0
        length += _param_len(event, i)
    if BLOCK_FRAME + head + length + 3 > size:
        return 0
    block = <uint32_t>(BLOCK_FRAME + ((head + length + 3) & ~<uint64_t>3))
    if wide or block - 8 > BLOCK_SMALL_MAX:
        kind = BLOCK_LARGE_FLAGS if event.flags else BLOCK_LARGE
    else:
        kind = BLOCK_EVENT_FLAGS if event.flags else BLOCK_EVENT
    at = _put32(_put32(at, kind), block)
    at = _put16(at, event.cpu)
    if event.flags:
        at = _put32(at, event.flags)
    at = _put64(_put64(at, event.ts_ns), event.tid)
    at = _put32(at, <uint32_t>length)
    at = _put32(_put16(at, event.type), event.nparams)
    for i in range(event.nparams):
        at = _put32(at, _param_len(event, i)) if wide else _put16(at, _param_len(event, i))
    for i in range(event.nparams):
        if event.params[i].len:
            memcpy(at, event.params[i].ptr, event.params[i].len)
            at += event.params[i].len
        if event.texts >> i & 1:
            at[0] = 0
            at += 1
    memset(at, 0, out + block - 4 - at)
    _put32(out + block - 4, block)
    return block


# --- Records ----------------------------------------------------------------------------------------------------------

cdef inline bint _refers(int type) noexcept nogil:
    """Set a param from bytes of the record that equal the value in captures."""
    return (
        type == PT_BYTEBUF or type == PT_SOCKADDR or type == PT_SOCKTUPLE or type == PT_DYN or type == PT_FDLIST
        or type == PT_CHARBUFARRAY or type == PT_IPV4ADDR or type == PT_IPV6ADDR
    )


cdef void _take_text(_Event *event, uint32_t i, bint found) noexcept nogil:
    """Mark the latest param as a text, which is present even if it is empty."""
    if found:
        event.texts |= <uint32_t>1 << i


cdef void _take_param(const ev_hdr *hdr, const tbl_param *param, uint32_t i, _Event *event) noexcept nogil:
    """Set one param in the format of captures; a path is the name as passed, or the kernel's without one."""
    cdef const uint8_t *member = <const uint8_t *>hdr + param.offset
    cdef Slice *out = &event.params[i]
    cdef const ev_path *path
    out[0] = slice_none()
    if hdr.absent >> i & 1:
        return
    if param.type == PT_FSPATH or param.type == PT_FSRELPATH:
        path = <const ev_path *>member
        _take_text(event, i, view_text(hdr, path.name, out) or view_path(hdr, path, out))
    elif param.type == PT_CHARBUF:
        _take_text(event, i, view_text(hdr, (<const ev_ref *>member)[0], out))
    elif _refers(param.type):
        view_slice(hdr, (<const ev_ref *>member)[0], out)
    else:
        out.ptr = member
        out.len = param.size


cdef uint32_t scap_put_record(
    const ev_hdr *hdr, int64_t unix_offset_ns, uint32_t flags, uint8_t *out, uint32_t size
) noexcept nogil:
    """Write the block of a record that passed `view_event`; return its size, 0 if it does not fit.

    Args:
        unix_offset_ns: Unix time minus the clock of the record.
        flags: SCAP_EVENT_STATE_ONLY, or 0.
        size: SCAP_EVENT_MAX is enough for every record.
    """
    cdef const tbl_event_row *row = tbl_event(hdr.type)
    cdef _Event event
    cdef uint16_t call[2]
    cdef uint32_t i
    event.ts_ns = hdr.time_ns + <uint64_t>unix_offset_ns
    event.tid = hdr.tid
    event.type = hdr.type
    event.cpu = hdr.cpu
    event.flags = flags
    event.nparams = row.nparams
    event.texts = 0
    call[0] = <uint16_t>tbl_own_call(hdr.type)
    if call[0]:
        # Falco lacks the event: no reader supports its code.
        call[1] = <uint16_t>tbl_own_native(hdr.type)
        event.type = EV_SYSCALL
        event.nparams = 2
        for i in range(2):
            event.params[i].ptr = <const uint8_t *>&call[i]
            event.params[i].len = sizeof(uint16_t)
        return _put_block(&event, out, size)
    for i in range(row.nparams):
        _take_param(hdr, &row.params[i], i, &event)
    return _put_block(&event, out, size)


# --- Births -----------------------------------------------------------------------------------------------------------

cdef uint32_t scap_put_birth(
    const ev_hdr *hdr, const Proc *parent, int64_t unix_offset_ns, uint32_t flags, uint8_t *out, uint32_t size
) noexcept nogil:
    """Write a proc_fork record as the clone event of Falco's drivers for a new process, from the child's side.

    `parent` is the process of the record. Arguments as for `scap_put_record`.
    """
    cdef const ev_proc_fork *ev = <const ev_proc_fork *>hdr
    cdef const tbl_event_row *row = tbl_event(EV_CLONE)
    cdef _Event event
    cdef ev_clone numbers       # unknown members are 0
    cdef uint32_t i
    memset(&numbers, 0, sizeof(numbers))
    event.ts_ns = hdr.time_ns + <uint64_t>unix_offset_ns
    event.tid = <uint64_t>ev.child_tid
    event.type = EV_VFORK if ev.flags & EV_CLONE_FLAGS_CLONE_VFORK else EV_CLONE
    event.cpu = hdr.cpu
    event.flags = flags
    event.nparams = row.nparams
    event.texts = 0
    numbers.tid = ev.child_tid
    numbers.pid = ev.child_tgid
    numbers.ptid = hdr.tgid
    if ev.flags & EV_CLONE_FLAGS_CLONE_PARENT and parent is not NULL and parent.parent is not NULL:
        numbers.ptid = parent.parent.tgid
    numbers.vtid = ev.child_vtid
    numbers.vpid = ev.child_vpid
    numbers.uid = hdr.uid
    numbers.gid = hdr.gid
    numbers.pidns_init_start_ts = ev.pidns_start_ns
    numbers.flags = ev.flags
    if ev.child_vtid != ev.child_tid:
        numbers.flags |= EV_CLONE_FLAGS_CLONE_CHILD_IN_PIDNS
    if parent is not NULL:
        numbers.fdlimit = parent.fdlimit
        numbers.vm_size = <uint32_t>parent.vm_size
        numbers.vm_rss = <uint32_t>parent.vm_rss
        numbers.vm_swap = <uint32_t>parent.vm_swap
    for i in range(row.nparams):
        _take_birth(hdr, parent, &numbers, &row.params[i], i, &event)
    return _put_block(&event, out, size)


cdef void _take_birth(
    const ev_hdr *hdr, const Proc *parent, const ev_clone *numbers, const tbl_param *param, uint32_t i, _Event *event
) noexcept nogil:
    """Set one param of a clone event: numbers from the struct, texts from the parent's program."""
    cdef const void *member = <const uint8_t *>numbers + param.offset
    cdef Slice *out = &event.params[i]
    out[0] = slice_none()
    if member == &numbers.exe:
        out[0] = parent.image.exe if parent is not NULL and parent.image is not NULL else slice_none()
        _take_text(event, i, out.ptr is not NULL)
    elif member == &numbers.args:
        out[0] = parent.image.args if parent is not NULL and parent.image is not NULL else slice_none()
    elif member == &numbers.comm:
        out[0] = view_comm(hdr)
        _take_text(event, i, 1)
    elif member == &numbers.cgroups:
        out[0] = shared_slice(parent.cgroups) if parent is not NULL else slice_none()
    elif member == &numbers.cwd:
        pass
    else:
        out.ptr = <const uint8_t *>member
        out.len = param.size
