# SPDX-License-Identifier: Apache-2.0
"""Execs of threads in a capture: successful execve and execveat calls."""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset

from tiercel._core.replay.fd_table cimport Fd, FdTable, fd_name, fds_exec, fds_find
from tiercel._core.replay.thread_table cimport (
    RTHREAD_ACTIVE,
    RTHREAD_CHILD_IN_PIDNS,
    RTHREAD_CLONE_INVERTED,
    RTHREAD_IS_MAIN,
    RTHREAD_NAME_CHANGED,
    RTHREAD_PIPE_DST,
    RTHREAD_PIPE_SRC,
    rthread_cwd,
    rthread_enter,
    rthread_fds,
    rthread_is_invalid,
    rthread_is_main,
    rthread_revive,
    thread_table_link,
    thread_table_remove,
)
from tiercel._core.scap.params cimport scap_has, scap_i64, scap_text, scap_u32, scap_u64, scap_words
from tiercel._core.state.exec_image cimport ExecImage, ImageParts, image_new, shared_new
from tiercel._core.state.process cimport proc_set_cgroups, proc_set_image
from tiercel._core.util.arena_text cimport arena_take
from tiercel._core.util.path cimport path_join
from tiercel._core.util.slice cimport Slice, slice_equal, slice_is_absolute, slice_none, slice_of

cdef enum:
    # Params of execve and execveat.
    EXE = 1
    ARGS = 2
    PID = 4
    PTID = 5
    FDLIMIT = 7
    PF_MAJOR = 8
    PF_MINOR = 9
    VM_SIZE = 10
    VM_RSS = 11
    VM_SWAP = 12
    COMM = 13
    CGROUPS = 14
    ENV = 15
    TTY = 16
    VPGID = 17
    LOGINUID = 18
    FLAGS = 19
    CAP_INHERITABLE = 20
    CAP_PERMITTED = 21
    CAP_EFFECTIVE = 22
    EXE_INO = 23
    EXE_CTIME = 24
    EXE_MTIME = 25
    UID = 26
    EXEPATH = 27
    PGID = 28
    GID = 29

    EV_EXECVE_E = 292
    AT_FDCWD = -100
    AT_EMPTY_PATH = 1               # Falco's number

cdef const char *NOT_KNOWN = b"<NA>"


# --- The path of the executable ---------------------------------------------------------------------------------------

cdef bint _joined(ThreadTable *threads, Slice base, Slice path, Slice *out) noexcept nogil:
    """Join `path` to the directory `base`, adding the slash that `base` may lack."""
    cdef uint8_t *room
    if base.len and base.ptr[base.len - 1] != b'/':
        room = arena_take(&threads.scratch, base.len + 1)
        if room is NULL:
            return 0
        memcpy(room, base.ptr, base.len)
        room[base.len] = b'/'
        base.ptr = room
        base.len += 1
    return path_join(base, path, threads.path_limit, &threads.scratch, out)


