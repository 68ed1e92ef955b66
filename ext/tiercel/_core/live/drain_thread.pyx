# SPDX-License-Identifier: Apache-2.0
"""The drain thread: scheduling and requests.  No Python.

event_loop.pyx processes the records.

The thread sleeps until a ring's wake-up (the probe wakes it when a ring fills up), a request, or a timeout of a few
milliseconds.  The timeout bounds the latency of alerts without a wake-up for each record.
"""

from libc.errno cimport EPERM, errno
from libc.stdlib cimport calloc, free
from posix.signal cimport sigset_t
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clockid_t, timespec
from posix.unistd cimport close, read, write

from tiercel._core.alerts.buffer cimport alert_buffer_free
from tiercel._core.alerts.queue cimport queue_hasten
from tiercel._core.live.container_events cimport container_events_add, container_events_clear
from tiercel._core.live.event_loop cimport BATCH, event_loop_container_events, event_loop_drain, event_loop_release_held
from tiercel._core.live.hold_queue cimport hold_passed, hold_recheck_all
from tiercel._core.probe.ring_consumer cimport ring_produced, rings_add, rings_close, rings_init
from tiercel._core.state.container cimport Container, container_find
from tiercel._core.state.process cimport state_reap
from tiercel._core.state.process_events cimport state_lock, state_unlock
from tiercel._core.util.clock cimport CLOCK_THREAD_CPUTIME_ID, boot_now, clock_ns
from tiercel._core.util.posix cimport (
    EFD_CLOEXEC,
    EFD_NONBLOCK,
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLET,
    EPOLLIN,
    SIG_SETMASK,
    epoll_create1,
    epoll_ctl,
    epoll_event,
    epoll_wait,
    eventfd,
    poll,
    pthread_attr_destroy,
    pthread_attr_init,
    pthread_attr_setstacksize,
    pthread_attr_t,
    pthread_cond_broadcast,
    pthread_cond_init,
    pthread_cond_timedwait,
    pthread_condattr_destroy,
    pthread_condattr_init,
    pthread_condattr_setclock,
    pthread_condattr_t,
    pthread_create,
    pthread_join,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    pthread_sigmask,
    sigfillset,
)


cdef extern from "<sys/resource.h>" nogil:
    enum: PRIO_PROCESS
    int getpriority(int, unsigned int)
    int setpriority(int, unsigned int, int)


cdef extern from "<pthread.h>" nogil:
    int pthread_setname_np(pthread_t, const char *)
    int pthread_getcpuclockid(pthread_t, clockid_t *)


cdef enum:
    STACK_BYTES = 1 << 20
    ALERTS_MAX = 1 << 26            # bytes of packed alerts of one event
    BUSY_MS = 1                     # maximum sleep while events arrive
    IDLE_MS = 10                    # maximum sleep while no events arrive
    IDLE_AFTER = 50                 # consecutive polls without a record until idle
    OFFSET_PERIOD_NS = 1_000_000_000
    REAP_PERIOD_NS = 1_000_000_000
    NICE = -10                      # of the thread, if permitted: 90 % of a processor against one competing thread
    EMPTY_NS = 1_000_000_000        # maximum time that a record may be in flight at the end
    KICKED = 0                      # wake-up reason: a request
    WOKEN = 1                       # wake-up reason: a ring fills up


cdef uint64_t SLACK_NS = 1_000_000  # maximum time that a record may be in flight, see ring_consumer.pyx


cdef Drain *drain_new() noexcept nogil:
    """Create a drain without rings; return NULL without memory or descriptors."""
    cdef Drain *drain = <Drain *>calloc(1, sizeof(Drain))
    cdef pthread_condattr_t attributes
    cdef epoll_event event
    if drain is NULL:
        return NULL
    rings_init(&drain.rings, SLACK_NS)
    drain.cgroup_map.fd = -1
    drain.alerts.limit = ALERTS_MAX
    pthread_mutex_init(&drain.lock, NULL)
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(&drain.replied, &attributes)
    pthread_condattr_destroy(&attributes)
    drain.epoll_fd = epoll_create1(EPOLL_CLOEXEC)
    drain.kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
    event.events = EPOLLIN
    event.data.u64 = KICKED
    if epoll_ctl(drain.epoll_fd, EPOLL_CTL_ADD, drain.kick_fd, &event):
        drain_free(drain)
        return NULL
    return drain


