# SPDX-License-Identifier: Apache-2.0
"""Snapshot of the processes that run when a sensor starts, completed from /proc.

The kernel's task iterator reports identity exactly. Program, arguments and directories come from /proc a moment later;
an exec in between is reported through the ring. Without a task iterator, everything comes from /proc, with start times
that are exact to a clock tick.
"""

import os
import resource

cimport cython
from libc.errno cimport EINTR, errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcpy, memset
from posix.fcntl cimport O_CLOEXEC, O_RDONLY, open
from posix.unistd cimport close, read, readlink

from tiercel._core.util.alloc cimport memory_give_back
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport EV_PROC_SEED, EVF_TRUNCATED, ev_hdr, ev_proc_seed
from tiercel._core.wire.view cimport view_comm, view_event, view_slice


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_EXECVE_FLAGS_EXE_WRITABLE
    enum: EV_EXECVE_FLAGS_EXE_FROM_MEMFD

cdef enum:
    NAME = 64           # size of a buffer for a path below /proc/PID
    PIECE = 65536       # size of one read; also the limit of a link target


cdef uint64_t NO_LIMIT = 0x7FFFFFFFFFFFFFFF
cdef uint32_t HOST_PID_NS = 0xEFFFFFFC      # inode of the first pid namespace, constant in the kernel


@cython.final
cdef class ProcSnapshot:
    @property
    def tgid(self):
        return self.seed.hdr.tgid

    @property
    def start_ns(self):
        return self.seed.hdr.start_ns

    @property
    def ptgid(self):
        return <uint32_t>self.seed.ppid

    @property
    def pstart_ns(self):
        return self.seed.pstart_ns

    @property
    def vpid(self):
        return self.seed.hdr.vpid

    @property
    def pid_ns(self):
        return self.seed.hdr.pid_ns

    @property
    def uid(self):
        return self.seed.hdr.uid

    @property
    def gid(self):
        return self.seed.hdr.gid

    @property
    def loginuid(self):
        return self.seed.hdr.loginuid

    @property
    def cgroup_id(self):
        return self.seed.hdr.cgroup_id

    @property
    def cgroups(self):
        cdef Slice names
        return names.ptr[:names.len] if view_slice(&self.seed.hdr, self.seed.cgroups, &names) else None

    @property
    def cut(self):
        return bool(self.seed.hdr.flags & EVF_TRUNCATED)

    @property
    def sid(self):
        return self.seed.sid

    @property
    def pgid(self):
        return self.seed.pgid

    @property
    def vpgid(self):
        return self.seed.vpgid

    @property
    def tty(self):
        return self.seed.tty

    @property
    def pidns_start_ns(self):
        return self.seed.pidns_start_ns

    @property
    def fdlimit(self):
        # The kernel's value for no limit means an unreadable limit in a snapshot from /proc.
        if self.coarse and self.seed.fdlimit > NO_LIMIT:
            return -1
        return min(self.seed.fdlimit, NO_LIMIT)

    @property
    def faults(self):
        return self.seed.pgft_maj, self.seed.pgft_min

    @property
    def memory(self):
        return self.seed.vm_size, self.seed.vm_rss, self.seed.vm_swap

    @property
    def caps(self):
        return self.seed.cap_inheritable, self.seed.cap_permitted, self.seed.cap_effective

    @property
    def comm(self):
        cdef Slice comm = view_comm(&self.seed.hdr)
        return comm.ptr[:comm.len]


cdef ProcSnapshot snapshot_of(bytes record, bint coarse):
    """Return the snapshot of a single record."""
    cdef ProcSnapshot snapshot = ProcSnapshot.__new__(ProcSnapshot)
    snapshot.record = record
    snapshot.seed = <const ev_proc_seed *><const char *>record
    snapshot.coarse = coarse
    return snapshot


cpdef uint32_t own_pid_ns() except 0:
    """Return the inode of the pid namespace of this process and its /proc."""
    return os.stat("/proc/self/ns/pid").st_ino


cpdef list snapshots_of(bytes written):
    cdef const char *start = written
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t end = len(written)
    cdef ev_hdr hdr
    cdef bytes record
    cdef list snapshots = []
    while at + <Py_ssize_t>sizeof(ev_hdr) <= end:
        # Records follow each other without gaps: copy one to aligned memory.
        memcpy(&hdr, start + at, sizeof(ev_hdr))
        if hdr.len < sizeof(ev_hdr) or at + hdr.len > end:
            break
        record = written[at:at + hdr.len]
        if hdr.type == EV_PROC_SEED and view_event(<const char *>record, hdr.len) is not NULL:
            snapshots.append(snapshot_of(record, False))
        at += hdr.len
    return snapshots


cpdef uint32_t global_pid(list snapshots, uint32_t pid) except? 0:
    cdef ProcSnapshot snapshot
    cdef uint32_t namespace = own_pid_ns()
    if namespace == HOST_PID_NS:
        return pid
    for snapshot in snapshots:
        if snapshot.seed.hdr.pid_ns == namespace and snapshot.seed.hdr.vpid == pid:
            return snapshot.seed.hdr.tgid
    return 0


