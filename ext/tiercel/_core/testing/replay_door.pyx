# SPDX-License-Identifier: Apache-2.0
"""Python access to the thread table of captures, for tests only."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from tiercel._core.replay.event_dispatch cimport (
    thread_table_apply,
    thread_table_begin,
    thread_table_end,
    thread_table_open,
)
from tiercel._core.replay.fd_table cimport Fd, fd_name, fd_name_raw, fds_count, fds_find
from tiercel._core.replay.initial_tables cimport (
    thread_table_add,
    thread_table_add_group,
    thread_table_add_interface,
    thread_table_add_user,
)
from tiercel._core.replay.socket_events cimport fds_add_initial
from tiercel._core.replay.thread_table cimport (
    RTHREAD_CLOSED,
    ReplayThread,
    ThreadGroup,
    ThreadTable,
    ContainerUsers,
    rthread_cwd,
    rthread_find_reaper,
    rthread_give_children,
    rthread_fds,
    rthread_is_invalid,
    rthread_is_main,
    rthread_main,
    rthread_parent,
    thread_table_find,
    thread_table_free,
    thread_table_link,
    thread_table_new,
    thread_table_remove,
    thread_table_users,
)
from tiercel._core.scap.reader cimport (
    SCAP_PARAMS_MAX,
    ScapEvent,
    ScapFd,
    ScapGroup,
    ScapInterface,
    ScapThread,
    ScapUser,
)
from tiercel._core.state.container cimport names_get
from tiercel._core.state.exec_image cimport ExecImage, shared_slice
from tiercel._core.state.process cimport Proc, State, state_free, state_new
from tiercel._core.util.hashmap cimport intmap_get
from tiercel._core.util.slice cimport Slice


cdef Slice _slice(bytes text):
    cdef Slice slice
    slice.ptr = <const uint8_t *><const char *>text
    slice.len = <uint32_t>len(text)
    return slice


cdef bytes _bytes(Slice slice):
    return None if slice.ptr is NULL else (<const char *>slice.ptr)[:slice.len]


cdef dict _image_dict(const ExecImage *image):
    if image is NULL:
        return {}
    return {
        "comm": _bytes(image.comm),
        "exe": _bytes(image.exe),
        "args": _bytes(image.args),
        "cmdline": _bytes(image.cmdline),
        "exepath": _bytes(image.exepath),
        "env": _bytes(image.env),
        "exe_flags": image.flags,
        "exe_ino": image.file.ino,
        "exe_ctime_ns": image.file.ctime_ns,
        "exe_mtime_ns": image.file.mtime_ns,
    }


cdef dict _proc_dict(const Proc *proc):
    return {
        "clone_ns": proc.start_ns,
        "exec_ns": proc.exec_ns,
        "pidns_start_ns": proc.pidns_start_ns,
        "uid": proc.uid,
        "gid": proc.gid,
        "loginuid": proc.loginuid,
        "tty": proc.tty,
        "sid": proc.sid,
        "pgid": proc.pgid,
        "vpgid": proc.vpgid,
        "fdlimit": proc.fdlimit,
        "cap_inheritable": proc.cap_inheritable,
        "cap_permitted": proc.cap_permitted,
        "cap_effective": proc.cap_effective,
        "vm_size": proc.vm_size,
        "vm_rss": proc.vm_rss,
        "vm_swap": proc.vm_swap,
        "pf_major": proc.pf_major,
        "pf_minor": proc.pf_minor,
        "cgroups": _bytes(shared_slice(proc.cgroups)),
        "container": None if proc.container is NULL else (<const char *>proc.container.id)[:proc.container.len],
    }


cdef dict _fd_dict(const Fd *fd):
    if fd is NULL:
        return None
    return {
        "num": fd.num,
        "type": fd.type,
        "flags": fd.flags,
        "open_flags": fd.open_flags,
        "ino": fd.ino,
        "dev": fd.dev,
        "mount_id": fd.mount_id,
        "v4": {
            "sip": (<const char *>fd.ends.v4.sip)[:4],
            "dip": (<const char *>fd.ends.v4.dip)[:4],
            "sport": fd.ends.v4.sport,
            "dport": fd.ends.v4.dport,
            "l4proto": fd.ends.v4.l4proto,
        },
        "server4": {
            "ip": (<const char *>fd.ends.server4.ip)[:4],
            "port": fd.ends.server4.port,
            "l4proto": fd.ends.server4.l4proto,
        },
        "v6": {
            "sip": (<const char *>fd.ends.v6.sip)[:16],
            "dip": (<const char *>fd.ends.v6.dip)[:16],
            "sport": fd.ends.v6.sport,
            "dport": fd.ends.v6.dport,
            "l4proto": fd.ends.v6.l4proto,
        },
        "server6": {
            "ip": (<const char *>fd.ends.server6.ip)[:16],
            "port": fd.ends.server6.port,
            "l4proto": fd.ends.server6.l4proto,
        },
        "unix": {"source": fd.ends.un.source, "destination": fd.ends.un.destination},
        "pid": fd.pid,
        "name": _bytes(fd_name(fd)),
        "name_raw": _bytes(fd_name_raw(fd)),
    }


cdef class ReplayTable:
    cdef State *_state
    cdef ThreadTable *_threads

    def __cinit__(self, *, uint32_t capacity=262144):
        self._state = state_new(1)
        self._threads = thread_table_new(self._state, capacity) if self._state is not NULL else NULL
        if self._threads is NULL:
            raise MemoryError

    def __dealloc__(self):
        thread_table_free(self._threads)
        state_free(self._state)

    # --- In ---

    def add(self, **entry):
        cdef ScapThread given
        cdef ReplayThread *thread
        memset(&given, 0, sizeof(given))
        texts = {
            name: entry.get(name, b"")
            for name in ("comm", "exe", "exepath", "args", "cwd", "env", "cgroups", "root")
        }
        given.comm = _slice(texts["comm"])
        given.exe = _slice(texts["exe"])
        given.exepath = _slice(texts["exepath"])
        given.args = _slice(texts["args"])
        given.cwd = _slice(texts["cwd"])
        given.env = _slice(texts["env"])
        given.cgroups = _slice(texts["cgroups"])
        given.root = _slice(texts["root"])
        given.tid = entry["tid"]
        given.pid = entry["pid"]
        given.ptid = entry.get("ptid", 0)
        given.sid = entry.get("sid", -1)
        given.vpgid = entry.get("vpgid", -1)
        given.pgid = entry.get("pgid", -1)
        given.vtid = entry.get("vtid", given.tid)
        given.vpid = entry.get("vpid", given.pid)
        given.fdlimit = entry.get("fdlimit", 0)
        given.flags = entry.get("flags", 0)
        given.uid = entry.get("uid", 0)
        given.gid = entry.get("gid", 0)
        given.loginuid = entry.get("loginuid", 0xffff_ffff)
        given.tty = entry.get("tty", 0)
        given.vm_size_kb = entry.get("vm_size", 0)
        given.vm_rss_kb = entry.get("vm_rss", 0)
        given.vm_swap_kb = entry.get("vm_swap", 0)
        given.pf_major = entry.get("pf_major", 0)
        given.pf_minor = entry.get("pf_minor", 0)
        given.cap_inheritable = entry.get("cap_inheritable", 0)
        given.cap_permitted = entry.get("cap_permitted", 0)
        given.cap_effective = entry.get("cap_effective", 0)
        given.exe_writable = entry.get("exe_writable", 0)
        given.exe_upper_layer = entry.get("exe_upper_layer", 0)
        given.exe_lower_layer = entry.get("exe_lower_layer", 0)
        given.exe_from_memfd = entry.get("exe_from_memfd", 0)
        thread = thread_table_add(self._threads, &given)
        if thread is not NULL:
            thread.proc.start_ns = entry.get("clone_ns", 0)
        return thread is not NULL

    def add_fd(self, **entry):
        cdef ScapFd fd
        cdef bytes name = entry.get("name", b"")
        cdef bytes sip = entry.get("sip", b"").ljust(16, b"\0"), dip = entry.get("dip", b"").ljust(16, b"\0")
        memset(&fd, 0, sizeof(fd))
        fd.tid = entry["tid"]
        fd.fd = entry["fd"]
        fd.type = entry["type"]
        fd.ino = entry.get("ino", 0)
        fd.dev = entry.get("dev", 0)
        fd.l4proto = entry.get("l4proto", 0)
        fd.open_flags = entry.get("open_flags", 0)
        fd.sport = entry.get("sport", 0)
        fd.dport = entry.get("dport", 0)
        fd.source = entry.get("source", 0)
        fd.destination = entry.get("destination", 0)
        memcpy(fd.sip, <const char *>sip, 16)
        memcpy(fd.dip, <const char *>dip, 16)
        fd.name = _slice(name)
        fds_add_initial(self._threads, &fd)

    def add_user(self, uint32_t uid, uint32_t gid, bytes name, bytes home, bytes shell, *, bytes container=b""):
        cdef ScapUser user
        user.uid = uid
        user.gid = gid
        user.name = _slice(name)
        user.home = _slice(home)
        user.shell = _slice(shell)
        thread_table_add_user(self._threads, _slice(container), &user)

    def add_group(self, uint32_t gid, bytes name, *, bytes container=b""):
        cdef ScapGroup group
        group.gid = gid
        group.name = _slice(name)
        thread_table_add_group(self._threads, _slice(container), &group)

    def add_interface(self, bytes addr, bytes mask):
        cdef ScapInterface interface
        memset(&interface, 0, sizeof(interface))
        interface.is_ipv6 = len(addr) == 16
        memcpy(interface.addr, <const char *>addr, len(addr))
        memcpy(interface.netmask, <const char *>mask, len(mask))
        thread_table_add_interface(self._threads, &interface)

    def open(self):
        thread_table_open(self._threads)

    def feed(self, int code, int64_t tid, uint64_t ts_ns, list params):
        cdef ScapEvent event
        cdef ReplayThread *thread
        cdef int i
        if len(params) > SCAP_PARAMS_MAX:
            raise ValueError("too many params")
        memset(&event, 0, sizeof(event))
        event.type = code
        event.tid = tid
        event.ts_ns = ts_ns
        event.nparams = <uint32_t>len(params)
        for i in range(len(params)):
            event.params[i] = _slice(params[i])
        with nogil:
            thread = thread_table_begin(self._threads, &event)
            thread_table_apply(self._threads, thread, &event)
            thread_table_end(self._threads, &event)

    # --- Out ---

    def __len__(self):
        return self._threads.by_tid.count

    def event(self):
        cdef ThreadTable *threads = self._threads
        return {
            "tid": None if threads.thread is NULL else threads.thread.tid,
            "fd": _fd_dict(threads.event_fd),
            "fd_num": threads.event_fd_num,
            "name_changed": bool(threads.name_changed),
            "removal_tid": threads.removal_tid if threads.has_removal else None,
        }

    def thread(self, int64_t tid):
        cdef const ReplayThread *thread = thread_table_find(self._threads, tid)
        cdef const ReplayThread *other
        if thread is NULL:
            return None
        children = []
        other = thread.children
        while other is not NULL:
            children.append(other.tid)
            other = other.sibling_next
        parent = rthread_parent(self._threads, thread)
        main = rthread_main(thread)
        return {
            "tid": thread.tid,
            "pid": thread.pid,
            "ptid": thread.ptid,
            "vtid": thread.vtid,
            "vpid": thread.vpid,
            "reaper_tid": thread.reaper_tid,
            "flags": thread.flags,
            "last_ns": thread.last_ns,
            "last_fd": thread.last_fd,
            "is_main": bool(rthread_is_main(thread)),
            "is_invalid": bool(rthread_is_invalid(thread)),
            "has_group": thread.group is not NULL,
            "main": None if main is NULL else main.tid,
            "parent": None if parent is NULL else parent.tid,
            "children": children,
            "children_listed": thread.child_count + thread.child_gone,
            "cwd": _bytes(rthread_cwd(thread)),
            "root": _bytes(shared_slice(thread.root)),
            "fd_count": fds_count(rthread_fds(thread)),
            **_proc_dict(&thread.proc),
            **_image_dict(thread.proc.image),
        }

    def group(self, int64_t pid):
        cdef const ThreadGroup *group = <const ThreadGroup *>intmap_get(&self._threads.groups, <uint64_t>pid)
        cdef const ReplayThread *thread
        if group is NULL:
            return None
        tids = []
        thread = group.first
        while thread is not NULL:
            tids.append(thread.tid)
            thread = thread.group_next
        return {
            "pid": group.pid,
            "alive": group.alive,
            "is_reaper": bool(group.is_reaper),
            "listed": group.count + group.gone,
            "tids": tids,
        }

    def fd(self, int64_t tid, int64_t num):
        cdef const ReplayThread *thread = thread_table_find(self._threads, tid)
        return None if thread is NULL else _fd_dict(fds_find(rthread_fds(thread), num))

    def user(self, uint32_t uid, *, bytes container=b""):
        cdef ContainerUsers *users = thread_table_users(self._threads, _slice(container), 0)
        if not container:
            return _bytes(names_get(&self._state.users, uid))
        return None if users is NULL else _bytes(names_get(&users.users, uid))

    def stats(self):
        return self._threads.stats

    # --- What only a test does ---

    def link(self, int64_t tid):
        thread_table_link(self._threads, thread_table_find(self._threads, tid))

    def kill(self, int64_t tid):
        thread_table_find(self._threads, tid).flags |= RTHREAD_CLOSED

    def give_children(self, int64_t tid, reaper):
        rthread_give_children(
            thread_table_find(self._threads, tid),
            NULL if reaper is None else thread_table_find(self._threads, reaper),
        )

    def remove(self, int64_t tid):
        thread_table_remove(self._threads, tid)

    def find_reaper(self, int64_t tid):
        cdef const ReplayThread *found = rthread_find_reaper(self._threads, thread_table_find(self._threads, tid))
        return None if found is NULL else found.tid

    def set(self, int64_t tid, *, ptid=None, pgid=None, flags=None, clone_ns=None, uid=None, gid=None, loginuid=None):
        cdef ReplayThread *thread = thread_table_find(self._threads, tid)
        if thread is NULL:
            raise KeyError(tid)
        if ptid is not None:
            thread.ptid = ptid
        if pgid is not None:
            thread.proc.pgid = pgid
        if flags is not None:
            thread.flags = flags
        if clone_ns is not None:
            thread.proc.start_ns = clone_ns
        if uid is not None:
            thread.proc.uid = uid
        if gid is not None:
            thread.proc.gid = gid
        if loginuid is not None:
            thread.proc.loginuid = loginuid

    def set_reaper(self, int64_t pid, bint is_reaper):
        cdef ThreadGroup *group = <ThreadGroup *>intmap_get(&self._threads.groups, <uint64_t>pid)
        if group is NULL:
            raise KeyError(pid)
        group.is_reaper = is_reaper
