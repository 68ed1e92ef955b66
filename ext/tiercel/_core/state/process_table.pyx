# SPDX-License-Identifier: Apache-2.0
"""Python class of the process table: seeding, names, snapshots."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from tiercel._core.state.container cimport container_on_process, containers_clear_groups, names_clear
from tiercel._core.state.container_table cimport (
    ContainerTable, to_bytes, lock_state, put_names, as_slice, to_text,
)
from tiercel._core.state.exec_image cimport ExecImage, ImageParts, image_drop, image_keep, image_new, image_shared
from tiercel._core.state.process cimport (
    PROC_COARSE,
    PROC_EXITED,
    PROC_INCOMPLETE,
    PROC_MEASURED,
    proc_end,
    proc_find,
    proc_move,
    proc_new,
    proc_revive,
    proc_set_image,
    state_clear,
    state_free,
    state_new,
)
from tiercel._core.state.process_events cimport proc_apply_cgroups, proc_parent_of_seed
from tiercel._core.util.clock cimport boot_now
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice, bytes_hash, slice_equal, slice_none
from tiercel._core.wire.events_gen cimport ev_hdr
from tiercel._core.wire.view cimport view_event

from tiercel.errors import EventError, UsageError


cdef list _words(Slice slice):
    text = to_text(slice)
    return text.split("\0") if text else []


cdef dict _describe(const Proc *proc):
    cdef const ExecImage *image = proc.image
    cdef Slice none = slice_none()
    cdef Slice container = none
    if proc.container is not NULL:
        container.ptr = <const uint8_t *>proc.container.id
        container.len = proc.container.len
    return {
        "tgid": proc.tgid,
        "start_ns": proc.start_ns,
        "ptgid": proc.parent.tgid if proc.parent is not NULL else None,
        "comm": to_text(image.comm if image is not NULL else none),
        "exe": to_text(image.exe if image is not NULL else none),
        "args": _words(image.args if image is not NULL else none),
        "cmdline": to_text(image.cmdline if image is not NULL else none),
        "exepath": to_text(image.exepath if image is not NULL else none),
        "cwd": to_text(image.cwd if image is not NULL else none),
        "env": _words(image.env if image is not NULL else none),
        "uid": proc.uid,
        "gid": proc.gid,
        "loginuid": proc.loginuid,
        "tty": proc.tty,
        "sid": proc.sid,
        "pgid": proc.pgid,
        "vpgid": proc.vpgid,
        "vpid": proc.vpid,
        "container_id": to_text(container),
        "exited": bool(proc.flags & PROC_EXITED),
        "incomplete": bool(proc.flags & PROC_INCOMPLETE),
    }


cdef int _describe_all(const Proc *proc, list found) except -1:
    while proc is not NULL:
        found.append(_describe(proc))
        proc = proc.next
    return 0


# Values of a seed in addition to ids and program.
cdef struct _Numbers:
    bint are_measured
    uint64_t pidns_start_ns
    int64_t fdlimit
    uint64_t faults[2]
    uint64_t memory[3]
    uint64_t caps[3]


cdef _Numbers _numbers(object pidns_start_ns, object fdlimit, object faults, object memory, object caps) except *:
    cdef _Numbers numbers
    cdef object sets = caps or (0, 0, 0)
    numbers.are_measured = caps is not None
    numbers.pidns_start_ns = pidns_start_ns
    numbers.fdlimit = fdlimit
    numbers.faults[:] = faults
    numbers.memory[:] = memory
    numbers.caps[:] = sets
    return numbers


cdef void _take_numbers(Proc *proc, const _Numbers *numbers) noexcept nogil:
    proc.pidns_start_ns = numbers.pidns_start_ns
    if not numbers.are_measured:
        return
    proc.flags |= PROC_MEASURED
    proc.fdlimit = numbers.fdlimit
    proc.pf_major = numbers.faults[0]
    proc.pf_minor = numbers.faults[1]
    proc.vm_size = numbers.memory[0]
    proc.vm_rss = numbers.memory[1]
    proc.vm_swap = numbers.memory[2]
    proc.cap_inheritable = numbers.caps[0]
    proc.cap_permitted = numbers.caps[1]
    proc.cap_effective = numbers.caps[2]


cdef class ProcessTable(ContainerTable):
    def __cinit__(self, capacity=262_144):
        if not 16 <= capacity <= 0x4000_0000:
            raise UsageError("E607", f"a process table holds 16 to 2^30 processes, not {capacity}")
        self.state = state_new(capacity)
        if self.state is NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef int i
        for i in range(SEEDED):
            image_drop(self.seeded[i])
        state_free(self.state)

    cdef ExecImage *seed_image(self, const ImageParts *parts) noexcept nogil:
        """Return an image for a seed; equal seeds share one."""
        cdef uint64_t hash = bytes_hash(parts.comm.ptr, parts.comm.len)
        hash = 31 * hash + bytes_hash(parts.args.ptr, parts.args.len)
        hash = 31 * hash + bytes_hash(parts.env.ptr, parts.env.len)
        cdef ExecImage **known = &self.seeded[hash % SEEDED]
        cdef ExecImage *image = image_shared(known[0], parts)
        if image is NULL:
            image = image_new(parts)
            if image is not NULL:
                image_drop(known[0])
                known[0] = image_keep(image)
        return image

    def seed(
        self, *, tgid, start_ns, comm, ptgid=0, pstart_ns=0, exe=None, args=(), exepath=None, cwd=None, env=(), uid=0,
        gid=0, loginuid=0xffff_ffff, tty=0, sid=-1, vpid=0, pgid=-1, vpgid=-1, pid_ns=0, cgroups=None, cgroup_id=0,
        exe_flags=0, exe_ino=0, exe_times=(0, 0), pidns_start_ns=0, fdlimit=-1, faults=(0, 0), memory=(0, 0, 0),
        caps=None, coarse=False,
    ):
        cdef ImageParts parts
        cdef Proc *proc
        cdef Proc *parent
        cdef uint32_t number = tgid
        cdef uint64_t start = start_ns
        cdef uint32_t parent_number = ptgid
        cdef uint64_t parent_start = pstart_ns
        cdef bint is_coarse = coarse, used = 0
        cdef bytes comm_bytes = to_bytes(comm)[:15]
        cdef bytes args_bytes = to_bytes(args)
        cdef bytes env_bytes = to_bytes(env)
        cdef bytes exe_bytes = None if exe is None else to_bytes(exe)
        cdef bytes exepath_bytes = None if exepath is None else to_bytes(exepath)
        cdef bytes cwd_bytes = None if cwd is None else to_bytes(cwd)
        cdef bytes cgroups_bytes = None if cgroups is None else to_bytes(cgroups)
        cdef uint32_t ids[6]
        cdef int64_t groups[3]
        cdef uint64_t group = cgroup_id
        ids[:] = [uid, gid, loginuid, vpid or tgid, pid_ns, tty]
        groups[:] = [sid, pgid, vpgid]
        cdef _Numbers numbers = _numbers(pidns_start_ns, fdlimit, faults, memory, caps)
        memset(&parts, 0, sizeof(parts))
        parts.flags = exe_flags
        parts.file.ino = exe_ino
        parts.file.ctime_ns, parts.file.mtime_ns = exe_times
        parts.comm = as_slice(comm_bytes)
        parts.exe = as_slice(exe_bytes)
        parts.args = as_slice(args_bytes)
        parts.exepath = as_slice(exepath_bytes)
        parts.env = as_slice(env_bytes)
        parts.cwd = as_slice(cwd_bytes)
        cdef Slice group_names = as_slice(cgroups_bytes)
        with nogil:
            state_lock(self.state)
            proc = proc_find(self.state, number, start)
            if proc is NULL:
                proc = proc_new(self.state, number, start, NULL)
                if proc is not NULL:
                    proc.flags |= PROC_INCOMPLETE | (PROC_COARSE if is_coarse else 0)
            if proc is not NULL:
                if proc.flags & PROC_INCOMPLETE:
                    used = 1
                    proc.uid = ids[0]
                    proc.gid = ids[1]
                    proc.loginuid = ids[2]
                    proc.vpid = ids[3]
                    proc.pid_ns = ids[4]
                    proc.tty = ids[5]
                    proc.sid = groups[0]
                    proc.pgid = groups[1]
                    proc.vpgid = groups[2]
                    _take_numbers(proc, &numbers)
                    proc_set_image(self.state, proc, self.seed_image(&parts))
                    proc.flags &= ~<uint32_t>PROC_INCOMPLETE
                if (
                    (proc.parent is NULL or proc.parent.flags & PROC_EXITED)
                    and parent_number and parent_number != number
                ):
                    parent = proc_parent_of_seed(self.state, parent_number, parent_start, proc)
                    if parent is not NULL:
                        if is_coarse and parent.image is NULL:
                            parent.flags |= PROC_COARSE
                        proc_move(self.state, parent, proc)
                if group_names.ptr is not NULL and proc.container is NULL:
                    proc_apply_cgroups(self.state, proc, group, group_names)
                    if proc.container is not NULL:
                        container_on_process(proc.container, number, start, boot_now())
            state_unlock(self.state)
        if proc is NULL:
            raise MemoryError
        return bool(used)

    def mark_stale(self, uint32_t tgid, uint64_t start_ns, bytes comm not None, uint64_t as_of_ns):
        cdef Proc *proc
        cdef Slice name = as_slice(comm)
        cdef bint doubted
        with nogil:
            state_lock(self.state)
            proc = proc_find(self.state, tgid, start_ns)
            doubted = (
                proc is NULL or proc.flags & (PROC_INCOMPLETE | PROC_EXITED) or proc.image is NULL
                or not slice_equal(proc.image.comm, name) and proc.exec_ns < as_of_ns
                or (proc.parent is not NULL and proc.parent.flags & PROC_EXITED)
            )
            if proc is not NULL and proc.flags & PROC_EXITED and proc.exit_ns >= as_of_ns:
                doubted = 0
            if doubted and proc is not NULL:
                if proc.flags & PROC_EXITED:
                    proc_revive(self.state, proc, as_of_ns)
                if proc.exec_ns < as_of_ns:
                    proc.flags |= PROC_INCOMPLETE
            state_unlock(self.state)
        return bool(doubted)

    def set_cgroups(
        self, uint32_t tgid, uint64_t start_ns, uint64_t cgroup_id, bytes cgroups not None, uint64_t as_of_ns
    ):
        cdef Proc *proc
        cdef uint32_t before
        cdef bint changed = 0
        cdef Slice names = as_slice(cgroups)
        with nogil:
            state_lock(self.state)
            proc = proc_find(self.state, tgid, start_ns)
            if proc is not NULL and cgroup_id and names.len and proc.moved_ns < as_of_ns:
                before = proc.container.number if proc.container is not NULL else 0
                proc_apply_cgroups(self.state, proc, cgroup_id, names)
                proc.moved_ns = as_of_ns
                changed = proc.container is not NULL and proc.container.number != before
                if changed:
                    container_on_process(proc.container, tgid, start_ns, boot_now())
            state_unlock(self.state)
        return bool(changed)

    def end_others(self, dict starts not None, uint64_t as_of_ns):
        cdef Proc *proc
        cdef list gone = []
        cdef uint32_t tgid
        cdef uint64_t start_ns
        lock_state(self.state)
        try:
            proc = self.state.running.first
            while proc is not NULL:
                if proc.start_ns and proc.start_ns < as_of_ns and not proc.flags & PROC_COARSE:
                    if starts.get(proc.tgid) != proc.start_ns:
                        gone.append((proc.tgid, proc.start_ns))
                proc = proc.next
            for tgid, start_ns in gone:
                proc = proc_find(self.state, tgid, start_ns)
                if proc is not NULL:
                    proc_end(self.state, proc, as_of_ns, NULL)
            # Removals of cgroups may have been missed, too; running containers are known by their processes.
            containers_clear_groups(&self.state.containers)
        finally:
            state_unlock(self.state)
        return len(gone)

    def apply(self, const unsigned char[::1] record not None):
        cdef const ev_hdr *hdr = view_event(&record[0], record.shape[0]) if record.shape[0] else NULL
        if hdr is NULL:
            raise EventError("E301", f"{record.shape[0]} bytes are not one whole event")
        with nogil:
            state_lock(self.state)
            process_table_apply(self.state, hdr)
            state_unlock(self.state)

    def snapshot(self):
        cdef list found = []
        lock_state(self.state)
        try:
            _describe_all(self.state.running.first, found)
            _describe_all(self.state.ended.first, found)
        finally:
            state_unlock(self.state)
        return found

    def set_users(self, names, homes=None, shells=None):
        _set_names(self.state, &self.state.users, names)
        _set_names(self.state, &self.state.homes, homes or {})
        _set_names(self.state, &self.state.shells, shells or {})

    def set_groups(self, names):
        _set_names(self.state, &self.state.groups, names)

    def stats(self):
        cdef State *state = self.state
        lock_state(state)
        try:
            return {
                "processes": state.count,
                "capacity": state.capacity,
                "created": state.stats.created,
                "execs": state.stats.execs,
                "exits": state.stats.exits,
                "incomplete": state.stats.incomplete,
                "evicted": state.stats.evicted,
                "no_memory": state.stats.no_memory,
                "containers": state.containers.by_id.count,
            }
        finally:
            state_unlock(state)

    def clear(self):
        with nogil:
            state_lock(self.state)
            state_clear(self.state)
            state_unlock(self.state)


cdef int _set_names(State *state, IntMap *names, object mapping) except -1:
    """Replace a map of names as a whole."""
    cdef IntMap fresh
    cdef IntMap before
    memset(&fresh, 0, sizeof(fresh))
    try:
        put_names(&fresh, mapping)
    except BaseException:
        names_clear(&fresh)
        raise
    lock_state(state)
    before = names[0]
    names[0] = fresh
    state_unlock(state)
    names_clear(&before)
    return 0
