# SPDX-License-Identifier: Apache-2.0
"""Processes that already run when a sensor starts: who they are, and what /proc knows beyond that.

The kernel's task iterator tells identity, exactly. Program, arguments and directories come from /proc a moment later; a
process that execs in between tells that itself, through the ring. Where the kernel has no task iterator, /proc tells
all, with start times that are exact to a clock tick.
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
    NAME = 64           # room for the path of a file of a process in /proc
    PIECE = 65536       # bytes that are read at once; also the longest target of a link


cdef uint64_t NO_LIMIT = 0x7FFFFFFFFFFFFFFF
cdef uint32_t HOST_PID_NS = 0xEFFFFFFC      # inode of the first pid namespace, fixed in the kernel


@cython.final
cdef class Task:
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
        # The kernel's word for no limit is /proc's for one that could not be read.
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


cdef Task task_of(bytes record, bint coarse):
    """The task of a record, which no other follows."""
    cdef Task task = Task.__new__(Task)
    task.record = record
    task.seed = <const ev_proc_seed *><const char *>record
    task.coarse = coarse
    return task


cpdef uint32_t own_pid_ns() except 0:
    """Inode of the pid namespace that this process, and its view of /proc, belong to."""
    return os.stat("/proc/self/ns/pid").st_ino


cpdef list tasks_of(bytes written):
    cdef const char *start = written
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t end = len(written)
    cdef ev_hdr hdr
    cdef bytes record
    cdef list tasks = []
    while at + <Py_ssize_t>sizeof(ev_hdr) <= end:
        # Records follow each other without gaps: a copy of one begins at a multiple of 8 bytes.
        memcpy(&hdr, start + at, sizeof(ev_hdr))
        if hdr.len < sizeof(ev_hdr) or at + hdr.len > end:
            break
        record = written[at:at + hdr.len]
        if hdr.type == EV_PROC_SEED and view_event(<const char *>record, hdr.len) is not NULL:
            tasks.append(task_of(record, False))
        at += hdr.len
    return tasks


cpdef uint32_t global_pid(list tasks, uint32_t pid) except? 0:
    cdef Task task
    cdef uint32_t namespace = own_pid_ns()
    if namespace == HOST_PID_NS:
        return pid
    for task in tasks:
        if task.seed.hdr.pid_ns == namespace and task.seed.hdr.vpid == pid:
            return task.seed.hdr.tgid
    return 0


cdef bytes content(uint32_t pid, const char *name):
    """What a file of /proc/PID holds; None if it cannot be read.  No file object is made: there are thousands."""
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
    """Where a link of /proc/PID points; None if it cannot be read."""
    cdef char path[NAME]
    cdef char text[PIECE]
    snprintf(path, sizeof(path), "/proc/%u/%s", pid, name)
    cdef Py_ssize_t length = readlink(path, text, sizeof(text))
    return None if length < 0 else text[:length]


cdef object kib(dict lines, bytes name):
    """A size in /proc/PID/status; 0 where it has none."""
    return int(lines[name].split()[0]) if name in lines else 0


cdef long long limit_of_files(int pid) except -2:
    """Soft limit of open descriptors; -1 if it cannot be read."""
    try:
        limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]
    except OSError:
        return -1
    return NO_LIMIT if limit == resource.RLIM_INFINITY else limit


cdef Task task_from_proc(uint32_t pid, uint64_t tick_ns, uint32_t namespace):
    """The same as the iterator tells, from /proc; None if the process is gone."""
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
    return task_of((<const char *>&seed)[:sizeof(seed)], True)


cdef Task with_parent(Task task, Task parent):
    """The same with the start of its parent, where that is known."""
    cdef ev_proc_seed seed = task.seed[0]
    if parent is None:
        return task
    seed.pstart_ns = parent.seed.hdr.start_ns
    return task_of((<const char *>&seed)[:sizeof(seed)], task.coarse)


cpdef list tasks_from_proc():
    cdef uint64_t tick_ns = 1_000_000_000 // <uint64_t>os.sysconf("SC_CLK_TCK")
    cdef uint32_t namespace = own_pid_ns()
    found = [task_from_proc(int(name), tick_ns, namespace) for name in os.listdir("/proc") if name.isdigit()]
    tasks = {task.tgid: task for task in found if task is not None}
    return [with_parent(task, tasks.get(task.ptgid)) for task in tasks.values()]


cpdef list with_hidden_parents(list tasks):
    cdef uint64_t tick_ns = 1_000_000_000 // <uint64_t>os.sysconf("SC_CLK_TCK")
    cdef ev_proc_seed seed
    cdef dict by_tgid = {task.tgid: task for task in tasks}
    cdef list found = list(tasks)
    cdef Task task, parent
    if own_pid_ns() != HOST_PID_NS:
        return tasks  # the numbers in this /proc are others
    for task in found:  # which grows: the parent of a hidden process may be hidden, too
        if task.ptgid == 0 or task.ptgid in by_tgid:
            continue
        parent = task_from_proc(task.ptgid, tick_ns, HOST_PID_NS)
        if parent is None:
            continue
        if task.pstart_ns and parent.start_ns // tick_ns == task.pstart_ns // tick_ns:
            seed = parent.seed[0]
            seed.hdr.start_ns = task.pstart_ns
            parent = task_of((<const char *>&seed)[:sizeof(seed)], False)
        elif task.pstart_ns:
            continue  # the number is another process's by now
        parent = with_parent(parent, by_tgid.get(parent.ptgid))
        by_tgid[parent.tgid] = parent
        found.append(parent)
    return found


cpdef set family(list tasks, object roots, bint ancestors=False):
    by_tgid = {task.tgid: task for task in tasks}
    members = {root for root in roots if root in by_tgid}
    grown = True
    while grown:
        more = {task.tgid for task in tasks if task.ptgid in members} - members
        members |= more
        grown = bool(more)
    if ancestors:
        for root in list(members):
            task = by_tgid.get(by_tgid[root].ptgid)
            while task is not None and task.tgid not in members:
                members.add(task.tgid)
                task = by_tgid.get(task.ptgid)
    return members


cdef object executable(uint32_t pid, Task task):
    """(path, flags, inode, times of its last changes) of the program; None and 0 where /proc does not say."""
    cdef bytes path = target(pid, "exe")
    if path is None:
        return None, 0, 0, (0, 0)
    flags = 0
    if path.startswith(b"/memfd:"):
        flags = EV_EXECVE_FLAGS_EXE_FROM_MEMFD
        path = path[1:]  # /proc puts a slash before what has no directory; the events of an exec do not
    try:
        status = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return path, flags, 0, (0, 0)
    if task.uid == status.st_uid:
        writable = 0o200
    elif task.gid == status.st_gid:
        writable = 0o020
    else:
        writable = 0o002
    if task.uid == 0 or status.st_mode & writable:
        flags |= EV_EXECVE_FLAGS_EXE_WRITABLE
    return path, flags, status.st_ino, (status.st_ctime_ns, status.st_mtime_ns)


cdef bytes cgroup_names(uint32_t pid):
    """The cgroup file as records have it: ``controllers=path``, NUL between.  Paths are as this process sees them."""
    text = content(pid, "cgroup")
    if text is None:
        return None
    return b"\0".join([b"=".join(line.split(b":", 2)[1:]) for line in text.splitlines()])


def seed(table, tasks, *, env=False):
    cdef Task task
    cdef uint32_t namespace = own_pid_ns()
    cdef uint32_t pid
    for task in tasks:
        # Of another namespace's process, only the first namespace's /proc has an entry under the number that is known.
        pid = task.tgid if namespace == HOST_PID_NS else task.vpid if task.pid_ns == namespace else 0
        words = (content(pid, "cmdline") or b"").rstrip(b"\0")
        head, _, tail = words.partition(b"\0")
        path, flags, inode, times = executable(pid, task)
        table.seed(
            tgid=task.tgid,
            start_ns=task.start_ns,
            coarse=task.coarse,
            ptgid=task.ptgid,
            pstart_ns=task.pstart_ns,
            vpid=task.vpid,
            pid_ns=task.pid_ns,
            uid=task.uid,
            gid=task.gid,
            loginuid=task.loginuid,
            tty=task.tty,
            sid=task.sid,
            pgid=task.pgid,
            vpgid=task.vpgid,
            comm=task.comm,
            exe=head or task.comm,
            args=tail,
            env=(content(pid, "environ") or b"").rstrip(b"\0") if env else (),
            cwd=target(pid, "cwd"),
            exepath=path,
            exe_flags=flags,
            exe_ino=inode,
            exe_times=times,
            pidns_start_ns=task.pidns_start_ns,
            fdlimit=task.fdlimit,
            faults=task.faults,
            memory=task.memory,
            caps=task.caps,
            cgroups=cgroup_names(pid) if task.cgroups is None else task.cgroups,
            cgroup_id=task.cgroup_id,
        )
    memory_give_back()
