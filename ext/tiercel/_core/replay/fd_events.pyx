# SPDX-License-Identifier: Apache-2.0
"""Updates of descriptor tables from capture events other than sockets, exactly as in Falco.

Only successful calls change anything. A closed descriptor stays until the next event, so that rules can see it.
Afterwards `ThreadTable.event_fd` is the event's descriptor and `ThreadTable.event_fd_num` its number.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from tiercel._core.replay.fd_common cimport (
    event_bytes,
    event_number,
    fd_duplicate,
    fd_make,
    fd_rename,
    read_number,
    read_text,
)
from tiercel._core.replay.fd_table cimport (
    FD_LOWER,
    FD_TYPE_UNSET,
    FD_UPPER,
    Fd,
    FdTable,
    fd_name,
    fd_set_name_raw,
    fds_find,
    fds_first,
    fds_next,
    fds_remove,
)
from tiercel._core.replay.socket_events cimport fd_accept, fd_bind, fd_connect, fd_receive, fd_send, fd_socket, fd_used
from tiercel._core.replay.thread_table cimport (
    RTHREAD_PIPE_DST,
    RTHREAD_PIPE_SRC,
    rthread_cwd,
    rthread_enter,
    rthread_fds,
    thread_table_find,
)
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_int, text_slice, text_word
from tiercel._core.util.path cimport path_join
from tiercel._core.util.slice cimport Slice, slice_ends, slice_is_absolute, slice_of
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_BIND,
    EV_BPF,
    EV_CLOSE,
    EV_CLOSE_RANGE,
    EV_CONNECT,
    EV_CREAT,
    EV_DUP,
    EV_DUP2,
    EV_DUP3,
    EV_EPOLL_CREATE,
    EV_EPOLL_CREATE1,
    EV_EVENTFD,
    EV_EVENTFD2,
    EV_FCNTL,
    EV_FD_BPF,
    EV_FD_DIRECTORY,
    EV_FD_EVENT,
    EV_FD_EVENTPOLL,
    EV_FD_FILE,
    EV_FD_INOTIFY,
    EV_FD_IO_URING,
    EV_FD_MEMFD,
    EV_FD_PIDFD,
    EV_FD_PIPE,
    EV_FD_SIGNALFD,
    EV_FD_TIMERFD,
    EV_FD_UNIX,
    EV_FD_USERFAULTFD,
    EV_INOTIFY_INIT,
    EV_INOTIFY_INIT1,
    EV_IO_URING_SETUP,
    EV_MEMFD_CREATE,
    EV_OPEN,
    EV_OPENAT,
    EV_OPENAT2,
    EV_OPEN_BY_HANDLE_AT,
    EV_PIDFD_GETFD,
    EV_PIDFD_OPEN,
    EV_PIPE,
    EV_PIPE2,
    EV_PREAD,
    EV_PREADV,
    EV_PWRITE,
    EV_PWRITEV,
    EV_READ,
    EV_READV,
    EV_RECV,
    EV_RECVFROM,
    EV_RECVMMSG,
    EV_RECVMSG,
    EV_SEND,
    EV_SENDMMSG,
    EV_SENDMSG,
    EV_SENDTO,
    EV_SIGNALFD,
    EV_SIGNALFD4,
    EV_SOCKET,
    EV_SOCKETPAIR,
    EV_TIMERFD_CREATE,
    EV_USERFAULTFD,
    EV_WRITE,
    EV_WRITEV,
)


cdef enum:
    AT_FDCWD = -100

    # Falco's numbers.
    O_DIRECTORY = 0x400
    O_CLOEXEC = 0x1000
    O_ADDED = 0x4000            # lowest of the flags that Falco adds to those of the program
    FD_UPPER_LAYER = 0x8000
    FD_LOWER_LAYER = 0x10000
    CREAT_UPPER_LAYER = 1
    CREAT_LOWER_LAYER = 2
    CLOSE_RANGE_CLOEXEC = 4
    F_DUPFD = 1
    F_SETFD = 3
    F_DUPFD_CLOEXEC = 26

    FD_CLOEXEC = 1


# --- Opening ----------------------------------------------------------------------------------------------------------

cdef Slice _base(ThreadTable *threads, const ReplayThread *thread, Slice dirfd, Slice name) noexcept nogil:
    """Return the base directory of a name, with a trailing slash; ``<UNKNOWN>`` for an unknown descriptor."""
    cdef int64_t num
    cdef const Fd *fd
    cdef Slice base
    cdef Text text
    if slice_is_absolute(name):
        return slice_of(b".")
    if dirfd.len == 0:
        return slice_of(b"")
    num = read_number(dirfd, -1)
    if num == AT_FDCWD:
        return rthread_cwd(thread)
    fd = fds_find(rthread_fds(thread), num)
    if fd is NULL:
        return slice_of(b"<UNKNOWN>")
    base = fd_name(fd)
    if slice_ends(base, b"/", 1):
        return base
    text_begin(&text, &threads.scratch)
    text_slice(&text, base)
    text_char(&text, b'/')
    return base if text_end(&text, &base) else slice_of(b"<UNKNOWN>")


cdef uint32_t _layers(uint32_t flags) noexcept nogil:
    return (FD_UPPER if flags & FD_UPPER_LAYER else 0) | (FD_LOWER if flags & FD_LOWER_LAYER else 0)


cdef void _open(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    """Add a file opened by path. Params of the enter event take precedence: the program cannot change them."""
    cdef const ScapEvent *enter = rthread_enter(thread, event)
    cdef int type = event.type
    # Param indexes of the exit event; the enter event's are one less.
    cdef uint32_t at_name = 2 if type == EV_OPENAT or type == EV_OPENAT2 else 1
    cdef uint32_t at_dev = 4
    cdef uint32_t flags = 0, layers
    cdef Slice name, base, full, dirfd
    cdef Fd *fd
    if type == EV_OPEN_BY_HANDLE_AT:
        at_name = 3
        flags = <uint32_t>event_number(event, 2, 0)
        enter = NULL
    elif type == EV_OPENAT:
        at_dev = 5
    elif type == EV_OPENAT2:
        at_dev = 6
    elif type == EV_CREAT:
        at_dev = 3
    name = read_text(event_bytes(event, at_name))
    dirfd = event_bytes(event, 1)
    if type != EV_CREAT and type != EV_OPEN_BY_HANDLE_AT:
        flags = <uint32_t>event_number(event, at_name + 1, 0)
    if enter is not NULL and enter.nparams >= at_name:
        base = read_text(enter.params[at_name - 1])
        if base.len != 4 or memcmp(base.ptr, b"<NA>", 4) != 0:
            name = base
            if type != EV_CREAT and enter.nparams > at_name:
                flags = (flags & ~<uint32_t>(O_ADDED - 1)) | <uint32_t>read_number(enter.params[at_name], 0)
            if at_name == 2:
                dirfd = enter.params[0]
    if type == EV_OPEN_BY_HANDLE_AT:
        base = slice_of(b"")
    elif at_name == 2:
        base = _base(threads, thread, dirfd, name)
    else:
        base = rthread_cwd(thread)
    if not path_join(base, name, threads.path_limit, &threads.scratch, &full):
        threads.stats.no_memory += 1
        return
    layers = _layers(flags)
    if type == EV_CREAT:
        flags = <uint32_t>event_number(event, 5, 0)
        layers = (FD_UPPER if flags & CREAT_UPPER_LAYER else 0) | (FD_LOWER if flags & CREAT_LOWER_LAYER else 0)
        flags = (FD_UPPER_LAYER if layers & FD_UPPER else 0) | (FD_LOWER_LAYER if layers & FD_LOWER else 0)
    fd = fd_make(threads, thread, num, EV_FD_DIRECTORY if flags & O_DIRECTORY else EV_FD_FILE, flags)
    if fd is NULL:
        return
    fd.flags |= <uint16_t>layers
    fd.dev = <uint32_t>event_number(event, at_dev, 0)
    fd.ino = <uint64_t>event_number(event, at_dev + 1, 0)
    fd_rename(threads, fd, full)
    fd_set_name_raw(fd, name)


# --- Copies -----------------------------------------------------------------------------------------------------------

cdef void _set_cloexec(Fd *fd, bint closes) noexcept nogil:
    if closes:
        fd.open_flags |= O_CLOEXEC
    else:
        fd.open_flags &= ~<uint32_t>O_CLOEXEC


cdef void _dup(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    cdef Fd *fd
    if threads.event_fd is NULL:
        return
    if num == 0:
        thread.flags |= RTHREAD_PIPE_DST
    elif num == 1:
        thread.flags |= RTHREAD_PIPE_SRC
    fd = fd_duplicate(threads, thread, num, threads.event_fd)
    if fd is not NULL:
        _set_cloexec(fd, event.type == EV_DUP3 and event_number(event, 3, 0) & O_CLOEXEC != 0)


cdef void _fcntl(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t result) noexcept nogil:
    cdef int64_t command = event_number(event, 2, 0)
    cdef Fd *fd = threads.event_fd
    if fd is NULL:
        return
    if command == F_DUPFD or command == F_DUPFD_CLOEXEC:
        fd = fd_duplicate(threads, thread, result, fd)
        if fd is not NULL:
            _set_cloexec(fd, command == F_DUPFD_CLOEXEC)
    elif command == F_SETFD:
        _set_cloexec(fd, event_number(event, 3, 0) & FD_CLOEXEC != 0)


cdef void _pidfd_getfd(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    """Copy a descriptor of another process, if its pidfd is known."""
    cdef const Fd *pidfd = fds_find(rthread_fds(thread), event_number(event, 1, -1))
    cdef const Fd *source
    cdef Fd *fd
    if pidfd is NULL or pidfd.type != EV_FD_PIDFD:
        return
    source = fds_find(rthread_fds(thread_table_find(threads, pidfd.pid)), event_number(event, 2, -1))
    if source is NULL:
        return
    fd = fd_duplicate(threads, thread, num, source)
    if fd is not NULL:
        _set_cloexec(fd, 1)


# --- Everything else --------------------------------------------------------------------------------------------------

cdef void _pipe(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    cdef uint64_t ino = <uint64_t>event_number(event, 3, 0)
    cdef uint32_t flags = <uint32_t>event_number(event, 4, 0) if event.type == EV_PIPE2 else 0
    cdef Fd *fd
    cdef uint32_t i
    for i in range(1, 3):
        fd = fd_make(threads, thread, event_number(event, i, -1), EV_FD_PIPE, flags)
        if fd is not NULL:
            fd.ino = ino


cdef void _socketpair(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Add both ends; the event's descriptor is the first one, under the number of the second."""
    cdef int64_t first = event_number(event, 1, -1), second = event_number(event, 2, -1)
    cdef uint64_t source = <uint64_t>event_number(event, 3, 0), peer = <uint64_t>event_number(event, 4, 0)
    cdef Fd *fd
    cdef Fd *other
    if first == second:
        return
    fd = fd_make(threads, thread, first, EV_FD_UNIX, 0)
    other = fd_make(threads, thread, second, EV_FD_UNIX, 0)
    if fd is not NULL:
        fd.ends.un.source = source
        fd.ends.un.destination = peer
    if other is not NULL:
        other.ends.un.source = peer
        other.ends.un.destination = source
    threads.event_fd = fd