cdef bytes content(uint32_t pid, const char *name):
    """Return a file of /proc/PID; None if it cannot be read.  Avoids file objects: there are thousands."""
    cdef char path[NAME]
    cdef char piece[PIECE]
    cdef bytes whole = b""
    cdef Py_ssize_t got
    snprintf(path, sizeof(path), "/proc/%u/%s", pid, name)
    cdef int fd = open(path, O_RDONLY | O_CLOEXEC)
    if fd < 0:
        return None
    while True:
        got = read(fd, piece, sizeof(piece))
        if got > 0:
            whole = whole + piece[:got] if whole else piece[:got]
        elif got == 0 or errno != EINTR:
            close(fd)
            return whole if got == 0 else None


cdef bytes target(uint32_t pid, const char *name):
    """Return the target of a link of /proc/PID; None if it cannot be read."""
    cdef char path[NAME]
    cdef char text[PIECE]
    snprintf(path, sizeof(path), "/proc/%u/%s", pid, name)
    cdef Py_ssize_t length = readlink(path, text, sizeof(text))
    return None if length < 0 else text[:length]


cdef object kib(dict lines, bytes name):
    """Return a size in /proc/PID/status; 0 if it is missing."""
    return int(lines[name].split()[0]) if name in lines else 0


cdef long long limit_of_files(int pid) except -2:
    """Return the soft limit of open descriptors; -1 if it cannot be read."""
    try:
        limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]
    except OSError:
        return -1
    return NO_LIMIT if limit == resource.RLIM_INFINITY else limit


cdef ProcSnapshot snapshot_from_proc(uint32_t pid, uint64_t tick_ns, uint32_t namespace):
    """Build a snapshot from /proc in the iterator's format; None if the process is gone."""
    cdef ev_proc_seed seed
    cdef bytes stat = content(pid, "stat")
    cdef bytes status = content(pid, "status")
    cdef bytes comm
    if not stat or not status:
        return None
    fields = stat[stat.rindex(b")") + 2:].split()
    lines = dict(line.split(b":", 1) for line in status.splitlines() if b":" in line)
    loginuid = content(pid, "loginuid")
    memset(&seed, 0, sizeof(seed))
    seed.hdr.len = sizeof(seed)
    seed.hdr.type = EV_PROC_SEED
    seed.hdr.tgid = seed.hdr.vpid = pid
    seed.hdr.start_ns = int(fields[19]) * tick_ns
    seed.ppid = int(fields[1])
    seed.hdr.pid_ns = namespace
    seed.pgid = seed.vpgid = int(fields[2])
    seed.sid = int(fields[3])
    seed.tty = int(fields[4])
    seed.hdr.uid = int(lines[b"Uid"].split()[1])
    seed.hdr.gid = int(lines[b"Gid"].split()[1])
    seed.hdr.loginuid = int(loginuid) if loginuid else 0xFFFFFFFF
    seed.fdlimit = <uint64_t>limit_of_files(pid)
    seed.pgft_maj, seed.pgft_min = int(fields[9]), int(fields[7])
    seed.vm_size, seed.vm_rss, seed.vm_swap = (kib(lines, name) for name in (b"VmSize", b"VmRSS", b"VmSwap"))
    seed.cap_inheritable, seed.cap_permitted, seed.cap_effective = (
        int(lines[name], 16) for name in (b"CapInh", b"CapPrm", b"CapEff")
    )
    comm = stat[stat.index(b"(") + 1:stat.rindex(b")")][:sizeof(seed.hdr.comm) - 1]
    memcpy(seed.hdr.comm, <const char *>comm, len(comm))
    return snapshot_of((<const char *>&seed)[:sizeof(seed)], True)


cdef ProcSnapshot with_parent(ProcSnapshot snapshot, ProcSnapshot parent):
    """Return the snapshot with the start of its parent, if known."""
    cdef ev_proc_seed seed = snapshot.seed[0]
    if parent is None:
        return snapshot
    seed.pstart_ns = parent.seed.hdr.start_ns
    return snapshot_of((<const char *>&seed)[:sizeof(seed)], snapshot.coarse)


cpdef list snapshots_from_proc():
    cdef uint64_t tick_ns = 1_000_000_000 // <uint64_t>os.sysconf("SC_CLK_TCK")
    cdef uint32_t namespace = own_pid_ns()
    found = [snapshot_from_proc(int(name), tick_ns, namespace) for name in os.listdir("/proc") if name.isdigit()]
    snapshots = {snapshot.tgid: snapshot for snapshot in found if snapshot is not None}
    return [with_parent(snapshot, snapshots.get(snapshot.ptgid)) for snapshot in snapshots.values()]


