# SPDX-License-Identifier: Apache-2.0
"""What a capture says before its first event: threads, descriptors, interfaces, users.

Entries may come in any order: groups, parents and containers are made of them when they are complete.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from tiercel._core.replay.thread_table cimport (
    TASKS_HOSTNAME,
    TASKS_INTERFACES,
    TaskInterface,
    TaskUsers,
    tasks_insert,
    tasks_users,
)
from tiercel._core.state.cgroup_ids cimport CgroupName, cgroups_container
from tiercel._core.state.container cimport names_put
from tiercel._core.state.exec_image cimport ImageParts, image_new, shared_keep, shared_new, shared_slice
from tiercel._core.state.process cimport proc_set_cgroups, proc_set_container, proc_set_image, proc_share_container
from tiercel._core.util.slice cimport slice_equal, slice_of


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_EXECVE_FLAGS_EXE_WRITABLE
    enum: EV_EXECVE_FLAGS_EXE_UPPER_LAYER
    enum: EV_EXECVE_FLAGS_EXE_LOWER_LAYER
    enum: EV_EXECVE_FLAGS_EXE_FROM_MEMFD

cdef enum:
    AF_INET = 2
    AF_INET6 = 10

cdef const char *LOOPBACK6 = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"


# --- Threads ----------------------------------------------------------------------------------------------------------

cdef inline Slice _entries(Slice texts) noexcept nogil:
    """Texts with NUL between them instead of behind them."""
    if texts.ptr is NULL:
        return slice_of(b"")
    if texts.len and texts.ptr[texts.len - 1] == 0:
        texts.len -= 1
    return texts


cdef inline Slice _given(Slice text) noexcept nogil:
    return slice_of(b"") if text.ptr is NULL else text


cdef uint32_t _exe_flags(const ScapThread *entry) noexcept nogil:
    cdef uint32_t flags = 0
    if entry.exe_writable:
        flags |= EV_EXECVE_FLAGS_EXE_WRITABLE
    if entry.exe_upper_layer:
        flags |= EV_EXECVE_FLAGS_EXE_UPPER_LAYER
    if entry.exe_lower_layer:
        flags |= EV_EXECVE_FLAGS_EXE_LOWER_LAYER
    if entry.exe_from_memfd:
        flags |= EV_EXECVE_FLAGS_EXE_FROM_MEMFD
    return flags


cdef Task *tasks_add(Tasks *tasks, const ScapThread *entry) noexcept nogil:
    """Add a thread of the capture's list; NULL, and counted, where it found no room."""
    cdef Task *task = tasks_insert(tasks, entry.tid)
    cdef ImageParts parts
    if task is NULL:
        return NULL
    task.pid = entry.pid
    task.ptid = entry.ptid
    task.vtid = entry.vtid
    task.vpid = entry.vpid
    task.flags = entry.flags
    task.cwd = shared_new(_given(entry.cwd))
    task.root = shared_new(_given(entry.root))
    task.proc.tgid = <uint32_t>entry.pid
    task.proc.vpid = <uint32_t>entry.vpid
    task.proc.uid = entry.uid
    task.proc.gid = entry.gid
    task.proc.loginuid = entry.loginuid
    task.proc.tty = entry.tty
    task.proc.sid = entry.sid
    task.proc.pgid = entry.pgid
    task.proc.vpgid = entry.vpgid
    task.proc.fdlimit = <int64_t>entry.fdlimit
    task.proc.pidns_start_ns = entry.pidns_start_ns
    task.proc.cap_inheritable = entry.cap_inheritable
    task.proc.cap_permitted = entry.cap_permitted
    task.proc.cap_effective = entry.cap_effective
    task.proc.vm_size = entry.vm_size_kb
    task.proc.vm_rss = entry.vm_rss_kb
    task.proc.vm_swap = entry.vm_swap_kb
    task.proc.pf_major = entry.pf_major
    task.proc.pf_minor = entry.pf_minor
    proc_set_cgroups(&task.proc, shared_new(_entries(entry.cgroups)))
    memset(&parts, 0, sizeof(parts))
    parts.flags = _exe_flags(entry)
    parts.file.ino = entry.exe_ino
    parts.file.ctime_ns = entry.exe_ctime_ns
    parts.file.mtime_ns = entry.exe_mtime_ns
    parts.comm = _given(entry.comm)
    parts.exe = _given(entry.exe)
    parts.exepath = _given(entry.exepath)
    parts.args = _entries(entry.args)
    parts.env = _entries(entry.env)
    proc_set_image(tasks.state, &task.proc, image_new(&parts))
    return task


