# SPDX-License-Identifier: Apache-2.0
"""Conversion of capture events to wire records, in the layout of the probe.

A capture event stores its params in the order of the event's row; the row has their position in the record. The header
comes from the thread, `ev_file` from the event's descriptor. Values that only the kernel has, such as resolved paths
and namespaces, are absent.
"""

from libc.stdint cimport int64_t, uint16_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from tiercel._core.replay.fd_table cimport Fd, fd_fill, fd_name, fd_name_raw, fds_find
from tiercel._core.replay.thread_table cimport rthread_fds
from tiercel._core.util.slice cimport Slice, slice_is_absolute, slice_none, slice_text
from tiercel._core.wire.events_gen cimport (
    EV_COMM_LEN,
    EV_RECORD_MAX,
    EVF_TRUNCATED,
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
    ev_file,
    ev_path,
    ev_ref,
    tbl_event,
    tbl_event_row,
    tbl_param,
)

cdef enum:
    AT_FDCWD = -100
    UNKNOWN = 0xffff_ffff       # an unknown id of a thread
    NO_SYSCALL = 0xffff


cdef int record_builder_init(RecordBuilder *builder) noexcept nogil:
    """Allocate the record buffer; -1 without memory."""
    builder.used = 0
    builder.cut = 0
    builder.bytes = <uint8_t *>malloc(EV_RECORD_MAX)
    return 0 if builder.bytes is not NULL else -1


cdef void record_builder_free(RecordBuilder *builder) noexcept nogil:
    free(builder.bytes)
    builder.bytes = NULL


# --- Params -----------------------------------------------------------------------------------------------------------

cdef inline bint _is_path(const tbl_param *param) noexcept nogil:
    return (<uint64_t>1 << PT_FSPATH | <uint64_t>1 << PT_FSRELPATH) >> param.type & 1


cdef inline bint _is_bytes(const tbl_param *param) noexcept nogil:
    """Return true if the record refers to the value, which has any length; texts among them end at a NUL."""
    return (
        <uint64_t>1 << PT_CHARBUF | <uint64_t>1 << PT_BYTEBUF | <uint64_t>1 << PT_SOCKADDR
        | <uint64_t>1 << PT_SOCKTUPLE | <uint64_t>1 << PT_DYN | <uint64_t>1 << PT_FDLIST
        | <uint64_t>1 << PT_CHARBUFARRAY | <uint64_t>1 << PT_IPV4ADDR | <uint64_t>1 << PT_IPV6ADDR
    ) >> param.type & 1


cdef int params_check(const ScapEvent *event) noexcept nogil:
    """Check the size of fixed-size values, which may be empty: -1, or the number of the first invalid param.

    Events that no rule sees have no row, and pass.
    """
    cdef const tbl_event_row *row = tbl_event(event.type)
    cdef const tbl_param *param
    cdef uint32_t i, count
    if row is NULL:
        return -1
    count = row.nparams if row.nparams < event.nparams else event.nparams
    for i in range(count):
        param = &row.params[i]
        if event.params[i].len and event.params[i].len != param.size and not (_is_path(param) or _is_bytes(param)):
            return <int>i
    return -1


cdef ev_ref _put(RecordBuilder *builder, Slice value) noexcept nogil:
    """Append bytes to the tail; bytes beyond the limit are cut off."""
    cdef ev_hdr *hdr = <ev_hdr *>builder.bytes
    cdef ev_ref ref
    if value.ptr is NULL:
        ref.off = 0
        ref.len = 0
        return ref
    if value.len > EV_RECORD_MAX - builder.used:
        value.len = EV_RECORD_MAX - builder.used
        hdr.flags |= EVF_TRUNCATED
    if value.len:
        memcpy(builder.bytes + builder.used, value.ptr, value.len)
    ref.off = <uint16_t>builder.used
    ref.len = <uint16_t>value.len
    builder.used += value.len
    return ref


