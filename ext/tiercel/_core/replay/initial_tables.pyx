# SPDX-License-Identifier: Apache-2.0
"""Initial tables of a capture: threads, descriptors, interfaces, users.

Entries may come in any order: groups, parents and containers are derived once the tables are complete.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from tiercel._core.replay.thread_table cimport (
    HOSTNAME_SIZE,
    INTERFACES_MAX,
    HostInterface,
    ContainerUsers,
    thread_table_insert,
    thread_table_users,
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
    """Return texts separated by NUL instead of terminated."""
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


cdef ReplayThread *thread_table_add(ThreadTable *threads, const ScapThread *entry) noexcept nogil:
    """Add a thread of the capture's list; NULL, and counted, without room."""
    cdef ReplayThread *thread = thread_table_insert(threads, entry.tid)
    cdef ImageParts parts
    if thread is NULL:
        return NULL
    thread.pid = entry.pid
    thread.ptid = entry.ptid
    thread.vtid = entry.vtid
    thread.vpid = entry.vpid
    thread.flags = entry.flags
    thread.cwd = shared_new(_given(entry.cwd))
    thread.root = shared_new(_given(entry.root))
    thread.proc.tgid = <uint32_t>entry.pid
    thread.proc.vpid = <uint32_t>entry.vpid
    thread.proc.uid = entry.uid
    thread.proc.gid = entry.gid
    thread.proc.loginuid = entry.loginuid
    thread.proc.tty = entry.tty
    thread.proc.sid = entry.sid
    thread.proc.pgid = entry.pgid
    thread.proc.vpgid = entry.vpgid
    thread.proc.fdlimit = <int64_t>entry.fdlimit
    thread.proc.pidns_start_ns = entry.pidns_start_ns
    thread.proc.cap_inheritable = entry.cap_inheritable
    thread.proc.cap_permitted = entry.cap_permitted
    thread.proc.cap_effective = entry.cap_effective
    thread.proc.vm_size = entry.vm_size_kb
    thread.proc.vm_rss = entry.vm_rss_kb
    thread.proc.vm_swap = entry.vm_swap_kb
    thread.proc.pf_major = entry.pf_major
    thread.proc.pf_minor = entry.pf_minor
    proc_set_cgroups(&thread.proc, shared_new(_entries(entry.cgroups)))
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
    proc_set_image(threads.state, &thread.proc, image_new(&parts))
    return thread


cdef void rthread_find_container(ThreadTable *threads, ReplayThread *thread) noexcept nogil:
    """Put the thread into the container of its cgroups, or on the host."""
    cdef Slice cgroups = shared_slice(thread.proc.cgroups)
    cdef CgroupName name
    if threads.sorted.container is not NULL and slice_equal(shared_slice(threads.sorted.cgroups), cgroups):
        proc_share_container(&thread.proc, threads.sorted.container)
        return
    proc_set_container(threads.state, &thread.proc, 0, &name if cgroups_container(cgroups, &name) else NULL)
    proc_set_cgroups(&threads.sorted, shared_keep(thread.proc.cgroups) if thread.proc.cgroups is not NULL else NULL)
    proc_share_container(&threads.sorted, thread.proc.container)


# --- The rest ---------------------------------------------------------------------------------------------------------

cdef void thread_table_add_machine(ThreadTable *threads, const ScapMachine *entry) noexcept nogil:
    cdef uint32_t size = min(entry.hostname.len, <uint32_t>(HOSTNAME_SIZE - 1))
    memset(threads.hostname, 0, HOSTNAME_SIZE)
    if size:
        memcpy(threads.hostname, entry.hostname.ptr, size)


cdef void thread_table_add_interface(ThreadTable *threads, const ScapInterface *entry) noexcept nogil:
    cdef HostInterface *interface
    if threads.interface_count == INTERFACES_MAX:
        threads.stats.interfaces_refused += 1
        return
    interface = &threads.interfaces[threads.interface_count]
    threads.interface_count += 1
    interface.family = AF_INET6 if entry.is_ipv6 else AF_INET
    interface.is_loopback = memcmp(entry.addr, LOOPBACK6, 16) == 0 if entry.is_ipv6 else entry.addr[0] == 127
    memcpy(interface.addr, entry.addr, sizeof(interface.addr))
    memcpy(interface.mask, entry.netmask, sizeof(interface.mask))


cdef void thread_table_add_user(ThreadTable *threads, Slice container_id, const ScapUser *entry) noexcept nogil:
    """Name a user of a container, or of the host if that id is empty."""
    cdef ContainerUsers *users
    cdef int failed
    if container_id.len == 0:
        failed = names_put(&threads.state.users, entry.uid, entry.name)
        failed |= names_put(&threads.state.homes, entry.uid, entry.home)
        failed |= names_put(&threads.state.shells, entry.uid, entry.shell)
    else:
        users = thread_table_users(threads, container_id, 1)
        if users is NULL:
            return
        failed = names_put(&users.users, entry.uid, entry.name)
        failed |= names_put(&users.homes, entry.uid, entry.home)
        failed |= names_put(&users.shells, entry.uid, entry.shell)
    if failed:
        threads.stats.no_memory += 1


cdef void thread_table_add_group(ThreadTable *threads, Slice container_id, const ScapGroup *entry) noexcept nogil:
    """Name a group of a container, or of the host if that id is empty."""
    cdef ContainerUsers *users = thread_table_users(threads, container_id, 1) if container_id.len else NULL
    if container_id.len and users is NULL:
        return
    if names_put(&users.groups if users is not NULL else &threads.state.groups, entry.gid, entry.name) < 0:
        threads.stats.no_memory += 1