cpdef list with_hidden_parents(list snapshots):
    cdef uint64_t tick_ns = 1_000_000_000 // <uint64_t>os.sysconf("SC_CLK_TCK")
    cdef ev_proc_seed seed
    cdef dict by_tgid = {snapshot.tgid: snapshot for snapshot in snapshots}
    cdef list found = list(snapshots)
    cdef ProcSnapshot snapshot, parent
    if own_pid_ns() != HOST_PID_NS:
        return snapshots  # the ids in this /proc are of another namespace
    for snapshot in found:  # the list grows: the parent of a hidden process may be hidden, too
        if snapshot.ptgid == 0 or snapshot.ptgid in by_tgid:
            continue
        parent = snapshot_from_proc(snapshot.ptgid, tick_ns, HOST_PID_NS)
        if parent is None:
            continue
        if snapshot.pstart_ns and parent.start_ns // tick_ns == snapshot.pstart_ns // tick_ns:
            seed = parent.seed[0]
            seed.hdr.start_ns = snapshot.pstart_ns
            parent = snapshot_of((<const char *>&seed)[:sizeof(seed)], False)
        elif snapshot.pstart_ns:
            continue  # the id belongs to another process by now
        parent = with_parent(parent, by_tgid.get(parent.ptgid))
        by_tgid[parent.tgid] = parent
        found.append(parent)
    return found


cpdef set family(list snapshots, object roots, bint ancestors=False):
    by_tgid = {snapshot.tgid: snapshot for snapshot in snapshots}
    members = {root for root in roots if root in by_tgid}
    grown = True
    while grown:
        more = {snapshot.tgid for snapshot in snapshots if snapshot.ptgid in members} - members
        members |= more
        grown = bool(more)
    if ancestors:
        for root in list(members):
            snapshot = by_tgid.get(by_tgid[root].ptgid)
            while snapshot is not None and snapshot.tgid not in members:
                members.add(snapshot.tgid)
                snapshot = by_tgid.get(snapshot.ptgid)
    return members


cdef object executable(uint32_t pid, ProcSnapshot snapshot):
    """Return (path, flags, inode, times of its last changes) of the program; None and 0 for values missing in /proc."""
    cdef bytes path = target(pid, "exe")
    if path is None:
        return None, 0, 0, (0, 0)
    flags = 0
    if path.startswith(b"/memfd:"):
        flags = EV_EXECVE_FLAGS_EXE_FROM_MEMFD
        path = path[1:]  # /proc puts a slash before a path without directory; exec events do not
    try:
        status = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return path, flags, 0, (0, 0)
    if snapshot.uid == status.st_uid:
        writable = 0o200
    elif snapshot.gid == status.st_gid:
        writable = 0o020
    else:
        writable = 0o002
    if snapshot.uid == 0 or status.st_mode & writable:
        flags |= EV_EXECVE_FLAGS_EXE_WRITABLE
    return path, flags, status.st_ino, (status.st_ctime_ns, status.st_mtime_ns)


cdef bytes cgroup_names(uint32_t pid):
    """Return the cgroup file in the format of records: ``controllers=path``, NUL between; paths of this namespace."""
    text = content(pid, "cgroup")
    if text is None:
        return None
    return b"\0".join([b"=".join(line.split(b":", 2)[1:]) for line in text.splitlines()])


def seed(table, snapshots, *, env=False):
    cdef ProcSnapshot snapshot
    cdef uint32_t namespace = own_pid_ns()
    cdef uint32_t pid
    for snapshot in snapshots:
        # Only the first namespace's /proc has entries for processes of other namespaces, by their global id.
        pid = snapshot.tgid if namespace == HOST_PID_NS else snapshot.vpid if snapshot.pid_ns == namespace else 0
        words = (content(pid, "cmdline") or b"").rstrip(b"\0")
        head, _, tail = words.partition(b"\0")
        path, flags, inode, times = executable(pid, snapshot)
        table.seed(
            tgid=snapshot.tgid,
            start_ns=snapshot.start_ns,
            coarse=snapshot.coarse,
            ptgid=snapshot.ptgid,
            pstart_ns=snapshot.pstart_ns,
            vpid=snapshot.vpid,
            pid_ns=snapshot.pid_ns,
            uid=snapshot.uid,
            gid=snapshot.gid,
            loginuid=snapshot.loginuid,
            tty=snapshot.tty,
            sid=snapshot.sid,
            pgid=snapshot.pgid,
            vpgid=snapshot.vpgid,
            comm=snapshot.comm,
            exe=head or snapshot.comm,
            args=tail,
            env=(content(pid, "environ") or b"").rstrip(b"\0") if env else (),
            cwd=target(pid, "cwd"),
            exepath=path,
            exe_flags=flags,
            exe_ino=inode,
            exe_times=times,
            pidns_start_ns=snapshot.pidns_start_ns,
            fdlimit=snapshot.fdlimit,
            faults=snapshot.faults,
            memory=snapshot.memory,
            caps=snapshot.caps,
            cgroups=cgroup_names(pid) if snapshot.cgroups is None else snapshot.cgroups,
            cgroup_id=snapshot.cgroup_id,
        )
    memory_give_back()
