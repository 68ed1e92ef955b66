# SPDX-License-Identifier: Apache-2.0
"""BPF probe of one sensor: wanted events, scope, filter, rings and counters.

Two tables from system call number to filler select the reported events; the programs read them at every call. A filler
is in the program array before the tables refer to it, and a call leaves the tables before anything else changes. So the
set of events changes while the probe runs, and no event in both sets is missed.
"""

import os

cimport cython
from libc.errno cimport ENOENT, ESRCH
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset
from posix.unistd cimport close as close_fd

from tiercel._core.probe.cgroup_hierarchies cimport own_hierarchies
from tiercel._core.probe.filter_abi cimport FILTER_BANKS
from tiercel._core.probe.filter_tables cimport filter_bank_load
from tiercel._core.probe.loader cimport Loader
from tiercel._core.probe.probe_abi cimport (
    PROBE_STATE_CGROUPS,
    PROBE_STATE_STDIO,
    PROBE_STATE_TASK,
    PROBE_SCOPE_ALL,
    PROBE_SCOPE_CGROUP,
    PROBE_SCOPE_CONTAINERS,
    PROBE_SCOPE_TREE,
    PROBE_SLOTS,
    PROBE_SOCKETCALLS,
    PROBE_SYSCALLS,
    PROBE_WANTED_OWN,
    STAGE_TASK_STATE,
    STAGE_FILTER_OPEN,
    probe_config,
    probe_stats,
)
from tiercel._core.probe.program_set cimport (
    ITER_CACHES,
    DISPATCH,
    FILL_TASK_STATE,
    FILTER_OPEN,
    ITER_TASK,
    OWN_STAGES,
    always_attached,
    fillers_for,
    hooks_for,
)
from tiercel._core.probe.ring_maps cimport rings_losses, rings_make
from tiercel._core.probe.sealing cimport Seals, map_freeze
from tiercel._core.state.procfs_scan cimport family, global_pid, snapshots_of, with_hidden_parents
from tiercel._core.util.errno_table cimport kernel_error
from tiercel._core.wire.events_gen cimport (
    EV_PROCEXIT,
    EV_SLOT_MAX,
    EV_SLOT_SYSCALL,
    EV_SYSCALL,
    TBL_EVENTS,
    TBL_GENERIC,
    TBL_NGENERIC,
    TBL_NO_SYSCALL,
    TBL_NSYSCALLS,
    TBL_SYSCALLS,
    TIERCEL_SCHEMA_HASH,
    tbl_generic,
    tbl_slot,
    tbl_syscall,
)

from tiercel.errors import SensorError, UsageError

cdef extern from "<sys/syscall.h>" nogil:
    enum: SYS_getcpu


cdef extern from "<unistd.h>" nogil:
    long syscall(long number, ...)


cdef enum:
    IA32_SOCKETCALL = 102   # 32-bit system call that multiplexes all socket calls; the dispatcher decodes it


cdef dict SCOPES = {
    "all": PROBE_SCOPE_ALL,
    "tree": PROBE_SCOPE_TREE,
    "cgroup": PROBE_SCOPE_CGROUP,
    "containers": PROBE_SCOPE_CONTAINERS,
}

# Parts of the thread state that fields may need: `Field.needs`.
cdef dict TASK_STATE = {"task": PROBE_STATE_TASK, "cgroups": PROBE_STATE_CGROUPS, "stdio": PROBE_STATE_STDIO}

cdef dict by_event(const void *counters):
    """Return the non-zero counters by event name."""
    cdef const uint64_t *counts = <const uint64_t *>counters
    cdef int i
    return {TBL_EVENTS[i].name.decode(): counts[i] for i in range(<int>EV_SLOT_MAX) if counts[i]}


