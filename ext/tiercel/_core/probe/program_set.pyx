# SPDX-License-Identifier: Apache-2.0
"""BPF programs that a set of events needs."""

from tiercel._core.probe.probe_abi cimport STAGE_LOOKUP, STAGE_NAME_CHECK, STAGE_WANTED
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_BIND,
    EV_CLOSE,
    EV_CONNECT,
    EV_LINKAT,
    EV_LISTEN,
    EV_MKDIRAT,
    EV_OPENAT,
    EV_OPENAT2,
    EV_PAGE_FAULT,
    EV_READ,
    EV_READV,
    EV_RECV,
    EV_RECVMSG,
    EV_RENAMEAT,
    EV_RENAMEAT2,
    EV_SEND,
    EV_SENDMSG,
    EV_SHUTDOWN,
    EV_SIGNALDELIVER,
    EV_SLOT_MAX,
    EV_SLOT_SYSCALL,
    EV_SOCKET,
    EV_SWITCH,
    EV_SYMLINKAT,
    EV_SYSCALL,
    EV_UNLINKAT,
    EV_WRITE,
    EV_WRITEV,
    TBL_EVENTS,
    TBL_NSYSCALLS,
    TBL_SYSCALLS,
    tbl_syscall,
)

# Programs for the process table, always attached; and programs whose hooks older kernels lack.
cdef tuple LIFECYCLE = ("sched_fork", "sched_exec", "sched_exit")
cdef tuple CGROUP_HOOKS = ("cgroup_mkdir", "cgroup_rmdir", "cgroup_move")
cdef str DISPATCH = "sys_exit_dispatch"
cdef str LOOKUP_NAMES = "lookup_names"
cdef str FILL_TASK_STATE = "fill_task_state"
cdef str FILTER_OPEN = "filter_open"
cdef str ITER_TASK = "iter_task"

# Programs that are loaded and attached only while their event is wanted, in addition to its filler.
cdef dict HOOKS = {
    EV_CLOSE: ("close_enter",),
    EV_PAGE_FAULT: ("page_fault_user", "page_fault_kernel"),
    EV_SIGNALDELIVER: ("signal_deliver",),
    EV_SWITCH: ("sched_switch",),
}

# Calls that pass names and open nothing. Both ends of the call compare their names (`arg_names_args` in the probe).
cdef str NAME_ENTER = "name_enter"
cdef str ITER_CACHES = "iter_caches"
cdef dict NAME_STAGES = {"name_begin": ("enter_stages", 0), "name_check": ("stages", STAGE_NAME_CHECK)}
cdef frozenset NAME_EVENTS = frozenset("""
    access chmod chown chroot fchmodat fchownat lchown link linkat lstat lstat64 mkdir mkdirat mknod mknodat
    mount newfstatat rename renameat renameat2 rmdir stat stat64 symlink symlinkat umount umount2 unlink
    unlinkat
""".split())

# Programs for events that io_uring requests can make.
cdef tuple URING_HOOKS = ("uring_submit", "uring_complete")
cdef str URING_STAGE = "uring_arguments"
cdef frozenset URING_EVENTS = frozenset({
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_BIND,
    EV_CLOSE,
    EV_CONNECT,
    EV_LINKAT,
    EV_LISTEN,
    EV_MKDIRAT,
    EV_OPENAT,
    EV_OPENAT2,
    EV_READ,
    EV_READV,
    EV_RECV,
    EV_RECVMSG,
    EV_RENAMEAT,
    EV_RENAMEAT2,
    EV_SEND,
    EV_SENDMSG,
    EV_SHUTDOWN,
    EV_SOCKET,
    EV_SYMLINKAT,
    EV_UNLINKAT,
    EV_WRITE,
    EV_WRITEV,
})


cdef list names_of(object types):
    """Return the names of the events with these codes."""
    cdef int i
    return [TBL_EVENTS[i].name.decode() for i in range(<int>EV_SLOT_MAX) if TBL_EVENTS[i].code in types]


cdef tuple always_attached(Loader loader):
    """Return the programs that are always attached, without those whose hooks this kernel lacks."""
    return (*LIFECYCLE, *sorted(loader.attachable(CGROUP_HOOKS)))


cdef dict fillers_for(Loader loader, object types):
    """Return the fillers and stages that these events need: {program: (array, index)}."""
    cdef const tbl_syscall *row
    cdef dict found = {"ex_syscall": ("fillers", EV_SLOT_SYSCALL)} if EV_SYSCALL in types else {}
    cdef int i
    for i in range(TBL_NSYSCALLS):
        row = &TBL_SYSCALLS[i]
        if TBL_EVENTS[row.slot].code in types:
            found["ex_" + TBL_EVENTS[row.slot].name.decode()] = ("fillers", row.slot)
    if found:
        found[LOOKUP_NAMES] = ("stages", STAGE_LOOKUP)
        found["sys_exit_wanted"] = ("stages", STAGE_WANTED)
    if not URING_EVENTS.isdisjoint(types) and loader.attachable(URING_HOOKS):
        found[URING_STAGE] = ("uring_stages", 0)
    if not NAME_EVENTS.isdisjoint(names_of(types)):
        found.update(NAME_STAGES)
    return found


cdef set hooks_for(Loader loader, object types):
    """Return the attached programs that these events need, without the dispatcher."""
    cdef set names = {name for code, hooks in HOOKS.items() if code in types for name in hooks}
    if not URING_EVENTS.isdisjoint(types):
        names.update(URING_HOOKS)
    if not NAME_EVENTS.isdisjoint(names_of(types)):
        names.add(NAME_ENTER)
    return loader.attachable(names)