cdef void drain_free(Drain *drain) noexcept nogil:
    """Free a drain without a running thread, or in the child of a fork.  Locks are not destroyed, as in queue_free."""
    if drain is NULL:
        return
    rings_close(&drain.rings)
    if drain.epoll_fd >= 0:
        close(drain.epoll_fd)
    if drain.kick_fd >= 0:
        close(drain.kick_fd)
    alert_buffer_free(&drain.alerts)
    free(drain)


cdef int drain_add_ring(Drain *drain, int fd, uint64_t size) noexcept nogil:
    """Map a ring and add its wake-ups; return 0 or -errno."""
    cdef epoll_event event
    cdef int err = rings_add(&drain.rings, fd, size)
    if err:
        return err
    # Edge-triggered: records that wait for the slack to pass must not keep the thread awake.
    event.events = EPOLLIN | EPOLLET
    event.data.u64 = WOKEN
    # A recorded ring in a file has no wake-ups; the thread polls it every few milliseconds.
    if epoll_ctl(drain.epoll_fd, EPOLL_CTL_ADD, fd, &event) and errno != EPERM:
        return -errno
    return 0


# --- the thread -------------------------------------------------------------------------------------------------------


cdef void keep_time(Drain *drain) noexcept nogil:
    """Update the clock offset once a second; it changes when the system's clock is set."""
    cdef uint64_t now = boot_now()
    if now >= drain.offset_due_ns:
        drain.offset_due_ns = now + OFFSET_PERIOD_NS
        drain.unix_offset_ns = <int64_t>(clock_ns(CLOCK_REALTIME) - boot_now())
    drain.rules.cx.event.unix_offset_ns = drain.unix_offset_ns


cdef void drain_use(Drain *drain, RuleGeneration *rules) noexcept nogil:
    """Activate rules, between two events."""
    if drain.rules is not NULL:
        counters_add(&drain.evaluation_before, &drain.rules.cx.counters)
        drain.overflows_before += drain.rules.cx.memo.arena.overflows
    drain.rules = rules
    hold_recheck_all(&drain.hold)


cdef bint take_requests(Drain *drain) noexcept nogil:
    """Process requests; return 0 to end the thread."""
    cdef uint64_t token
    cdef bint go_on
    cdef int i
    read(drain.kick_fd, &token, sizeof(token))
    pthread_mutex_lock(&drain.lock)
    if drain.next_rules is not NULL:
        drain_use(drain, drain.next_rules)
        drain.next_rules = NULL
        pthread_cond_broadcast(&drain.replied)
    if drain.flush_taken != drain.flush_requested:
        drain.flush_taken = drain.flush_requested
        drain.flush_order = 0
        for i in range(drain.rings.count):
            drain.flush_target[i] = ring_produced(&drain.rings.ring[i])
    go_on = not drain.stopping
    pthread_mutex_unlock(&drain.lock)
    return go_on


cdef void complete_flush(Drain *drain) noexcept nogil:
    """Complete a flush once all rings are past the positions of the request and the held events are evaluated."""
    cdef int i
    if drain.flush_done == drain.flush_taken:
        return
    for i in range(drain.rings.count):
        if drain.rings.ring[i].pos < drain.flush_target[i]:
            return
    if drain.flush_order == 0:
        drain.flush_order = drain.hold.stats.held + 1
    if hold_passed(&drain.hold) + 1 < drain.flush_order:
        return
    pthread_mutex_lock(&drain.lock)
    drain.flush_done = drain.flush_taken
    pthread_cond_broadcast(&drain.replied)
    pthread_mutex_unlock(&drain.lock)


