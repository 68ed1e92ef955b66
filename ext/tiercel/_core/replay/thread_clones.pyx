# SPDX-License-Identifier: Apache-2.0
"""Clones, from the events of both sides.

Parent and child each have an exit event, in any order, and either may be missing. The first event creates the child.
The parent's event leaves that to the child's event in three cases: the child's ids are of another pid namespace, the
caller is not the child's parent, or the caller may have been suspended (vfork) until the child was gone.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset

from tiercel._core.replay.fd_table cimport fds_copy
from tiercel._core.replay.thread_table cimport (
    RTHREAD_CHILD_IN_PIDNS,
    RTHREAD_CLONE_FILES,
    RTHREAD_CLONE_INVERTED,
    RTHREAD_CLONE_NEWPID,
    RTHREAD_CLONE_PARENT,
    RTHREAD_CLONE_THREAD,
    RTHREAD_CLONE_VFORK,
    rthread_cwd,
    rthread_is_invalid,
    rthread_is_main,
    rthread_main,
    thread_table_add_invalid,
    thread_table_find,
    thread_table_has_exited,
    thread_table_insert,
    thread_table_link,
    thread_table_remove,
)
from tiercel._core.scap.params cimport scap_has, scap_i64, scap_text, scap_u32, scap_u64, scap_words
from tiercel._core.state.exec_image cimport (
    ExecImage,
    ImageParts,
    Shared,
    image_keep,
    image_new,
    shared_keep,
    shared_new,
    shared_slice,
)
from tiercel._core.state.process cimport proc_set_cgroups, proc_set_image
from tiercel._core.util.slice cimport Slice, slice_equal, slice_of
from tiercel._core.wire.events_gen cimport EV_VFORK

cdef enum:
    FRESH_NS = 2_000_000_000        # a younger entry is the child's own; an older one had the same id before

    # Params of clone, clone3, fork and vfork.
    RES = 0
    EXE = 1
    ARGS = 2
    TID = 3
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
    FLAGS = 15
    UID = 16
    GID = 17
    VTID = 18
    VPID = 19
    PIDNS_START = 20


cdef inline Shared *_share(const Shared *known, Slice text) noexcept nogil:
    """Return `known` with one more reference if it has that text, otherwise a new text."""
    if known is not NULL and slice_equal(shared_slice(known), text):
        return shared_keep(<Shared *>known)
    return shared_new(text)


cdef ExecImage *_image(const ReplayThread *like, Slice env, const ScapEvent *event) noexcept nogil:
    """Set the child's program: name and arguments from the event, the rest from `like`, if any."""
    cdef ExecImage *image = like.proc.image if like is not NULL else NULL
    cdef ImageParts parts
    memset(&parts, 0, sizeof(parts))
    parts.exe = scap_text(event, EXE)
    parts.args = scap_words(event, ARGS)
    parts.comm = scap_text(event, COMM) if event.nparams > COMM else parts.exe
    parts.exepath = slice_of(b"")
    parts.env = env
    if image is not NULL:
        parts.flags = image.flags
        parts.file = image.file
        parts.exepath = image.exepath
        if (
            image.args.ptr is not NULL and slice_equal(image.exe, parts.exe) and slice_equal(image.args, parts.args)
            and slice_equal(image.comm, parts.comm) and slice_equal(image.env, env)
        ):
            return image_keep(image)
    return image_new(&parts)


cdef void _fill(ThreadTable *threads, ReplayThread *child, ReplayThread *like, const ScapEvent *event) noexcept nogil:
    """Set the child's values from the event and from `like`: its caller, parent or main thread; NULL none."""
    cdef bint is_thread = child.flags & RTHREAD_CLONE_THREAD != 0
    cdef const ReplayThread *main = rthread_main(like) if like is not NULL else NULL
    cdef Slice env = slice_of(b"")
    if is_thread:
        if like is not NULL:
            child.proc.exec_ns = like.proc.exec_ns
            if like.proc.image is not NULL:
                env = like.proc.image.env
    elif like is not NULL:
        if main is not NULL:
            child.fds = fds_copy(main.fds, &threads.stats.fds_refused)
        if rthread_is_main(like) and like.proc.image is not NULL and like.proc.image.env.ptr is not NULL:
            env = like.proc.image.env
        child.cwd = _share(main.cwd if main is not NULL else NULL, rthread_cwd(like))
    if like is not NULL:
        child.root = shared_keep(like.root) if like.root is not NULL else NULL
        child.proc.sid = like.proc.sid
        child.proc.pgid = like.proc.pgid
        child.proc.vpgid = like.proc.vpgid
        child.proc.tty = like.proc.tty
        child.proc.loginuid = like.proc.loginuid
        child.proc.cap_inheritable = like.proc.cap_inheritable
        child.proc.cap_permitted = like.proc.cap_permitted
        child.proc.cap_effective = like.proc.cap_effective
    child.proc.tgid = <uint32_t>child.pid
    child.proc.vpid = <uint32_t>child.vpid
    child.proc.start_ns = event.ts_ns
    child.proc.fdlimit = scap_i64(event, FDLIMIT)
    child.proc.pf_major = scap_u64(event, PF_MAJOR)
    child.proc.pf_minor = scap_u64(event, PF_MINOR)
    child.proc.vm_size = scap_u32(event, VM_SIZE)
    child.proc.vm_rss = scap_u32(event, VM_RSS)
    child.proc.vm_swap = scap_u32(event, VM_SWAP)
    child.proc.uid = scap_u32(event, UID)
    child.proc.gid = scap_u32(event, GID)
    proc_set_cgroups(&child.proc, _share(like.proc.cgroups if like is not NULL else NULL, scap_words(event, CGROUPS)))
    proc_set_image(threads.state, &child.proc, _image(like, env, event))