cdef Slice _base(const ReplayThread *thread, const ScapEvent *event, const tbl_param *param, Slice name) noexcept nogil:
    """Return the directory of a relative path if a descriptor names it; absent: current directory, or unknown."""
    cdef const Fd *fd
    cdef int64_t number
    if (
        param.dirfd < 0 or name.len == 0 or slice_is_absolute(name) or thread is NULL
        or <uint32_t>param.dirfd >= event.nparams or event.params[param.dirfd].len != sizeof(number)
    ):
        return slice_none()
    memcpy(&number, event.params[param.dirfd].ptr, sizeof(number))
    if number == AT_FDCWD:
        return slice_none()
    fd = fds_find(rthread_fds(thread), number)
    return slice_none() if fd is NULL else fd_name(fd)


cdef void _put_param(
    RecordBuilder *builder, const ReplayThread *thread, const ScapEvent *event, const tbl_param *param, uint32_t i
) noexcept nogil:
    cdef ev_hdr *hdr = <ev_hdr *>builder.bytes
    cdef uint8_t *member = builder.bytes + param.offset
    cdef Slice value = event.params[i]
    cdef ev_path path
    if value.len == 0:
        hdr.absent |= <uint32_t>1 << i
    elif _is_path(param):
        value = slice_text(value)
        path.name = _put(builder, value)
        path.base = _put(builder, _base(thread, event, param, value))
        path.real.off = 0
        path.real.len = 0
        (<ev_path *>member)[0] = path
    elif _is_bytes(param):
        (<ev_ref *>member)[0] = _put(builder, slice_text(value) if param.type == PT_CHARBUF else value)
    elif param.size == 8:  # most params; a constant size needs no call
        memcpy(member, value.ptr, 8)
    elif param.size == 4:
        memcpy(member, value.ptr, 4)
    else:
        memcpy(member, value.ptr, param.size)


# --- Header and descriptor --------------------------------------------------------------------------------------------

cdef void _put_header(ev_hdr *hdr, const ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    cdef Slice comm
    hdr.type = event.type
    hdr.time_ns = event.ts_ns
    hdr.cpu = event.cpu
    hdr.syscall = NO_SYSCALL
    hdr.tid = <uint32_t>event.tid
    if thread is NULL:
        hdr.tgid = UNKNOWN
        hdr.vtid = UNKNOWN
        hdr.vpid = UNKNOWN
        hdr.ptgid = UNKNOWN
        hdr.uid = UNKNOWN
        hdr.gid = UNKNOWN
        hdr.loginuid = UNKNOWN
        return
    hdr.start_ns = thread.proc.start_ns
    hdr.tgid = <uint32_t>thread.pid
    hdr.vtid = <uint32_t>thread.vtid
    hdr.vpid = <uint32_t>thread.vpid
    hdr.ptgid = <uint32_t>thread.ptid
    hdr.uid = thread.proc.uid
    hdr.gid = thread.proc.gid
    hdr.loginuid = thread.proc.loginuid
    if thread.proc.image is not NULL:
        comm = thread.proc.image.comm
        if comm.len:
            memcpy(hdr.comm, comm.ptr, comm.len if comm.len < EV_COMM_LEN else EV_COMM_LEN - 1)


cdef const ev_hdr *record_make(
    RecordBuilder *builder, const ThreadTable *threads, const ReplayThread *thread, const ScapEvent *event
) noexcept nogil:
    """Return the record of an event after params_check and thread_table_apply; NULL if it has no row."""
    cdef const tbl_event_row *row = tbl_event(event.type)
    cdef ev_hdr *hdr = <ev_hdr *>builder.bytes
    cdef ev_file *file
    cdef uint32_t i
    if row is NULL:
        return NULL
    memset(builder.bytes, 0, row.tail_offset)
    builder.used = row.tail_offset
    _put_header(hdr, thread, event)
    if row.file_offset and threads.event_fd is not NULL:
        file = <ev_file *>(builder.bytes + row.file_offset)
        fd_fill(threads.event_fd, threads.name_changed, file)
        file.path = _put(builder, fd_name(threads.event_fd))
        file.raw = _put(builder, fd_name_raw(threads.event_fd))
    for i in range(row.nparams):
        if i < event.nparams:
            _put_param(builder, thread, event, &row.params[i], i)
        else:
            hdr.absent |= <uint32_t>1 << i
    if row.nparams < 32:
        hdr.absent |= <uint32_t>0xffff_ffff << row.nparams
    hdr.len = builder.used
    builder.cut += hdr.flags & EVF_TRUNCATED != 0
    return hdr