cdef int sleep_ms(Drain *drain, int done) noexcept nogil:
    """Return the sleep after a batch of `done` records; records that wait for the slack count as work."""
    cdef int i
    if done == BATCH:
        return 0
    for i in range(drain.rings.count):
        if drain.rings.ring[i].pos != drain.rings.ring[i].limit:
            done += 1
    if done or drain.hold.count:
        drain.idle = 0
    elif drain.idle < IDLE_AFTER:
        drain.idle += 1
    return IDLE_MS if drain.idle == IDLE_AFTER else BUSY_MS


cdef void hasten() noexcept nogil:
    """Raise the priority of this thread, so that no events are lost while the workload uses all processors."""
    if getpriority(PRIO_PROCESS, 0) > NICE:
        setpriority(PRIO_PROCESS, 0, NICE)


cdef void reap_idle(Drain *drain, int done) noexcept nogil:
    """Remove ended processes and their containers once a second while no records arrive, which carry the time."""
    cdef uint64_t now = boot_now()
    if done:
        drain.quiet_ns = now
    elif drain.quiet_ns and now >= drain.reap_due_ns:
        drain.reap_due_ns = now + REAP_PERIOD_NS
        state_lock(drain.state)
        state_reap(drain.state, drain.rings.last_ns + (now - drain.quiet_ns))
        state_unlock(drain.state)


cdef bint are_rings_empty(const Drain *drain) noexcept nogil:
    cdef int i
    for i in range(drain.rings.count):
        if drain.rings.ring[i].pos != ring_produced(&drain.rings.ring[i]):
            return 0
    return 1


cdef void empty_rings(Drain *drain) noexcept nogil:
    """Process all remaining records after the last write.  A record that stays unfinished counts as malformed."""
    cdef uint64_t until = boot_now() + EMPTY_NS
    cdef int i
    while not are_rings_empty(drain) and boot_now() < until:
        keep_time(drain)
        event_loop_release_held(drain, 0)
        if event_loop_drain(drain):
            until = boot_now() + EMPTY_NS
        else:
            poll(NULL, 0, BUSY_MS)
    for i in range(drain.rings.count):
        if drain.rings.ring[i].pos != ring_produced(&drain.rings.ring[i]):
            drain.rings.ring[i].corrupt += 1


cdef void *drain_main(void *arg) noexcept nogil:
    cdef Drain *drain = <Drain *>arg
    cdef epoll_event events[RING_MAX + 1]
    cdef int done, ready, i
    cdef bint kicked = 1
    hasten()
    while True:
        if kicked and not take_requests(drain):
            break
        keep_time(drain)
        event_loop_release_held(drain, 0)
        event_loop_container_events(drain)
        done = event_loop_drain(drain)
        reap_idle(drain, done)
        complete_flush(drain)
        ready = epoll_wait(drain.epoll_fd, events, RING_MAX + 1, sleep_ms(drain, done))
        kicked = 0
        for i in range(ready):
            kicked |= events[i].data.u64 == KICKED
    if drain.emptying:
        empty_rings(drain)
    event_loop_release_held(drain, 1)
    event_loop_container_events(drain)
    drain.cpu_before_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID)
    return NULL


cdef void kick(Drain *drain) noexcept nogil:
    cdef uint64_t one = 1
    write(drain.kick_fd, &one, sizeof(one))


cdef int drain_start(Drain *drain) noexcept nogil:
    """Start the thread with all signals blocked; return 0 or an errno."""
    cdef pthread_attr_t attributes
    cdef sigset_t all_signals, before
    cdef int err
    drain.stopping = 0
    drain.idle = 0
    drain.offset_due_ns = 0
    queue_hasten(drain.queue, 0)
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, STACK_BYTES)
    sigfillset(&all_signals)
    pthread_sigmask(SIG_SETMASK, &all_signals, &before)
    err = pthread_create(&drain.thread, &attributes, drain_main, drain)
    pthread_sigmask(SIG_SETMASK, &before, NULL)
    pthread_attr_destroy(&attributes)
    if not err:
        drain.running = 1
        pthread_setname_np(drain.thread, b"tiercel-drain")
    return err


