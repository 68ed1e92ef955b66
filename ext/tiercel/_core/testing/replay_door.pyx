# SPDX-License-Identifier: Apache-2.0
"""Python access to the thread table of captures, for tests only."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from tiercel._core.replay.event_dispatch cimport tasks_apply, tasks_begin, tasks_end, tasks_open
from tiercel._core.replay.fd_table cimport Fd, fd_name, fd_name_raw, fds_count, fds_find
from tiercel._core.replay.initial_tables cimport (
    tasks_add,
    tasks_add_group,
    tasks_add_interface,
    tasks_add_user,
)
from tiercel._core.replay.socket_events cimport fds_add_initial
from tiercel._core.replay.thread_table cimport (
    TASK_CLOSED,
    Task,
    TaskGroup,
    Tasks,
    TaskUsers,
    task_cwd,
    task_find_reaper,
    task_give_children,
    task_fds,
    task_is_invalid,
    task_is_main,
    task_main,
    task_parent,
    tasks_find,
    tasks_free,
    tasks_link,
    tasks_new,
    tasks_remove,
    tasks_users,
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
from tiercel._core.state.exec_image cimport Image, shared_slice
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


cdef dict _image_dict(const Image *image):
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


cdef class TaskTable:
    cdef State *_state
    cdef Tasks *_tasks

    def __cinit__(self, *, uint32_t capacity=262144):
        self._state = state_new(1)
        self._tasks = tasks_new(self._state, capacity) if self._state is not NULL else NULL
        if self._tasks is NULL:
            raise MemoryError

    def __dealloc__(self):
        tasks_free(self._tasks)
        state_free(self._state)

    # --- In ---

    def add(self, **entry):
        cdef ScapThread thread
        cdef Task *task
        memset(&thread, 0, sizeof(thread))
        texts = {
            name: entry.get(name, b"")
            for name in ("comm", "exe", "exepath", "args", "cwd", "env", "cgroups", "root")
        }
        thread.comm = _slice(texts["comm"])
        thread.exe = _slice(texts["exe"])
        thread.exepath = _slice(texts["exepath"])
        thread.args = _slice(texts["args"])
        thread.cwd = _slice(texts["cwd"])
        thread.env = _slice(texts["env"])
        thread.cgroups = _slice(texts["cgroups"])
        thread.root = _slice(texts["root"])
        thread.tid = entry["tid"]
        thread.pid = entry["pid"]
        thread.ptid = entry.get("ptid", 0)
        thread.sid = entry.get("sid", -1)
        thread.vpgid = entry.get("vpgid", -1)
        thread.pgid = entry.get("pgid", -1)
        thread.vtid = entry.get("vtid", thread.tid)
        thread.vpid = entry.get("vpid", thread.pid)
        thread.fdlimit = entry.get("fdlimit", 0)
        thread.flags = entry.get("flags", 0)
        thread.uid = entry.get("uid", 0)
        thread.gid = entry.get("gid", 0)
        thread.loginuid = entry.get("loginuid", 0xffff_ffff)
        thread.tty = entry.get("tty", 0)
        thread.vm_size_kb = entry.get("vm_size", 0)
        thread.vm_rss_kb = entry.get("vm_rss", 0)
        thread.vm_swap_kb = entry.get("vm_swap", 0)
        thread.pf_major = entry.get("pf_major", 0)
        thread.pf_minor = entry.get("pf_minor", 0)
        thread.cap_inheritable = entry.get("cap_inheritable", 0)
        thread.cap_permitted = entry.get("cap_permitted", 0)
        thread.cap_effective = entry.get("cap_effective", 0)
        thread.exe_writable = entry.get("exe_writable", 0)
        thread.exe_upper_layer = entry.get("exe_upper_layer", 0)
        thread.exe_lower_layer = entry.get("exe_lower_layer", 0)
        thread.exe_from_memfd = entry.get("exe_from_memfd", 0)
        task = tasks_add(self._tasks, &thread)
        if task is not NULL:
            task.proc.start_ns = entry.get("clone_ns", 0)
        return task is not NULL

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
        fds_add_initial(self._tasks, &fd)

    def add_user(self, uint32_t uid, uint32_t gid, bytes name, bytes home, bytes shell, *, bytes container=b""):
        cdef ScapUser user
        user.uid = uid
        user.gid = gid
        user.name = _slice(name)
        user.home = _slice(home)
        user.shell = _slice(shell)
        tasks_add_user(self._tasks, _slice(container), &user)

    def add_group(self, uint32_t gid, bytes name, *, bytes container=b""):
        cdef ScapGroup group
        group.gid = gid
        group.name = _slice(name)
        tasks_add_group(self._tasks, _slice(container), &group)

    def add_interface(self, bytes addr, bytes mask):
        cdef ScapInterface interface
        memset(&interface, 0, sizeof(interface))
        interface.is_ipv6 = len(addr) == 16
        memcpy(interface.addr, <const char *>addr, len(addr))
        memcpy(interface.netmask, <const char *>mask, len(mask))
        tasks_add_interface(self._tasks, &interface)

    def open(self):
        tasks_open(self._tasks)

    def feed(self, int code, int64_t tid, uint64_t ts_ns, list params):
        cdef ScapEvent event
        cdef Task *task
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
            task = tasks_begin(self._tasks, &event)
            tasks_apply(self._tasks, task, &event)
            tasks_end(self._tasks, &event)

    # --- Out ---

    def __len__(self):
        return self._tasks.by_tid.count

    def event(self):
        cdef Tasks *tasks = self._tasks
        return {
            "tid": None if tasks.task is NULL else tasks.task.tid,
            "fd": _fd_dict(tasks.event_fd),
            "fd_num": tasks.event_fd_num,
            "name_changed": bool(tasks.name_changed),
            "removal_tid": tasks.removal_tid if tasks.has_removal else None,
        }

    def thread(self, int64_t tid):
        cdef const Task *task = tasks_find(self._tasks, tid)
        cdef const Task *other
        if task is NULL:
            return None
        children = []
        other = task.children
        while other is not NULL:
            children.append(other.tid)
            other = other.sibling_next
        parent = task_parent(self._tasks, task)
        main = task_main(task)
        return {
            "tid": task.tid,
            "pid": task.pid,
            "ptid": task.ptid,
            "vtid": task.vtid,
            "vpid": task.vpid,
            "reaper_tid": task.reaper_tid,
            "flags": task.flags,
            "last_ns": task.last_ns,
            "last_fd": task.last_fd,
            "is_main": bool(task_is_main(task)),
            "is_invalid": bool(task_is_invalid(task)),
            "has_group": task.group is not NULL,
            "main": None if main is NULL else main.tid,
            "parent": None if parent is NULL else parent.tid,
            "children": children,
            "children_listed": task.child_count + task.child_gone,
            "cwd": _bytes(task_cwd(task)),
            "root": _bytes(shared_slice(task.root)),
            "fd_count": fds_count(task_fds(task)),
            **_proc_dict(&task.proc),
            **_image_dict(task.proc.image),
        }

    def group(self, int64_t pid):
        cdef const TaskGroup *group = <const TaskGroup *>intmap_get(&self._tasks.groups, <uint64_t>pid)
        cdef const Task *task
        if group is NULL:
            return None
        tids = []
        task = group.first
        while task is not NULL:
            tids.append(task.tid)
            task = task.group_next
        return {
            "pid": group.pid,
            "alive": group.alive,
            "is_reaper": bool(group.is_reaper),
            "listed": group.count + group.gone,
            "tids": tids,
        }

    def fd(self, int64_t tid, int64_t num):
        cdef const Task *task = tasks_find(self._tasks, tid)
        return None if task is NULL else _fd_dict(fds_find(task_fds(task), num))

    def user(self, uint32_t uid, *, bytes container=b""):
        cdef TaskUsers *users = tasks_users(self._tasks, _slice(container), 0)
        if not container:
            return _bytes(names_get(&self._state.users, uid))
        return None if users is NULL else _bytes(names_get(&users.users, uid))

    def stats(self):
        return self._tasks.stats

    # --- What only a test does ---

    def link(self, int64_t tid):
        tasks_link(self._tasks, tasks_find(self._tasks, tid))

    def kill(self, int64_t tid):
        tasks_find(self._tasks, tid).flags |= TASK_CLOSED

    def give_children(self, int64_t tid, reaper):
        task_give_children(tasks_find(self._tasks, tid), NULL if reaper is None else tasks_find(self._tasks, reaper))

    def remove(self, int64_t tid):
        tasks_remove(self._tasks, tid)

    def find_reaper(self, int64_t tid):
        cdef const Task *found = task_find_reaper(self._tasks, tasks_find(self._tasks, tid))
        return None if found is NULL else found.tid

    def set(self, int64_t tid, *, ptid=None, pgid=None, flags=None, clone_ns=None, uid=None, gid=None, loginuid=None):
        cdef Task *task = tasks_find(self._tasks, tid)
        if task is NULL:
            raise KeyError(tid)
        if ptid is not None:
            task.ptid = ptid
        if pgid is not None:
            task.proc.pgid = pgid
        if flags is not None:
            task.flags = flags
        if clone_ns is not None:
            task.proc.start_ns = clone_ns
        if uid is not None:
            task.proc.uid = uid
        if gid is not None:
            task.proc.gid = gid
        if loginuid is not None:
            task.proc.loginuid = loginuid

    def set_reaper(self, int64_t pid, bint is_reaper):
        cdef TaskGroup *group = <TaskGroup *>intmap_get(&self._tasks.groups, <uint64_t>pid)
        if group is NULL:
            raise KeyError(pid)
        group.is_reaper = is_reaper