cdef void task_find_container(Tasks *tasks, Task *task) noexcept nogil:
    """Put the thread into the container that its control groups tell, or on the host."""
    cdef Slice cgroups = shared_slice(task.proc.cgroups)
    cdef CgroupName name
    if tasks.sorted.container is not NULL and slice_equal(shared_slice(tasks.sorted.cgroups), cgroups):
        proc_share_container(&task.proc, tasks.sorted.container)
        return
    proc_set_container(tasks.state, &task.proc, 0, &name if cgroups_container(cgroups, &name) else NULL)
    proc_set_cgroups(&tasks.sorted, shared_keep(task.proc.cgroups) if task.proc.cgroups is not NULL else NULL)
    proc_share_container(&tasks.sorted, task.proc.container)


# --- The rest ---------------------------------------------------------------------------------------------------------

cdef void tasks_add_machine(Tasks *tasks, const ScapMachine *entry) noexcept nogil:
    cdef uint32_t size = min(entry.hostname.len, <uint32_t>(TASKS_HOSTNAME - 1))
    memset(tasks.hostname, 0, TASKS_HOSTNAME)
    if size:
        memcpy(tasks.hostname, entry.hostname.ptr, size)


cdef void tasks_add_interface(Tasks *tasks, const ScapInterface *entry) noexcept nogil:
    cdef TaskInterface *interface
    if tasks.interface_count == TASKS_INTERFACES:
        tasks.stats.interfaces_refused += 1
        return
    interface = &tasks.interfaces[tasks.interface_count]
    tasks.interface_count += 1
    interface.family = AF_INET6 if entry.is_ipv6 else AF_INET
    interface.is_loopback = memcmp(entry.addr, LOOPBACK6, 16) == 0 if entry.is_ipv6 else entry.addr[0] == 127
    memcpy(interface.addr, entry.addr, sizeof(interface.addr))
    memcpy(interface.mask, entry.netmask, sizeof(interface.mask))


cdef void tasks_add_user(Tasks *tasks, Slice container_id, const ScapUser *entry) noexcept nogil:
    """Name a user of a container, or of the host when that id is empty."""
    cdef TaskUsers *users
    cdef int failed
    if container_id.len == 0:
        failed = names_put(&tasks.state.users, entry.uid, entry.name)
        failed |= names_put(&tasks.state.homes, entry.uid, entry.home)
        failed |= names_put(&tasks.state.shells, entry.uid, entry.shell)
    else:
        users = tasks_users(tasks, container_id, 1)
        if users is NULL:
            return
        failed = names_put(&users.users, entry.uid, entry.name)
        failed |= names_put(&users.homes, entry.uid, entry.home)
        failed |= names_put(&users.shells, entry.uid, entry.shell)
    if failed:
        tasks.stats.no_memory += 1


cdef void tasks_add_group(Tasks *tasks, Slice container_id, const ScapGroup *entry) noexcept nogil:
    """Name a group of a container, or of the host when that id is empty."""
    cdef TaskUsers *users = tasks_users(tasks, container_id, 1) if container_id.len else NULL
    if container_id.len and users is NULL:
        return
    if names_put(&users.groups if users is not NULL else &tasks.state.groups, entry.gid, entry.name) < 0:
        tasks.stats.no_memory += 1