cdef void _memfd_create(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    """Add a memfd. As in Falco, a failed call leaves an entry under a negative number."""
    cdef Fd *fd = fd_make(threads, thread, num, FD_TYPE_UNSET, 0)
    if fd is not NULL and num >= 0:
        fd.type = EV_FD_MEMFD
        fd.open_flags = <uint32_t>event_number(event, 2, 0)
        fd_rename(threads, fd, read_text(event_bytes(event, 1)))


cdef void _pidfd_open(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    cdef Fd *fd = fd_make(threads, thread, num, EV_FD_PIDFD, <uint32_t>event_number(event, 2, 0))
    cdef Slice name
    cdef Text text
    if fd is NULL:
        return
    fd.pid = event_number(event, 1, -1)
    text_begin(&text, &threads.scratch)
    text_word(&text, b"/proc/")
    text_int(&text, fd.pid)
    if text_end(&text, &name):
        fd_rename(threads, fd, name)


cdef void _close(ThreadTable *threads, const ReplayThread *thread) noexcept nogil:
    if threads.event_fd is NULL:
        return
    threads.has_fd_removal = 1
    threads.fd_removal_tid = thread.tid
    threads.fd_removal_num = threads.event_fd_num


cdef void _close_range(const ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    cdef FdTable *table = rthread_fds(thread)
    cdef int64_t first = event_number(event, 1, 0), last = event_number(event, 2, 0)
    cdef bint marks_only = event_number(event, 3, 0) & CLOSE_RANGE_CLOEXEC != 0
    cdef Fd *fd = fds_first(table)
    cdef Fd *next
    while fd is not NULL:
        next = fds_next(fd)
        if first <= fd.num <= last:
            if marks_only:
                fd.open_flags |= O_CLOEXEC
            else:
                fds_remove(table, fd.num)
        fd = next


cdef void fd_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Apply an event to the descriptor tables and attach a descriptor that it creates. Other events are ignored."""
    cdef int type = event.type
    cdef int64_t result
    if thread is NULL:
        return
    # The frequent events come first: they change nothing, unless their descriptor is a socket.
    result = <int32_t>event_number(event, 0, 0) if event_bytes(event, 0).len == 4 else event_number(event, 0, 0)
    if result < 0 and type != EV_CONNECT and type != EV_MEMFD_CREATE:
        return
    if (
        type == EV_READ or type == EV_WRITE or type == EV_READV or type == EV_WRITEV or type == EV_PREAD
        or type == EV_PWRITE or type == EV_PREADV or type == EV_PWRITEV
    ):
        fd_used(threads)
    elif (
        type == EV_OPENAT or type == EV_OPEN or type == EV_OPENAT2 or type == EV_CREAT or type == EV_OPEN_BY_HANDLE_AT
    ):
        _open(threads, thread, event, result)
    elif type == EV_CLOSE:
        _close(threads, thread)
    elif type == EV_RECVFROM or type == EV_RECVMSG or type == EV_RECVMMSG or type == EV_RECV:
        fd_receive(threads, thread, event)
    elif type == EV_SENDTO or type == EV_SENDMSG or type == EV_SENDMMSG or type == EV_SEND:
        fd_send(threads, thread, event)
    elif type == EV_FCNTL:
        _fcntl(threads, thread, event, result)
    elif type == EV_DUP2 or type == EV_DUP or type == EV_DUP3:
        _dup(threads, thread, event, result)
    elif type == EV_CONNECT:
        fd_connect(threads, thread, event, result)
    elif type == EV_ACCEPT4 or type == EV_ACCEPT:
        fd_accept(threads, thread, event, result)
    elif type == EV_SOCKET:
        fd_socket(threads, thread, event, result)
    elif type == EV_BIND:
        fd_bind(threads, event)
    elif type == EV_PIPE2 or type == EV_PIPE:
        _pipe(threads, thread, event)
    elif type == EV_SOCKETPAIR:
        _socketpair(threads, thread, event)
    elif type == EV_CLOSE_RANGE:
        _close_range(thread, event)
    elif type == EV_MEMFD_CREATE:
        _memfd_create(threads, thread, event, result)
    elif type == EV_PIDFD_OPEN:
        _pidfd_open(threads, thread, event, result)
    elif type == EV_PIDFD_GETFD:
        _pidfd_getfd(threads, thread, event, result)
    else:
        _make_plain(threads, thread, event, result)


cdef void _make_plain(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil:
    """Handle calls that create a descriptor without a name."""
    cdef int type = event.type
    cdef uint8_t kind
    cdef uint32_t at_flags = 0
    if type == EV_EPOLL_CREATE or type == EV_EPOLL_CREATE1:
        kind = EV_FD_EVENTPOLL
        at_flags = 1 if type == EV_EPOLL_CREATE1 else 0
    elif type == EV_EVENTFD or type == EV_EVENTFD2:
        kind = EV_FD_EVENT
        at_flags = 1 if type == EV_EVENTFD2 else 0
    elif type == EV_INOTIFY_INIT or type == EV_INOTIFY_INIT1:
        kind = EV_FD_INOTIFY
        at_flags = 1 if type == EV_INOTIFY_INIT1 else 0
    elif type == EV_SIGNALFD or type == EV_SIGNALFD4:
        kind = EV_FD_SIGNALFD
        at_flags = 1 if type == EV_SIGNALFD4 else 0
    elif type == EV_TIMERFD_CREATE:
        kind = EV_FD_TIMERFD
        at_flags = 2
    elif type == EV_IO_URING_SETUP:
        kind = EV_FD_IO_URING
    elif type == EV_USERFAULTFD:
        kind = EV_FD_USERFAULTFD
    elif type == EV_BPF:
        kind = EV_FD_BPF
    else:
        return
    fd_make(threads, thread, num, kind, <uint32_t>event_number(event, at_flags, 0) if at_flags else 0)