cdef ReplayThread *_identified(ThreadTable *threads, int64_t tid) noexcept nogil:
    """Return the thread with that id, or a new empty one; NULL without room."""
    cdef ReplayThread *thread = thread_table_find(threads, tid)
    return thread if thread is not NULL else thread_table_add_invalid(threads, tid)


cdef void _from_parent(ThreadTable *threads, const ScapEvent *event, int64_t child_tid) noexcept nogil:
    cdef ReplayThread *caller = _identified(threads, event.tid)
    cdef ReplayThread *child
    cdef uint32_t flags = scap_u32(event, FLAGS)
    cdef bint is_known
    if caller is NULL:
        return
    threads.thread = caller
    is_known = not rthread_is_invalid(caller)
    if not is_known:
        caller.pid = scap_i64(event, PID)
        caller.ptid = scap_i64(event, PTID)
        caller.vtid = scap_i64(event, VTID) if scap_has(event, VTID) else caller.tid
        caller.vpid = scap_i64(event, VPID) if scap_has(event, VPID) else -1
        caller.proc.tgid = <uint32_t>caller.pid
        caller.proc.vpid = <uint32_t>caller.vpid
        thread_table_link(threads, caller)
    if (
        flags & (RTHREAD_CHILD_IN_PIDNS | RTHREAD_CLONE_NEWPID | RTHREAD_CLONE_PARENT | RTHREAD_CLONE_VFORK)
        or event.type == EV_VFORK or caller.tid != caller.vtid or child_tid == caller.tid
        or thread_table_has_exited(threads, child_tid, caller.tid)
    ):
        return
    child = thread_table_find(threads, child_tid)
    if child is not NULL and child.flags & RTHREAD_CLONE_INVERTED:
        return
    # A thread with that id has ended unseen. The caller may be of its process and be removed with it.
    thread_table_remove(threads, child_tid)
    caller = threads.thread
    child = thread_table_insert(threads, child_tid) if caller is not NULL else NULL
    if child is NULL:
        return
    child.flags = flags
    if flags & RTHREAD_CLONE_THREAD:
        child.flags |= RTHREAD_CLONE_FILES
        child.pid = caller.pid
        child.ptid = caller.ptid
    else:
        child.pid = child.tid
        child.ptid = caller.tid
    child.vtid = child.tid
    child.vpid = child.pid
    _fill(threads, child, caller if is_known else NULL, event)
    thread_table_link(threads, child)


cdef void _from_child(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    cdef ReplayThread *child = thread_table_find(threads, event.tid)
    cdef ReplayThread *like
    cdef bint is_known
    cdef int64_t tid = event.tid, pid = scap_i64(event, PID), ptid = scap_i64(event, PTID)
    cdef uint32_t flags = scap_u32(event, FLAGS) | RTHREAD_CLONE_INVERTED
    if child is not NULL and child.proc.start_ns != 0 and event.ts_ns - child.proc.start_ns < FRESH_NS:
        threads.thread = child
        return
    thread_table_remove(threads, tid)
    # The raw flags of the event select the template thread, even if they are wrong.
    like = _identified(threads, pid if flags & RTHREAD_CLONE_THREAD else ptid)
    if tid != pid:
        flags |= RTHREAD_CLONE_THREAD | RTHREAD_CLONE_FILES
    if like is NULL:
        return
    is_known = not rthread_is_invalid(like)
    if not is_known and flags & RTHREAD_CLONE_THREAD:
        like.pid = pid
        like.ptid = ptid
        like.vtid = like.vpid = scap_i64(event, VPID)
        like.proc.tgid = <uint32_t>pid
        like.proc.vpid = <uint32_t>like.vpid
        proc_set_image(threads.state, &like.proc, _image(NULL, slice_of(b""), event))
        thread_table_link(threads, like)
    # A thread that is reported as its own parent replaces itself.
    is_known = is_known and like.tid != tid
    child = thread_table_insert(threads, tid)
    if child is NULL:
        return
    threads.thread = child
    child.pid = pid
    child.ptid = ptid
    child.vtid = scap_i64(event, VTID) if scap_has(event, VTID) else tid
    child.vpid = scap_i64(event, VPID) if scap_has(event, VPID) else -1
    child.flags = flags
    _fill(threads, child, like if is_known else NULL, event)
    if flags & (RTHREAD_CHILD_IN_PIDNS | RTHREAD_CLONE_NEWPID) or child.tid != child.vtid:
        child.proc.pidns_start_ns = scap_u64(event, PIDNS_START)
    thread_table_link(threads, child)


cdef void rthread_cloned(ThreadTable *threads, const ScapEvent *event) noexcept nogil:
    """Handle the exit of a clone, fork or vfork: in the parent, with the child's id, or in the child, with 0."""
    cdef int64_t result = scap_i64(event, RES)
    if result > 0:
        _from_parent(threads, event, result)
    elif result == 0:
        _from_child(threads, event)
