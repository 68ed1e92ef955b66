# SPDX-License-Identifier: Apache-2.0
"""Helpers of the descriptor parsers: params, the event's own descriptor, new entries."""

from libc.stdint cimport int16_t
from libc.string cimport memcmp

from tiercel._core.replay.fd_table cimport (
    FdTable,
    fd_set_name,
    fds_add,
    fds_add_copy,
    fds_find,
    fds_full,
    fds_new,
    fds_remove,
)
from tiercel._core.replay.thread_table cimport rthread_fds, rthread_keeper, thread_table_find
from tiercel._core.util.slice cimport slice_of, slice_text
from tiercel._core.wire.events_gen cimport (
    EV_BIND,
    EV_CONNECT,
    EV_CONNECT_E,
    EV_MMAP,
    EV_MMAP2,
    EV_PREAD,
    EV_PREADV,
    EV_PWRITE,
    EV_PWRITEV,
    EV_READ,
    EV_READV,
    EV_RECV,
    EV_RECVFROM,
    EV_RECVMSG,
    EV_SEND,
    EV_SENDFILE,
    EV_SENDMSG,
    EV_SENDTO,
    EV_SPLICE,
    EV_SYMLINKAT,
    EV_WRITE,
    EV_WRITEV,
    TBL_EVENT_USES_FD,
    tbl_event,
    tbl_event_row,
)


# --- Params -----------------------------------------------------------------------------------------------------------

cdef Slice read_text(Slice bytes) noexcept nogil:
    """Return a text param; ``<NA>`` for one that the kernel could not read."""
    if bytes.len == 0 or (bytes.len == 7 and memcmp(bytes.ptr, b"(NULL)", 7) == 0):
        return slice_of(b"<NA>")
    return slice_text(bytes)


# --- The event's own descriptor ---------------------------------------------------------------------------------------

cdef uint32_t _place(int type) noexcept nogil:
    """Return the index of the param with the event's descriptor."""
    if (
        type == EV_READ or type == EV_PREAD or type == EV_BIND or type == EV_WRITE or type == EV_PWRITE
        or type == EV_RECV or type == EV_SEND or type == EV_SENDTO or type == EV_SENDMSG or type == EV_SENDFILE
        or type == EV_SPLICE or type == EV_WRITEV or type == EV_PWRITEV or type == EV_CONNECT or type == EV_SYMLINKAT
    ):
        return 2
    if type == EV_RECVFROM or type == EV_READV or type == EV_PREADV:
        return 3
    if type == EV_RECVMSG:
        return 5
    if type == EV_CONNECT_E:
        return 0
    return 8 if type == EV_MMAP or type == EV_MMAP2 else 1


cdef void fd_begin(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Look up the event's descriptor; `fd_apply` attaches one that the event creates."""
    cdef const tbl_event_row *row
    threads.event_fd = NULL
    threads.event_fd_num = -1
    threads.name_changed = 0
    if thread is NULL:
        return
    row = tbl_event(event.type)
    if row is NULL or row.flags & TBL_EVENT_USES_FD == 0:
        return
    threads.event_fd_num = event_number(event, _place(event.type), -1)
    thread.last_fd = threads.event_fd_num
    threads.event_fd = fds_find(rthread_fds(thread), threads.event_fd_num)


cdef void fd_finish(ThreadTable *threads) noexcept nogil:
    """Remove the descriptor that the previous event closed."""
    cdef ReplayThread *thread
    cdef FdTable *table
    if not threads.has_fd_removal:
        return
    threads.has_fd_removal = 0
    thread = thread_table_find(threads, threads.fd_removal_tid)
    table = rthread_fds(thread)
    if table is not NULL:
        fds_remove(table, threads.fd_removal_num)


cdef FdTable *_table(ThreadTable *threads, ReplayThread *thread) noexcept nogil:
    """Return the descriptor table of a thread for changes; NULL without a main thread, or memory."""
    cdef ReplayThread *keeper = rthread_keeper(thread)
    if keeper is NULL:
        return NULL
    if keeper.fds is NULL:
        keeper.fds = fds_new(&threads.fds_total)
        if keeper.fds is NULL:
            threads.stats.no_memory += 1
    return keeper.fds


cdef Fd *_attach(ThreadTable *threads, const FdTable *table, int64_t num, Fd *fd) noexcept nogil:
    """Attach `fd`, just added, to the event; NULL, and counted, if it could not be added."""
    threads.event_fd_num = num
    threads.event_fd = fd
    if fd is NULL:
        if fds_full(table):
            threads.stats.fds_refused += 1
        else:
            threads.stats.no_memory += 1
    return fd


cdef Fd *fd_make(ThreadTable *threads, ReplayThread *thread, int64_t num, int type, uint32_t flags) noexcept nogil:
    """Add an entry for a new descriptor and attach it to the event; NULL without room."""
    cdef FdTable *table = _table(threads, thread)
    cdef Fd *fd
    if table is NULL:
        return NULL
    fd = _attach(threads, table, num, fds_add(table, num))
    if fd is not NULL:
        fd.type = <int16_t>type
        fd.open_flags = flags
    return fd


cdef Fd *fd_duplicate(ThreadTable *threads, ReplayThread *thread, int64_t num, const Fd *source) noexcept nogil:
    """Add a copy of `source` and attach it to the event; NULL without room."""
    cdef FdTable *table = _table(threads, thread)
    if table is NULL:
        return NULL
    return _attach(threads, table, num, fds_add_copy(table, num, source))


cdef void fd_rename(ThreadTable *threads, Fd *fd, Slice name) noexcept nogil:
    """Set the name of the event's descriptor."""
    if fd_set_name(fd, name):
        threads.name_changed = 1
