# SPDX-License-Identifier: Apache-2.0
"""Updates of the process table from records.

Lineage. The parent of a process is the process that forked it, or the parent of that process after CLONE_PARENT. It
changes when the kernel assigns another one: the reaper in `procexit` takes all children of the exiting process, and
every record carries the real parent of its own process. If the new parent is not in the table, the exited one stays the
parent.

Programs. Name, arguments, executable and environment are those of the last exec, as of its time. A fork shares them
under the comm of the forking thread. A later prctl(PR_SET_NAME) changes nothing. Ids come from the header of each
record.

Missed records. A process that first appears without its fork or exec gets an entry from the header. The entry is marked
incomplete and counted; a late fork record completes it.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from tiercel._core.state.cgroup_ids cimport MATCHER_CRI, CgroupName, cgroups_container
from tiercel._core.state.container cimport (
    Container,
    container_enter_scope,
    container_meta,
    container_on_process,
    containers_group_gone,
    containers_group_new,
    containers_set_key,
)
from tiercel._core.state.container_meta cimport ContainerMeta, MetaValue, meta_value
from tiercel._core.state.exec_image cimport (
    ExecImage,
    ImageParts,
    Shared,
    image_new,
    image_renamed,
    next_word,
    shared_keep,
    shared_new,
    shared_slice,
)
from tiercel._core.state.process cimport (
    PROC_CHECKS,
    PROC_EXITED,
    PROC_GONE,
    PROC_HEALTHCHECK,
    PROC_INCOMPLETE,
    PROC_LIVENESS_PROBE,
    PROC_MEASURED,
    PROC_READINESS_PROBE,
    PROC_SEEN,
    proc_adopt,
    proc_current,
    proc_end,
    proc_find,
    proc_move,
    proc_move_cgroup,
    proc_new,
    proc_revive,
    proc_set_cgroups,
    proc_set_container,
    proc_set_image,
    proc_share_container,
    state_reap,
)
from tiercel._core.util.posix cimport pthread_mutex_lock, pthread_mutex_unlock
from tiercel._core.util.slice cimport Slice, slice_equal
from tiercel._core.wire.events_gen cimport (
    EV_CGROUP_GONE,
    EV_CGROUP_MOVE,
    EV_CGROUP_NEW,
    EV_EXECVE,
    EV_EXECVEAT,
    EV_NOW_MEMORY,
    EV_NOW_TASK,
    EV_PROC_FORK,
    EV_PROC_SEED,
    EV_PROCEXIT,
    EV_SETPGID,
    EV_SETSID,
    EVF_STATE_ONLY,
    EVF_TRUNCATED,
    META_HEALTHCHECK,
    META_LIVENESS_PROBE,
    META_READINESS_PROBE,
    PART_DETAILS,
    ev_cgroup_gone,
    ev_cgroup_move,
    ev_cgroup_new,
    ev_execve,
    ev_now,
    ev_proc_fork,
    ev_proc_seed,
    ev_ref,
    ev_procexit,
    ev_setpgid,
    ev_setsid,
)
from tiercel._core.wire.view cimport view_comm, view_now, view_path, view_slice, view_text


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_CLONE_FLAGS_CLONE_PARENT


cdef enum:
    TRACED_PATH = 1023      # limit in bytes of a cgroup path in records of the kernel's hooks, from its beginning


cdef void state_lock(State *state) noexcept nogil:
    pthread_mutex_lock(&state.lock)


cdef void state_unlock(State *state) noexcept nogil:
    pthread_mutex_unlock(&state.lock)


# --- Records ----------------------------------------------------------------------------------------------------------

cdef inline void _take_ids(Proc *proc, const ev_hdr *hdr) noexcept nogil:
    proc.uid = hdr.uid
    proc.gid = hdr.gid
    proc.loginuid = hdr.loginuid
    proc.vpid = hdr.vpid
    proc.pid_ns = hdr.pid_ns


cdef void _parts_of_header(const ev_hdr *hdr, ImageParts *parts) noexcept nogil:
    """Return the program data in a header: the comm, and the current directory if present."""
    memset(parts, 0, sizeof(ImageParts))
    parts.comm = view_comm(hdr)
    view_text(hdr, hdr.cwd, &parts.cwd)


cdef void _take_now(Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Update the process from the thread state in the record; non-leader threads update only their own values."""
    cdef const ev_now *now = view_now(hdr)
    if now is NULL or hdr.tid != hdr.tgid or not now.has & EV_NOW_TASK:
        return
    proc.flags |= PROC_MEASURED
    proc.fdlimit = <int64_t>now.fdlimit
    proc.pf_major = now.pgft_maj
    proc.pf_minor = now.pgft_min
    proc.cap_inheritable = now.cap_inheritable
    proc.cap_permitted = now.cap_permitted
    proc.cap_effective = now.cap_effective
    if now.has & EV_NOW_MEMORY:
        proc.vm_size = now.vm_size
        proc.vm_rss = now.vm_rss
        proc.vm_swap = now.vm_swap