@cython.final
cdef class Probe:
    def __cinit__(self, image, *, btf="/sys/kernel/btf/vmlinux"):
        if not os.path.exists(btf):
            raise kernel_error("btf", ENOENT, btf)
        self.loader = Loader(image)
        self.seals = Seals()
        self.wanted_types = frozenset()
        self.calls = frozenset()
        self.task_state_parts = frozenset()
        self.ring_list = []
        self.life = ()
        self.check_schema()

    cdef check(self):
        if self.forked:
            raise SensorError("E605", "the probe is the parent process's", hint="open a sensor after the fork")
        if self.loader is None:
            raise SensorError("E605", "the probe is closed")

    cdef check_schema(self):
        """Reject an object that was built from other tables than this extension, before loading it."""
        cdef uint64_t theirs = (<uint64_t *>self.loader.constant("g_schema_hash", sizeof(uint64_t)))[0]
        if theirs != TIERCEL_SCHEMA_HASH:
            raise kernel_error("schema", 0, f"{theirs:016x}, not {TIERCEL_SCHEMA_HASH:016x}")

    cdef frozenset known(self, object types):
        """Return the wanted event types; raise if the schema lacks one."""
        cdef frozenset wanted = frozenset(types)
        unknown = [code for code in wanted if tbl_slot(code) >= EV_SLOT_MAX]
        if unknown:
            raise UsageError("E607", f"no event has the code {min(unknown)}")
        return wanted

    def load(
        self,
        wanted,
        *,
        scope="all",
        life_bytes=1 << 22,
        volume_bytes=1 << 23,
        tree_capacity=65536,
        env=False,
        cwd=False,
        snaplen=80,
        calls=(),
        now=(),
        filters=None,
        path_sets=(),
        canary=0,
    ):
        self.check()
        if self.loader.loaded:
            raise SensorError("E605", "the probe is loaded already")
        if scope not in SCOPES:
            raise UsageError("E607", f"no scope is called {scope!r}", hint=f"one of {', '.join(SCOPES)}")
        cdef frozenset types = self.known(wanted)
        cdef dict fillers = fillers_for(self.loader, types)
        if now:
            fillers[FILL_TASK_STATE] = ("stages", STAGE_TASK_STATE)
        if path_sets:
            fillers[FILTER_OPEN] = ("stages", STAGE_FILTER_OPEN)
        self.canary = canary
        if canary:
            fillers.update(OWN_STAGES)
        self.scope_name = scope
        self.life = always_attached(self.loader)
        hooks = hooks_for(self.loader, types)
        caches = self.loader.attachable((ITER_CACHES,))
        self.loader.load({*self.life, DISPATCH, ITER_TASK, *caches, *fillers, *hooks}, {"scope_tasks": tree_capacity})
        for name in caches:
            self.loader.iterate(name)
        self.ring_list = rings_make(self.loader, life_bytes, volume_bytes)
        self.configure(env, cwd, snaplen, min([size for _, size in self.ring_list]) // 8)
        self.loader.load_more(fillers)
        self.calls = frozenset(calls)
        self.set_task_state(now)
        self.filter(filters, path_sets)
        self.apply_tables(types)
        self.wanted_types = types
        self.seals.take(self.loader)

    cdef configure(self, bint env, bint cwd, uint32_t snaplen, uint32_t wakeup_bytes):
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        config.scope = SCOPES[self.scope_name]
        config.wakeup_bytes = wakeup_bytes
        config.want_env = env
        config.want_cwd = cwd
        config.snaplen = snaplen
        config.v1_controllers, config.hierarchy, config.key_hierarchies = own_hierarchies()
        config.canary = self.canary
        config.page_kib = os.sysconf("SC_PAGESIZE") // 1024
        config.self_tgid = global_pid(self.tasks(), os.getpid())
        # With self_tgid set, the iterator records the root directory of this process.
        self.loader.iterate(ITER_TASK)

    cdef set_task_state(self, object now):
        """Select the parts of the thread state in records. The program that adds them must be loaded."""
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        cdef uint16_t *tails = <uint16_t *>self.loader.variable("g_tails", PROBE_SLOTS * sizeof(uint16_t))
        cdef uint32_t bits = 0
        cdef int i
        for word in now:
            bits |= <uint32_t>TASK_STATE[word]
        for i in range(<int>EV_SLOT_MAX):
            tails[i] = TBL_EVENTS[i].tail_offset
        config.needs_task_state = bits
        self.task_state_parts = frozenset(now)

    cdef bint needs_dispatch(self, object types):
        return bool(self.canary) or bool(fillers_for(self.loader, types))

    cdef apply_tables(self, object types):
        """Write the tables of wanted calls.  An entry has two bytes: a program reads the old or the new value."""
        cdef uint16_t fresh64[PROBE_SYSCALLS]
        cdef uint16_t fresh32[PROBE_SYSCALLS]
        cdef uint16_t fresh_socketcall[PROBE_SOCKETCALLS]
        cdef uint16_t *wanted64 = <uint16_t *>self.loader.variable("g_wanted64", sizeof(fresh64))
        cdef uint16_t *wanted32 = <uint16_t *>self.loader.variable("g_wanted32", sizeof(fresh32))
        cdef uint16_t *wanted_socketcall = <uint16_t *>self.loader.variable(
            "g_wanted_socketcall", sizeof(fresh_socketcall)
        )
        cdef uint8_t *wanted_slots = <uint8_t *>self.loader.variable("g_wanted_slots", PROBE_SLOTS)
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        cdef const tbl_syscall *row
        cdef int i
        memset(fresh64, 0, sizeof(fresh64))
        memset(fresh32, 0, sizeof(fresh32))
        memset(fresh_socketcall, 0, sizeof(fresh_socketcall))
        for i in range(TBL_NSYSCALLS):
            row = &TBL_SYSCALLS[i]
            if TBL_EVENTS[row.slot].code not in types:
                continue
            if row.native != TBL_NO_SYSCALL:
                fresh64[row.native] = row.slot + 1
            if row.ia32 != TBL_NO_SYSCALL:
                fresh32[row.ia32] = row.slot + 1
            if row.socketcall != TBL_NO_SYSCALL:
                fresh32[IA32_SOCKETCALL] = row.slot + 1
                fresh_socketcall[row.socketcall] = row.slot + 1
        for i in range(PROBE_SOCKETCALLS):
            wanted_socketcall[i] = fresh_socketcall[i]
        if EV_SYSCALL in types:
            self.enter_calls(fresh64, fresh32)
        if self.canary:
            fresh64[<int>SYS_getcpu] |= PROBE_WANTED_OWN
        for i in range(PROBE_SYSCALLS):
            wanted64[i] = fresh64[i]
            wanted32[i] = fresh32[i]
        for i in range(<int>EV_SLOT_MAX):
            wanted_slots[i] = TBL_EVENTS[i].code in types
        config.want_thread_exit = EV_PROCEXIT in types

    cdef enter_calls(self, uint16_t *fresh64, uint16_t *fresh32):
        """Add the wanted calls without an event of their own."""
        cdef const tbl_generic *row
        cdef int i
        for i in range(TBL_NGENERIC):
            row = &TBL_GENERIC[i]
            if row.code in self.calls:
                if row.native != TBL_NO_SYSCALL:
                    fresh64[row.native] = EV_SLOT_SYSCALL + 1
                if row.ia32 != TBL_NO_SYSCALL:
                    fresh32[row.ia32] = EV_SLOT_SYSCALL + 1

    def want(self, wanted, *, env=None, cwd=None, calls=None, now=None):
        self.check()
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        cdef frozenset types = self.known(wanted)
        cdef dict fillers = fillers_for(self.loader, types - self.wanted_types)
        if env is not None:
            config.want_env = bool(env)
        if cwd is not None:
            config.want_cwd = bool(cwd)
        if now:
            fillers[FILL_TASK_STATE] = ("stages", STAGE_TASK_STATE)
        self.loader.load_more(fillers)
        if now is not None:
            self.set_task_state(now)
        if self.attached:
            for name in hooks_for(self.loader, types):
                self.loader.attach(name)
            if self.needs_dispatch(types):
                self.loader.attach(DISPATCH)
        if calls is not None:
            self.calls = frozenset(calls)
        self.apply_tables(types)
        for name in hooks_for(self.loader, self.wanted_types) - hooks_for(self.loader, types):
            self.loader.detach(name)
        self.wanted_types = types
        if not self.needs_dispatch(types):
            self.loader.detach(DISPATCH)
        self.seals.take(self.loader)

    def filter(self, filters, path_sets=()):
        self.check()
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        cdef uint16_t *files
        cdef int i
        config.filter = 0
        self.seals.bank = None
        if not filters:
            self.seals.take(self.loader)
            return
        files = <uint16_t *>self.loader.variable("g_files", PROBE_SLOTS * sizeof(uint16_t))
        for i in range(<int>EV_SLOT_MAX):
            files[i] = TBL_EVENTS[i].file_offset
        if path_sets:
            self.loader.load_more({FILTER_OPEN: ("stages", STAGE_FILTER_OPEN)})
        # A running program may still read the last bank, which stays unchanged.
        self.bank = self.bank % FILTER_BANKS + 1
        filter_bank_load(self.loader, self.bank - 1, filters, path_sets)
        self.seals.take_bank(self.loader, self.bank - 1)
        config.filter = self.bank
        self.seals.take(self.loader)

    @property
    def attached(self):
        return self.loader is not None and bool(self.life) and self.loader.is_attached(self.life[0])

    @property
    def wanted(self):
        return self.wanted_types

    @property
    def wanted_calls(self):
        return self.calls

    @property
    def asked(self):
        return self.task_state_parts

    def attach(self):
        self.check()
        for name in (*self.life, *hooks_for(self.loader, self.wanted_types)):
            self.loader.attach(name)
        if self.needs_dispatch(self.wanted_types):
            self.loader.attach(DISPATCH)

    def detach(self):
        self.check()
        for name in (DISPATCH, *hooks_for(self.loader, self.wanted_types), *self.life):
            self.loader.detach(name)

    def tasks(self):
        self.check()
        return with_hidden_parents(snapshots_of(self.loader.iterate(ITER_TASK)))

    def watch_tree(self, pid):
        cdef list tasks = self.tasks()
        cdef uint32_t root = global_pid(tasks, pid)
        cdef set watched = set()
        cdef uint8_t one = 1
        cdef uint32_t key
        members = family(tasks, [root])
        if not members and not os.path.exists(f"/proc/{pid}"):  # an unreaped zombie still has a directory
            raise kernel_error("scope", ESRCH, f"pid {pid}")
        # A member may fork before it is added to the map; only the next listing shows that child.
        while members - watched:
            for key in members - watched:
                self.loader.map_set("scope", "scope_tasks", &key, &one)
            watched |= members
            members = family(self.tasks(), watched)
        return watched

    def unwatch_tree(self, pid):
        cdef list tasks = self.tasks()
        cdef probe_config *config = <probe_config *>self.loader.variable("g_cfg", sizeof(probe_config))
        cdef uint32_t key
        for key in family(tasks, [global_pid(tasks, pid)]):
            self.loader.map_unset("scope_tasks", &key)
        config.scope_changes += 1
        self.seals.take(self.loader)

    def watch_cgroup(self, path):
        cdef uint32_t zero = 0
        cdef int fd
        self.check()
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as exc:
            raise kernel_error("scope", exc.errno, os.fspath(path)) from None
        try:
            self.loader.map_set("scope", "scope_cgroup", &zero, &fd)
        finally:
            close_fd(fd)
        map_freeze(self.loader, "scope_cgroup")

    def rings(self):
        self.check()
        self.loader.map_fd("rings")
        return list(self.ring_list)

    def cgroup_map_fd(self):
        self.check()
        return self.loader.map_fd("cgroup_verdict")

    def stats(self):
        cdef probe_stats total
        cdef const probe_stats *one
        cdef uint32_t zero = 0
        cdef bytes values
        cdef Py_ssize_t at, i
        self.check()
        values = self.loader.map_get("stats", &zero, sizeof(probe_stats))
        memset(&total, 0, sizeof(total))
        for at in range(0, len(values), sizeof(probe_stats)):
            one = <const probe_stats *>(<const char *>values + at)
            total.sent += one.sent
            total.lost_lifecycle += one.lost_lifecycle
            total.lost_volume += one.lost_volume
            total.unfit += one.unfit
            total.truncated += one.truncated
            total.scope_full += one.scope_full
            total.unresolved += one.unresolved
            total.unfinished += one.unfinished
            total.changed += one.changed
            for i in range(PROBE_SLOTS):
                total.lost[i] += one.lost[i]
                total.filtered[i] += one.filtered[i]
                total.shed[i] += one.shed[i]
        self.seals.count(&total)
        return {
            "sent": total.sent,
            "lost_lifecycle": total.lost_lifecycle,
            "lost_volume": total.lost_volume,
            "unfit": total.unfit,
            "truncated": total.truncated,
            "scope_full": total.scope_full,
            "unresolved": total.unresolved,
            "unfinished": total.unfinished,
            "changed": total.changed,
            "lost": by_event(total.lost),
            "filtered": by_event(total.filtered),
            "shed": by_event(total.shed),
        }

    def send_canary(self, uint32_t number):
        cdef uint64_t mark = <uint64_t>self.canary << 32 | number
        self.check()
        if not self.canary:
            raise UsageError("E607", "the probe is loaded without a canary")
        # The kernel ignores the third argument. A call that a seccomp filter refuses has an end, too.
        syscall(SYS_getcpu, NULL, NULL, mark)

    def tampered(self):
        self.check()
        return self.seals.check(self.loader)

    def losses(self):
        self.check()
        return rings_losses(self.loader)

    def close(self):
        if self.loader is not None and not self.forked:
            self.loader.close()
        self.loader = None

    def after_fork_child(self):
        if self.loader is not None and not self.forked:
            self.loader.after_fork_child()
        self.forked = True
