# SPDX-License-Identifier: Apache-2.0
"""BPF programs that a set of events needs."""

from libc.stdint cimport uint16_t

from tiercel._core.probe.probe_abi cimport STAGE_LOOKUP, STAGE_NAME_CHECK, STAGE_OWN, STAGE_WANTED
from tiercel._core.wire.events_gen cimport (
    EV_CLOSE,
    EV_PAGE_FAULT,
    EV_SIGNALDELIVER,
    EV_SLOT_MAX,
    EV_SLOT_SYSCALL,
    EV_SWITCH,
    EV_SYSCALL,
    TBL_EVENTS,
    TBL_NSYSCALLS,
    TBL_SYSCALLS,
    TBL_TRAIT_PATH_LOOKUP,
    TBL_TRAIT_URING,
    tbl_syscall,
)


cdef frozenset codes_with(uint16_t traits):
    """Return the codes of the events with any of these traits, TBL_TRAIT_*."""
    cdef int i
    return frozenset([TBL_EVENTS[i].code for i in range(<int>EV_SLOT_MAX) if TBL_EVENTS[i].traits & traits])


# Programs for the process table, always attached; and programs whose hooks older kernels lack.
cdef tuple LIFECYCLE = ("sched_fork", "sched_exec", "sched_exit")
cdef tuple CGROUP_HOOKS = ("cgroup_mkdir", "cgroup_rmdir", "cgroup_move")
cdef str DISPATCH = "sys_exit_dispatch"
cdef str LOOKUP_NAMES = "lookup_names"
cdef str FILL_TASK_STATE = "fill_task_state"
cdef str FILTER_OPEN = "filter_open"
cdef str ITER_TASK = "iter_task"

# Programs for the sensor's own rules, in addition to the dispatcher.
cdef dict OWN_STAGES = {"sys_exit_wanted": ("stages", STAGE_WANTED), "own_calls": ("stages", STAGE_OWN)}

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
cdef frozenset NAME_EVENTS = codes_with(TBL_TRAIT_PATH_LOOKUP)

# Programs for events that io_uring requests can make.
cdef tuple URING_HOOKS = ("uring_submit", "uring_complete")
cdef str URING_STAGE = "uring_arguments"
cdef frozenset URING_EVENTS = codes_with(TBL_TRAIT_URING)


cdef tuple always_attached(Loader loader):
    """Return the programs that are always attached, without those whose hooks this kernel lacks."""
    return (*LIFECYCLE, *sorted(loader.attachable(CGROUP_HOOKS)))


cdef bint _reports_uring(Loader loader, object types):
    """Return whether these events include requests of io_uring that this kernel shows at both of their ends.

    Linux before 6.3 has a tracepoint for the completion only.
    """
    return not URING_EVENTS.isdisjoint(types) and loader.attachable(URING_HOOKS).issuperset(URING_HOOKS)


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
    if _reports_uring(loader, types):
        found[URING_STAGE] = ("uring_stages", 0)
    if not NAME_EVENTS.isdisjoint(types):
        found.update(NAME_STAGES)
    return found


cdef set hooks_for(Loader loader, object types):
    """Return the attached programs that these events need, without the dispatcher."""
    cdef set names = {name for code, hooks in HOOKS.items() if code in types for name in hooks}
    if _reports_uring(loader, types):
        names.update(URING_HOOKS)
    if not NAME_EVENTS.isdisjoint(types):
        names.add(NAME_ENTER)
    return loader.attachable(names)