cdef Slice _exepath(ThreadTable *threads, const ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Return the executable's path: from the kernel, or from the enter event of an old capture; absent without both.

    An enter event with an unknown directory gives ``<NA>``.
    """
    cdef const ScapEvent *enter
    cdef Slice path, base
    cdef FdTable *table
    cdef Fd *fd
    cdef int64_t dirfd
    if scap_has(event, EXEPATH):
        return scap_text(event, EXEPATH)
    enter = rthread_enter(thread, event)
    if enter is NULL:
        return slice_none()
    if enter.type == EV_EXECVE_E:
        path = scap_text(enter, 0)
        if slice_equal(path, slice_of(NOT_KNOWN)):
            return path
        if not path_join(rthread_cwd(thread), path, threads.path_limit, &threads.scratch, &path):
            return slice_of(NOT_KNOWN)
        return path
    dirfd = scap_i64(enter, 0)
    path = scap_text(enter, 1)
    table = rthread_fds(thread)
    fd = fds_find(table, dirfd) if table is not NULL and dirfd != AT_FDCWD else NULL
    if scap_u32(enter, 2) & AT_EMPTY_PATH:
        return fd_name(fd) if fd is not NULL else slice_of(NOT_KNOWN)
    if slice_equal(path, slice_of(NOT_KNOWN)):
        return slice_of(NOT_KNOWN)
    if slice_is_absolute(path) or dirfd == AT_FDCWD:
        base = rthread_cwd(thread)
    elif fd is not NULL:
        base = fd_name(fd)
    else:
        return slice_of(NOT_KNOWN)
    return path if _joined(threads, base, path, &path) else slice_of(NOT_KNOWN)


# --- What changes -----------------------------------------------------------------------------------------------------

cdef void _set_image(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Set the program. Values that the event lacks stay."""
    cdef const ExecImage *image = thread.proc.image
    cdef ImageParts parts
    cdef Slice path
    memset(&parts, 0, sizeof(parts))
    parts.exepath = parts.env = slice_of(b"")
    if image is not NULL:
        parts.env = image.env
        parts.flags = image.flags
        parts.file = image.file
        parts.exepath = image.exepath
    parts.exe = scap_text(event, EXE)
    parts.args = scap_words(event, ARGS)
    parts.comm = scap_text(event, COMM) if event.nparams > COMM else parts.exe
    if scap_has(event, ENV):
        parts.env = scap_words(event, ENV)
    if scap_has(event, FLAGS):
        parts.flags = scap_u32(event, FLAGS)
    if scap_has(event, EXE_INO):
        parts.file.ino = scap_u64(event, EXE_INO)
    if scap_has(event, EXE_CTIME):
        parts.file.ctime_ns = scap_u64(event, EXE_CTIME)
        parts.file.older_ns = thread.proc.start_ns - parts.file.ctime_ns if thread.proc.start_ns else 0
        if parts.file.ctime_ns > thread.proc.pidns_start_ns:
            parts.file.newer_ns = parts.file.ctime_ns - thread.proc.pidns_start_ns
    if scap_has(event, EXE_MTIME):
        parts.file.mtime_ns = scap_u64(event, EXE_MTIME)
    path = _exepath(threads, thread, event)
    if path.ptr is not NULL:
        parts.exepath = path
    proc_set_image(threads.state, &thread.proc, image_new(&parts))


cdef void _set_ids(ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    if scap_has(event, TTY):
        thread.proc.tty = scap_u32(event, TTY)
    if scap_has(event, VPGID):
        thread.proc.vpgid = scap_i64(event, VPGID)
    thread.proc.pgid = scap_i64(event, PGID) if scap_has(event, PGID) else -1
    if scap_has(event, LOGINUID):
        thread.proc.loginuid = scap_u32(event, LOGINUID)
    if scap_has(event, UID):
        thread.proc.uid = scap_u32(event, UID)
    if scap_has(event, GID):
        thread.proc.gid = scap_u32(event, GID)
    if scap_has(event, CAP_INHERITABLE):
        thread.proc.cap_inheritable = scap_u64(event, CAP_INHERITABLE)
    if scap_has(event, CAP_PERMITTED):
        thread.proc.cap_permitted = scap_u64(event, CAP_PERMITTED)
    if scap_has(event, CAP_EFFECTIVE):
        thread.proc.cap_effective = scap_u64(event, CAP_EFFECTIVE)


cdef void _end_others(ThreadTable *threads, const ReplayThread *thread) noexcept nogil:
    """Remove the other threads of the process: an exec leaves one."""
    cdef ReplayThread *other = thread.group.first if thread.group is not NULL else NULL
    cdef ReplayThread *next
    while other is not NULL:
        next = other.group_next
        if other is not thread:
            thread_table_remove(threads, other.tid)
        other = next


cdef void rthread_execed(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil:
    """Apply an exec: the thread becomes the main thread of its process."""
    cdef FdTable *table
    if rthread_is_main(thread):
        rthread_revive(thread)
    thread.pid = scap_i64(event, PID)
    if rthread_is_invalid(thread):
        thread.ptid = scap_i64(event, PTID)
        if thread.flags & RTHREAD_CHILD_IN_PIDNS == 0:
            thread.vtid = thread.tid
            thread.vpid = thread.pid
        thread_table_link(threads, thread)
    thread.proc.tgid = <uint32_t>thread.pid
    thread.proc.vpid = <uint32_t>thread.vpid
    thread.proc.exec_ns = event.ts_ns
    thread.proc.fdlimit = scap_i64(event, FDLIMIT)
    thread.proc.pf_major = scap_u64(event, PF_MAJOR)
    thread.proc.pf_minor = scap_u64(event, PF_MINOR)
    thread.proc.vm_size = scap_u32(event, VM_SIZE)
    thread.proc.vm_rss = scap_u32(event, VM_RSS)
    thread.proc.vm_swap = scap_u32(event, VM_SWAP)
    proc_set_cgroups(&thread.proc, shared_new(scap_words(event, CGROUPS)))
    _set_image(threads, thread, event)
    _set_ids(thread, event)
    table = rthread_fds(thread)
    if table is not NULL:
        fds_exec(table)
    thread.flags = RTHREAD_ACTIVE | RTHREAD_NAME_CHANGED | (
        thread.flags & (RTHREAD_PIPE_SRC | RTHREAD_PIPE_DST | RTHREAD_IS_MAIN | RTHREAD_CLONE_INVERTED)
    )
    _end_others(threads, thread)