cdef Proc *_meet(State *state, const ev_hdr *hdr) noexcept nogil:
    """Add a process whose fork and exec were missed; NULL without memory."""
    cdef ImageParts parts
    cdef Proc *parent = proc_current(state, hdr.ptgid) if hdr.ptgid else NULL
    cdef Proc *proc = proc_new(state, hdr.tgid, hdr.start_ns, parent)
    if proc is NULL:
        return NULL
    proc.flags |= PROC_INCOMPLETE
    _take_ids(proc, hdr)
    _parts_of_header(hdr, &parts)
    proc_set_image(state, proc, image_new(&parts))
    if parent is not NULL and parent is not proc:
        proc_adopt(parent, proc)
    if hdr.type != EV_PROC_SEED:
        state.stats.incomplete += 1
    return proc


cdef void _follow_parent(State *state, Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Apply the real parent in the record."""
    cdef Proc *parent
    if hdr.ptgid == 0 or (proc.parent is not NULL and proc.parent.tgid == hdr.ptgid):
        return
    parent = proc_current(state, hdr.ptgid)
    if parent is not NULL:
        proc_move(state, parent, proc)


cdef bint _take_cgroups(State *state, Proc *proc, const ev_hdr *hdr, ev_ref names) noexcept nogil:
    """Apply the cgroups in the record; return 0 if it has none.

    Truncated paths lack their beginning: without a full id in the rest, the container of the process does not change.
    """
    cdef CgroupName name
    cdef Slice cgroups
    if hdr.time_ns < proc.moved_ns or not view_slice(hdr, names, &cgroups):
        return 0
    if hdr.flags & EVF_TRUNCATED and (not cgroups_container(cgroups, &name) or name.matcher > MATCHER_CRI):
        return 1
    proc_apply_cgroups(state, proc, hdr.cgroup_id, cgroups)
    return 1


cdef void _apply_exec(State *state, Proc *proc, const ev_execve *ev) noexcept nogil:
    cdef const ev_hdr *hdr = &ev.hdr
    cdef ImageParts parts
    cdef Slice text
    cdef Proc *parent
    if ev.res < 0:
        return
    _parts_of_header(hdr, &parts)
    parts.flags = ev.flags
    parts.file.ino = ev.exe_ino
    parts.file.ctime_ns = ev.exe_ino_ctime
    parts.file.mtime_ns = ev.exe_ino_mtime
    if view_text(hdr, ev.comm, &text):
        parts.comm = text
    view_text(hdr, ev.exe, &parts.exe)
    if not view_slice(hdr, ev.args, &parts.args):
        parts.args.ptr = <const uint8_t *>b""
    view_slice(hdr, ev.args_tail, &parts.args_tail)
    parts.args_len = ev.args_len
    view_path(hdr, &ev.trusted_exepath, &parts.exepath)
    view_slice(hdr, ev.env, &parts.env)
    if view_text(hdr, ev.cwd, &text):
        parts.cwd = text
    proc_set_image(state, proc, image_new(&parts))
    proc.flags &= ~<uint32_t>PROC_INCOMPLETE
    state.stats.execs += 1
    _take_ids(proc, hdr)
    proc.tty = ev.tty
    proc.sid = ev.sid
    proc.pgid = ev.pgid
    proc.vpgid = ev.vpgid
    proc.flags |= PROC_MEASURED
    proc.exec_ns = hdr.time_ns
    proc.pidns_start_ns = ev.pidns_start_ns
    proc.fdlimit = <int64_t>ev.fdlimit
    proc.pf_major = ev.pgft_maj
    proc.pf_minor = ev.pgft_min
    proc.vm_size = ev.vm_size
    proc.vm_rss = ev.vm_rss
    proc.vm_swap = ev.vm_swap
    proc.cap_inheritable = ev.cap_inheritable
    proc.cap_permitted = ev.cap_permitted
    proc.cap_effective = ev.cap_effective
    if _take_cgroups(state, proc, hdr, ev.cgroups):
        if proc.container is not NULL:
            container_on_process(proc.container, proc.tgid, proc.start_ns, hdr.time_ns)
    if hdr.ptgid and ev.pstart_ns:
        parent = proc_find(state, hdr.ptgid, ev.pstart_ns)
        if parent is not NULL:
            proc_move(state, parent, proc)
    _note_checks(proc)


cdef bint _runs(const ExecImage *image, const MetaValue *command) noexcept nogil:
    """Return true if a program was started with that argument vector."""
    cdef Slice rest = image.args, word
    cdef uint32_t i
    if command is NULL or command.count == 0 or not slice_equal(image.exe, command.texts[0]):
        return 0
    for i in range(1, command.count):
        if not next_word(&rest, &word) or not slice_equal(word, command.texts[i]):
            return 0
    return rest.len == 0


cdef void _note_checks(Proc *proc) noexcept nogil:
    """Mark health checks that an engine starts in a container. Programs that a marked process executes or forks later
    belong to the check."""
    cdef const ContainerMeta *meta = container_meta(proc.container, PART_DETAILS)
    cdef const ExecImage *image = proc.image
    if meta is NULL or image is NULL or proc.vpid == 1:
        return
    if proc.parent is NULL or proc.parent.container == proc.container:
        return
    if _runs(image, meta_value(meta, META_HEALTHCHECK)):
        proc.flags |= PROC_HEALTHCHECK
    if _runs(image, meta_value(meta, META_LIVENESS_PROBE)):
        proc.flags |= PROC_LIVENESS_PROBE
    if _runs(image, meta_value(meta, META_READINESS_PROBE)):
        proc.flags |= PROC_READINESS_PROBE


cdef void proc_apply_cgroups(State *state, Proc *proc, uint64_t cgroup_id, Slice cgroups) noexcept nogil:
    """Apply the names of the process's cgroups and derive its container from them."""
    cdef Shared *theirs = proc.parent.cgroups if proc.parent is not NULL else NULL
    cdef CgroupName name
    if theirs is not NULL and slice_equal(shared_slice(theirs), cgroups):
        proc_set_cgroups(proc, shared_keep(theirs))
    else:
        proc_set_cgroups(proc, shared_new(cgroups))
    proc_set_container(state, proc, cgroup_id, &name if cgroups_container(cgroups, &name) else NULL)


cdef void _apply_cgroup_new(State *state, const ev_cgroup_new *ev) noexcept nogil:
    """Handle a new cgroup: a container's is known before the first process enters it; others are the host's."""
    cdef Container *container
    cdef Slice path
    if not view_text(&ev.hdr, ev.path, &path):
        return
    container = containers_group_new(&state.containers, ev.id, path)
    if ev.is_key and state.containers.static_container is NULL and (container is not NULL or path.len < TRACED_PATH):
        containers_set_key(&state.containers, ev.id, container if container is not NULL else state.host)


cdef void _inherit_numbers(Proc *child, const Proc *proc) noexcept nogil:
    """Copy the values that a fork duplicates, if known; page faults start at 0."""
    child.flags |= proc.flags & (PROC_MEASURED | PROC_CHECKS)
    child.exec_ns = proc.exec_ns
    child.fdlimit = proc.fdlimit
    child.vm_size = proc.vm_size
    child.vm_rss = proc.vm_rss
    child.vm_swap = proc.vm_swap
    child.cap_inheritable = proc.cap_inheritable
    child.cap_permitted = proc.cap_permitted
    child.cap_effective = proc.cap_effective


cdef void _apply_fork(State *state, Proc *proc, const ev_proc_fork *ev) noexcept nogil:
    cdef const ev_hdr *hdr = &ev.hdr
    cdef uint32_t tgid = <uint32_t>ev.child_tgid
    cdef Proc *parent = proc
    cdef Proc *child
    cdef bint is_new = 0
    if tgid == hdr.tgid or tgid == 0:
        return
    child = proc_find(state, tgid, ev.child_start_ns) if ev.child_start_ns else NULL
    if child is NULL:
        child = proc_new(state, tgid, ev.child_start_ns, proc)
        if child is NULL:
            return
        is_new = 1
    elif child.image is not NULL and not child.flags & PROC_INCOMPLETE:
        return      # its exec came first
    if proc.image is not NULL:
        proc_set_image(state, child, image_renamed(proc.image, view_comm(hdr)))
    child.flags = (child.flags & ~<uint32_t>PROC_INCOMPLETE) | (proc.flags & PROC_INCOMPLETE) | PROC_SEEN
    child.uid = hdr.uid
    child.gid = hdr.gid
    child.loginuid = hdr.loginuid
    child.vpid = <uint32_t>ev.child_vpid
    child.pid_ns = ev.pid_ns
    child.tty = proc.tty
    child.sid = proc.sid
    child.pgid = proc.pgid
    child.vpgid = proc.vpgid
    child.pidns_start_ns = ev.pidns_start_ns
    _inherit_numbers(child, proc)
    if child.cgroup_id == 0:
        child.cgroup_id = ev.child_cgroup_id if ev.child_cgroup_id else proc.cgroup_id
    if child.cgroups is NULL and child.cgroup_id == proc.cgroup_id:
        proc_set_cgroups(child, shared_keep(proc.cgroups))
    if child.container is NULL:
        if child.cgroup_id == proc.cgroup_id:
            proc_share_container(child, proc.container)
        else:
            proc_move_cgroup(state, child, child.cgroup_id)
    if ev.flags & EV_CLONE_FLAGS_CLONE_PARENT and proc.parent is not NULL:
        parent = proc.parent
    if is_new:
        proc_adopt(parent, child)
    elif child.parent is NULL:
        proc_move(state, parent, child)


cdef void _apply_exit(State *state, Proc *proc, const ev_procexit *ev) noexcept nogil:
    """Treat the exit of the leader as the exit of the process until another of its threads has an event."""
    cdef Proc *reaper = NULL
    if not ev.last and ev.hdr.tid != ev.hdr.tgid:
        return
    if ev.reaper_tid > 0:
        reaper = proc_current(state, <uint32_t>ev.reaper_tid)
    proc_end(state, proc, ev.hdr.time_ns, reaper if reaper is not proc else NULL)
    if ev.last:
        proc.flags |= PROC_GONE


cdef void _apply_setsid(Proc *proc, const ev_setsid *ev) noexcept nogil:
    """Start a new session: its id is the process id, with one process group and no terminal."""
    if ev.res < 0:
        return
    proc.sid = ev.res
    proc.pgid = proc.tgid
    proc.vpgid = ev.res
    proc.tty = 0


cdef Proc *_by_vpid(Proc *proc, int64_t vpid) noexcept nogil:
    """Return the process itself or one of its children by an id in its own pid namespace."""
    cdef Proc *child = proc.children
    if vpid == proc.vpid:
        return proc
    while child is not NULL and (child.vpid != vpid or (proc.pid_ns and child.pid_ns != proc.pid_ns)):
        child = child.next_sibling
    return child


cdef void _apply_setpgid(Proc *proc, const ev_setpgid *ev) noexcept nogil:
    """Move the process or a child to another process group: of the family, or any in the host's pid namespace."""
    cdef Proc *moved = _by_vpid(proc, ev.pid if ev.pid else proc.vpid)
    cdef Proc *leader
    if ev.res < 0 or moved is NULL:
        return
    moved.vpgid = ev.pgid if ev.pgid else moved.vpid
    leader = moved if moved.vpgid == moved.vpid else _by_vpid(proc, moved.vpgid)
    if leader is not NULL:
        moved.pgid = leader.tgid
    else:
        moved.pgid = moved.vpgid if proc.vpid == proc.tgid else -1


cdef void _apply_seed(State *state, Proc *proc, const ev_proc_seed *ev) noexcept nogil:
    """Add a process that was already running. `ProcessTable.seed` adds its program."""
    cdef ImageParts parts
    cdef Proc *parent
    if proc.flags & PROC_INCOMPLETE or proc.image is NULL:
        proc.flags |= PROC_INCOMPLETE
        _take_ids(proc, &ev.hdr)
        _parts_of_header(&ev.hdr, &parts)
        proc.tty = ev.tty
        proc.sid = ev.sid
        proc.pgid = ev.pgid
        proc.vpgid = ev.vpgid
        proc.flags |= PROC_MEASURED
        proc.pidns_start_ns = ev.pidns_start_ns
        proc.fdlimit = <int64_t>ev.fdlimit
        proc.pf_major = ev.pgft_maj
        proc.pf_minor = ev.pgft_min
        proc.vm_size = ev.vm_size
        proc.vm_rss = ev.vm_rss
        proc.vm_swap = ev.vm_swap
        proc.cap_inheritable = ev.cap_inheritable
        proc.cap_permitted = ev.cap_permitted
        proc.cap_effective = ev.cap_effective
        proc_set_image(state, proc, image_new(&parts))
    if proc.parent is NULL and ev.ppid > 0 and ev.pstart_ns:
        parent = proc_parent_of_seed(state, <uint32_t>ev.ppid, ev.pstart_ns, proc)
        if parent is not NULL:
            proc_move(state, parent, proc)


cdef Proc *proc_parent_of_seed(State *state, uint32_t tgid, uint64_t start_ns, const Proc *child) noexcept nogil:
    """Return the parent of a process that was already running; an unknown parent gets an empty entry."""
    cdef Proc *parent = proc_find(state, tgid, start_ns)
    if parent is NULL:
        parent = proc_new(state, tgid, start_ns, child)
        if parent is not NULL:
            parent.flags |= PROC_INCOMPLETE
    return parent


cdef Proc *process_table_apply(State *state, const ev_hdr *hdr) noexcept nogil:
    """Apply the record to the table and return the process of the record; NULL without memory.

    Returns NULL for cgroup records, too. The result is valid until the next call. The caller holds the lock.
    """
    cdef Proc *proc
    state_reap(state, hdr.time_ns)
    if hdr.type == EV_CGROUP_NEW:
        _apply_cgroup_new(state, <const ev_cgroup_new *>hdr)
        return NULL
    if hdr.type == EV_CGROUP_GONE:
        containers_group_gone(&state.containers, (<const ev_cgroup_gone *>hdr).id)
        return NULL
    proc = proc_find(state, hdr.tgid, hdr.start_ns)
    if proc is NULL:
        proc = _meet(state, hdr)
        if proc is NULL:
            return NULL
    elif proc.flags & PROC_EXITED and hdr.type != EV_PROCEXIT:
        proc_revive(state, proc, hdr.time_ns)
    proc.flags |= PROC_SEEN
    _follow_parent(state, proc, hdr)
    if (hdr.cgroup_id != proc.cgroup_id or proc.container is NULL) and hdr.time_ns >= proc.moved_ns:
        proc.moved_ns = hdr.time_ns if hdr.cgroup_id != proc.cgroup_id else proc.moved_ns
        proc_move_cgroup(state, proc, hdr.cgroup_id)
    if hdr.type == EV_EXECVE or hdr.type == EV_EXECVEAT:
        # A failed call, and an execveat event (a successful one is reported as execve), leaves everything as it was.
        if hdr.type == EV_EXECVE:
            _apply_exec(state, proc, <const ev_execve *>hdr)
    elif hdr.type == EV_PROC_FORK:
        _apply_fork(state, proc, <const ev_proc_fork *>hdr)
    elif hdr.type == EV_CGROUP_MOVE:
        _take_cgroups(state, proc, hdr, (<const ev_cgroup_move *>hdr).cgroups)
    elif hdr.type == EV_PROCEXIT:
        _apply_exit(state, proc, <const ev_procexit *>hdr)
    elif hdr.type == EV_SETSID:
        _apply_setsid(proc, <const ev_setsid *>hdr)
    elif hdr.type == EV_SETPGID:
        _apply_setpgid(proc, <const ev_setpgid *>hdr)
    elif hdr.type == EV_PROC_SEED:
        _apply_seed(state, proc, <const ev_proc_seed *>hdr)
    if proc.container is not NULL and not proc.container.in_scope and not hdr.flags & EVF_STATE_ONLY:
        container_enter_scope(proc.container)
    _take_now(proc, hdr)
    return proc
