# SPDX-License-Identifier: Apache-2.0
"""Processes that already run when a sensor starts: who they are, and what /proc knows beyond that.

The kernel's task iterator tells identity, exactly. Program, arguments and directories come from /proc a moment later; a
process that execs in between tells that itself, through the ring. Where the kernel has no task iterator, /proc tells
all, with start times that are exact to a clock tick.
"""

import os
import resource

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.events_gen cimport EV_PROC_SEED, ev_hdr, ev_proc_seed
from tiercel._core.view cimport Slice, view_comm, view_event


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_EXECVE_FLAGS_EXE_WRITABLE
    enum: EV_EXECVE_FLAGS_EXE_FROM_MEMFD


cdef uint64_t NO_LIMIT = 0x7FFFFFFFFFFFFFFF
cdef uint32_t HOST_PID_NS = 0xEFFFFFFC      # inode of the first pid namespace, fixed in the kernel


@cython.final
cdef class Task:
    pass


cdef Task task_of(const ev_proc_seed *seed):
    """What one record of the iterator tells."""
    cdef const ev_hdr *hdr = &seed.hdr
    cdef Slice comm = view_comm(hdr)
    cdef Task task = Task.__new__(Task)
    task.tgid = hdr.tgid
    task.start_ns = hdr.start_ns
    task.ptgid = seed.ppid
    task.pstart_ns = seed.pstart_ns
    task.vpid = hdr.vpid
    task.pid_ns = hdr.pid_ns
    task.uid = hdr.uid
    task.gid = hdr.gid
    task.loginuid = hdr.loginuid
    task.cgroup_id = hdr.cgroup_id
    task.sid = seed.sid
    task.pgid = seed.pgid
    task.vpgid = seed.vpgid
    task.tty = seed.tty
    task.pidns_start_ns = seed.pidns_start_ns
    task.fdlimit = <long long>min(seed.fdlimit, NO_LIMIT)
    task.faults = (seed.pgft_maj, seed.pgft_min)
    task.memory = (seed.vm_size, seed.vm_rss, seed.vm_swap)
    task.caps = (seed.cap_inheritable, seed.cap_permitted, seed.cap_effective)
    task.comm = comm.ptr[:comm.len]
    return task


cpdef uint32_t own_pid_ns() except 0:
    """Inode of the pid namespace that this process, and its view of /proc, belong to."""
    return os.stat("/proc/self/ns/pid").st_ino


cpdef list tasks_of(const unsigned char[::1] written):
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t end = written.shape[0]
    cdef const ev_hdr *hdr
    cdef list tasks = []
    while at + <Py_ssize_t>sizeof(ev_hdr) <= end:
        hdr = <const ev_hdr *>&written[at]
        if hdr.len < sizeof(ev_hdr) or at + hdr.len > end:
            break
        if hdr.type == EV_PROC_SEED and view_event(hdr, hdr.len) is not NULL:
            tasks.append(task_of(<const ev_proc_seed *>hdr))
        at += hdr.len
    return tasks


cpdef uint32_t global_pid(list tasks, uint32_t pid) except? 0:
    cdef Task task
    cdef uint32_t namespace = own_pid_ns()
    if namespace == HOST_PID_NS:
        return pid
    for task in tasks:
        if task.pid_ns == namespace and task.vpid == pid:
            return task.tgid
    return 0


cdef bytes content(str path):
    """What a file of /proc holds; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


cdef bytes target(str path):
    """Where a link of /proc points; None if it cannot be read."""
    try:
        return os.readlink(os.fsencode(path))
    except OSError:
        return None


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


cdef Task task_from_proc(int pid, uint64_t tick_ns, uint32_t namespace):
    """The same as task_of, from /proc; None if the process is gone."""
    cdef Task task
    stat = content(f"/proc/{pid}/stat")
    status = content(f"/proc/{pid}/status")
    if not stat or not status:
        return None
    fields = stat[stat.rindex(b")") + 2:].split()
    lines = dict(line.split(b":", 1) for line in status.splitlines() if b":" in line)
    loginuid = content(f"/proc/{pid}/loginuid")
    task = Task.__new__(Task)
    task.tgid = task.vpid = pid
    task.start_ns = int(fields[19]) * tick_ns
    task.ptgid = int(fields[1])
    task.pid_ns = namespace
    task.pgid = task.vpgid = int(fields[2])
    task.sid = int(fields[3])
    task.tty = int(fields[4])
    task.uid = int(lines[b"Uid"].split()[1])
    task.gid = int(lines[b"Gid"].split()[1])
    task.loginuid = int(loginuid) if loginuid else 0xFFFFFFFF
    task.fdlimit = limit_of_files(pid)
    task.faults = (int(fields[9]), int(fields[7]))
    task.memory = tuple(kib(lines, name) for name in (b"VmSize", b"VmRSS", b"VmSwap"))
    task.caps = tuple(int(lines[name], 16) for name in (b"CapInh", b"CapPrm", b"CapEff"))
    task.comm = stat[stat.index(b"(") + 1:stat.rindex(b")")]
    task.coarse = True
    return task


cpdef list tasks_from_proc():
    cdef uint64_t tick_ns = 1_000_000_000 // <uint64_t>os.sysconf("SC_CLK_TCK")
    cdef uint32_t namespace = own_pid_ns()
    found = [task_from_proc(int(name), tick_ns, namespace) for name in os.listdir("/proc") if name.isdigit()]
    tasks = {task.tgid: task for task in found if task is not None}
    for task in tasks.values():
        if task.ptgid in tasks:
            task.pstart_ns = tasks[task.ptgid].start_ns
    return list(tasks.values())


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


cdef object executable(str folder, Task task):
    """(path, flags, inode, times of its last changes) of the program; None and 0 where /proc does not say."""
    path = target(f"{folder}/exe")
    if path is None:
        return None, 0, 0, (0, 0)
    flags = 0
    if path.startswith(b"/memfd:"):
        flags = EV_EXECVE_FLAGS_EXE_FROM_MEMFD
        path = path[1:]  # /proc puts a slash before what has no directory; the events of an exec do not
    try:
        status = os.stat(f"{folder}/exe")
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


cdef bytes cgroup_names(str folder):
    """The cgroup file as records have it: ``controllers=path`` with a NUL between."""
    text = content(f"{folder}/cgroup")
    if text is None:
        return None
    return b"\0".join([b"=".join(line.split(b":", 2)[1:]) for line in text.splitlines()])


def seed(table, tasks, *, env=False):
    cdef Task task
    cdef uint32_t namespace = own_pid_ns()
    for task in tasks:
        # Of another namespace's process, only the first namespace's /proc has an entry under the number that is known.
        pid = task.tgid if namespace == HOST_PID_NS else task.vpid if task.pid_ns == namespace else 0
        folder = f"/proc/{pid}"
        words = (content(f"{folder}/cmdline") or b"").rstrip(b"\0")
        head, _, tail = words.partition(b"\0")
        path, flags, inode, times = executable(folder, task)
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
            env=(content(f"{folder}/environ") or b"").rstrip(b"\0") if env else (),
            cwd=target(f"{folder}/cwd"),
            exepath=path,
            exe_flags=flags,
            exe_ino=inode,
            exe_times=times,
            pidns_start_ns=task.pidns_start_ns,
            fdlimit=task.fdlimit,
            faults=task.faults,
            memory=task.memory,
            caps=task.caps,
            cgroups=cgroup_names(folder),
            cgroup_id=task.cgroup_id,
        )