cdef void drain_stop(Drain *drain, bint emptying) noexcept nogil:
    """Stop the thread after its current batch, or when the rings are empty, even if it waits for room in the queue."""
    pthread_mutex_lock(&drain.lock)
    drain.stopping = 1
    drain.emptying = emptying
    pthread_mutex_unlock(&drain.lock)
    queue_hasten(drain.queue, 1)
    kick(drain)
    pthread_join(drain.thread, NULL)
    drain.running = 0
    state_lock(drain.state)
    container_events_clear(&drain.container_events)
    state_unlock(drain.state)


cdef int drain_add_container_event(Drain *drain, Slice id, Slice json) noexcept nogil:
    """Queue the event of a container; return 0 if it is unknown, out of scope or queued before, -1 without room."""
    cdef Container *container
    cdef int queued = 0
    state_lock(drain.state)
    container = container_find(&drain.state.containers, id)
    if container is not NULL and drain.running and not container.is_announced:
        if container.in_scope or not drain.state.containers.is_scoped:
            queued = 1 if container_events_add(&drain.container_events, container, json, boot_now()) else -1
    state_unlock(drain.state)
    if queued > 0:
        kick(drain)
    return queued


cdef void drain_counters(Drain *drain, DrainStats *stats) noexcept nogil:
    """Copy the counters, including counters of other structures."""
    cdef clockid_t clock
    stats[0] = drain.stats
    stats.evaluation = drain.evaluation_before
    counters_add(&stats.evaluation, &drain.rules.cx.counters)
    stats.overflows = drain.overflows_before + drain.rules.cx.memo.arena.overflows
    stats.cpu_ns = drain.cpu_before_ns
    if drain.running and pthread_getcpuclockid(drain.thread, &clock) == 0:
        stats.cpu_ns += clock_ns(clock)


cdef void drain_swap(Drain *drain, RuleGeneration *rules) noexcept nogil:
    """Request a rule swap; it replaces a pending request."""
    pthread_mutex_lock(&drain.lock)
    drain.next_rules = rules
    pthread_mutex_unlock(&drain.lock)
    kick(drain)


cdef uint64_t drain_request_flush(Drain *drain) noexcept nogil:
    """Request a flush of all current records; return the ticket to wait with."""
    cdef uint64_t ticket
    pthread_mutex_lock(&drain.lock)
    drain.flush_requested += 1
    ticket = drain.flush_requested
    pthread_mutex_unlock(&drain.lock)
    kick(drain)
    return ticket


cdef void wait_reply(Drain *drain, int timeout_ms) noexcept nogil:
    """Wait for a reply; the caller holds the lock."""
    cdef uint64_t until = clock_ns(CLOCK_MONOTONIC) + <uint64_t>timeout_ms * 1_000_000
    cdef timespec ts
    ts.tv_sec = until // 1_000_000_000
    ts.tv_nsec = until % 1_000_000_000
    pthread_cond_timedwait(&drain.replied, &drain.lock, &ts)


cdef bint drain_wait_flush(Drain *drain, uint64_t ticket, int timeout_ms) noexcept nogil:
    """Return whether the flush is done, after at most one reply or the timeout."""
    cdef bint done
    pthread_mutex_lock(&drain.lock)
    if drain.flush_done < ticket:
        wait_reply(drain, timeout_ms)
    done = drain.flush_done >= ticket
    pthread_mutex_unlock(&drain.lock)
    return done


cdef bint drain_wait_swap(Drain *drain, int timeout_ms) noexcept nogil:
    """Return whether the new rules are active, after at most one reply or the timeout."""
    cdef bint done
    pthread_mutex_lock(&drain.lock)
    if drain.next_rules is not NULL:
        wait_reply(drain, timeout_ms)
    done = drain.next_rules is NULL
    pthread_mutex_unlock(&drain.lock)
    return done
