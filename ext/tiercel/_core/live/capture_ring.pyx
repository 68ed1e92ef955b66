# SPDX-License-Identifier: Apache-2.0
"""Ring buffer of capture blocks, between the drain thread and the writer of a capture.

The drain thread never waits: events are counted as lost when the ring is full. A history keeps blocks for `span_ns`
even after the writer has taken them, so that the next capture can start with them.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, timespec

from tiercel._core.eval.program cimport cx_attach, cx_free, cx_init, cx_set_event, prog_eval, prog_wants
from tiercel._core.scap.reader cimport SCAP_EVENT_STATE_ONLY
from tiercel._core.scap.writer cimport SCAP_EVENT_MAX, scap_put_birth, scap_put_record
from tiercel._core.sources.live cimport LIVE_OPS
from tiercel._core.state.exec_image cimport ExecImage, shared_slice
from tiercel._core.state.process cimport PROC_EXITED
from tiercel._core.state.process_events cimport state_lock, state_unlock
from tiercel._core.state.process_table cimport ProcessTable
from tiercel._core.util.clock cimport boot_now, clock_ns
from tiercel._core.util.posix cimport (
    pthread_cond_broadcast,
    pthread_cond_init,
    pthread_cond_timedwait,
    pthread_condattr_destroy,
    pthread_condattr_init,
    pthread_condattr_setclock,
    pthread_condattr_t,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
)
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport PATHS_REQUESTED
from tiercel._core.wire.events_gen cimport (
    EV_PROC_FORK,
    TBL_EVENT_INTERNAL,
    TBL_EVENT_MODIFIES_STATE,
    tbl_event,
)

from tiercel.errors import UsageError

cdef enum:
    MIN_SIZE = 1 << 18
    WAKE_BYTES = 1 << 18            # wakes the writer before its timeout
    LENGTH_OFFSET = 4               # offsets in a block: length, and time of an event without flags
    TIME_OFFSET = 10
    FLAGS_LEN = 4
    BLOCK_EVENT_FLAGS = 0x217
    BLOCK_LARGE_FLAGS = 0x222

cdef uint64_t MS = 1_000_000


# --- The ring ---------------------------------------------------------------------------------------------------------

cdef void _copy_in(BlockRing *ring, const uint8_t *data, uint64_t length) noexcept nogil:
    cdef uint64_t at = ring.head % ring.size
    cdef uint64_t first = min(length, ring.size - at)
    memcpy(ring.bytes + at, data, first)
    memcpy(ring.bytes, data + first, length - first)


cdef void _copy_out(const BlockRing *ring, uint64_t position, uint8_t *out, uint64_t length) noexcept nogil:
    cdef uint64_t at = position % ring.size
    cdef uint64_t first = min(length, ring.size - at)
    memcpy(out, ring.bytes + at, first)
    memcpy(out + first, ring.bytes, length - first)


cdef uint32_t _length_at(const BlockRing *ring, uint64_t position) noexcept nogil:
    cdef uint32_t length
    _copy_out(ring, position + LENGTH_OFFSET, <uint8_t *>&length, sizeof(length))
    return length


cdef uint64_t _time_at(const BlockRing *ring, uint64_t position) noexcept nogil:
    cdef uint64_t ts_ns
    cdef uint32_t kind
    _copy_out(ring, position, <uint8_t *>&kind, sizeof(kind))
    position += TIME_OFFSET
    if kind == BLOCK_EVENT_FLAGS or kind == BLOCK_LARGE_FLAGS:
        position += FLAGS_LEN
    _copy_out(ring, position, <uint8_t *>&ts_ns, sizeof(ts_ns))
    return ts_ns


cdef void _make_room(BlockRing *ring, uint32_t length, uint64_t ts_ns) noexcept nogil:
    """Evict blocks that are too old, and blocks to make room, but never blocks that the writer has to take."""
    cdef uint64_t limit = ring.head if ring.state == CAPTURE_IDLE else ring.read
    cdef bint is_old
    while ring.tail < limit:
        is_old = not ring.is_history or _time_at(ring, ring.tail) + ring.span_ns < ts_ns
        if not is_old and ring.head - ring.tail + length <= ring.size:
            break
        ring.stats.evicted += not is_old
        ring.tail += _length_at(ring, ring.tail)
    if ring.read < ring.tail:
        ring.read = ring.tail


cdef void _append(BlockRing *ring, uint32_t length, uint64_t ts_ns, uint32_t flags) noexcept nogil:
    """Append the block to the ring."""
    pthread_mutex_lock(&ring.lock)
    if ring.state == CAPTURE_RUNNING and ring.is_history and ts_ns >= ring.deadline_ns:
        ring.state = CAPTURE_ENDED
        ring.end = ring.head
        pthread_cond_broadcast(&ring.more)
    _make_room(ring, length, ts_ns)
    if ring.head - ring.tail + length > ring.size:
        ring.stats.lost += 1
    else:
        _copy_in(ring, ring.block, length)
        ring.newest = ring.head
        ring.head += length
        ring.stats.events += 1
        ring.stats.state_only += flags
        ring.stats.bytes += length
        if ring.state != CAPTURE_IDLE and ring.head - ring.read >= WAKE_BYTES:
            pthread_cond_broadcast(&ring.more)
    pthread_mutex_unlock(&ring.lock)


cdef void _note_match(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    (<bint *>context)[0] = 1


cdef bint _is_wanted(
    BlockRing *ring, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns
) noexcept nogil:
    cdef bint wanted = 0
    if ring.program is NULL:
        return 1
    if not prog_wants(ring.program, hdr.type):
        return 0
    cx_set_event(&ring.cx, hdr, proc)
    ring.cx.event.num = num
    ring.cx.event.unix_offset_ns = unix_offset_ns
    prog_eval(ring.program, &ring.cx, _note_match, &wanted)
    return wanted


cdef void _record(
    BlockRing *ring, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil:
    """Append the record that was just applied to the process table; the caller holds its lock.

    A record that is hidden from rules (not `shown`) or not wanted is appended as state-only if it modifies state.
    """
    cdef uint16_t row_flags = tbl_event(hdr.type).flags
    cdef uint32_t flags = 0, length
    if hdr.type == EV_PROC_FORK:
        flags = SCAP_EVENT_STATE_ONLY
        length = scap_put_birth(hdr, proc, unix_offset_ns, flags, ring.block, SCAP_EVENT_MAX)
    elif row_flags & TBL_EVENT_INTERNAL:
        return
    else:
        if not shown or not _is_wanted(ring, hdr, proc, num, unix_offset_ns):
            if not row_flags & TBL_EVENT_MODIFIES_STATE:
                return
            flags = SCAP_EVENT_STATE_ONLY
        length = scap_put_record(hdr, unix_offset_ns, flags, ring.block, SCAP_EVENT_MAX)
    if length == 0:
        ring.stats.unfit += 1
        return
    _append(ring, length, hdr.time_ns + <uint64_t>unix_offset_ns, flags)


cdef void _match(BlockRing *ring, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture) noexcept nogil:
    """Start or extend the capture on a match of the newest event, or of an earlier event held until `now_ns`.

    `capture` is the rule's setting: bit 0 starts a capture, the bits above are its duration in milliseconds.
    """
    cdef uint64_t lasts = (capture >> 1) * MS if capture >> 1 else ring.default_ns
    if not ring.is_history:
        return
    pthread_mutex_lock(&ring.lock)
    if ring.state == CAPTURE_IDLE and (capture & 1 or ring.all_rules):
        ring.state = CAPTURE_RUNNING
        ring.read = ring.tail
        ring.deadline_ns = 0
        ring.match_ns = ts_ns
        ring.match_num = num
        ring.match_at = ring.newest
        pthread_cond_broadcast(&ring.more)
    if ring.state != CAPTURE_IDLE:
        ring.state = CAPTURE_RUNNING
        ring.deadline_ns = max(ring.deadline_ns, now_ns + lasts)
    pthread_mutex_unlock(&ring.lock)


cdef int capture_rings_add(CaptureRings *rings, BlockRing *ring) noexcept nogil:
    """Record to a ring from the next event on; return -1 if there are too many rings."""
    if rings.count == CAPTURE_RINGS_MAX:
        return -1
    rings.ring[rings.count] = ring
    rings.count += 1
    return 0


cdef void capture_rings_remove(CaptureRings *rings, BlockRing *ring) noexcept nogil:
    """Stop recording to a ring; ignore a ring that is not in the list."""
    cdef int i
    for i in range(rings.count):
        if rings.ring[i] is ring:
            rings.count -= 1
            rings.ring[i] = rings.ring[rings.count]
            break


cdef void capture_rings_record(
    CaptureRings *rings, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil:
    """Append the record that was just applied to the process table to all rings; the caller holds its lock.

    `shown`: the event is visible to rules.
    """
    cdef int i
    for i in range(rings.count):
        _record(rings.ring[i], hdr, proc, num, unix_offset_ns, shown)


cdef void capture_rings_match(
    CaptureRings *rings, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture
) noexcept nogil:
    """Report a match to all rings; see `_match`."""
    cdef int i
    for i in range(rings.count):
        _match(rings.ring[i], ts_ns, now_ns, num, capture)


# --- For Python -------------------------------------------------------------------------------------------------------

cdef void _wait(BlockRing *ring, uint64_t until_ns) noexcept nogil:
    """Wait for a change of the ring until a time of CLOCK_MONOTONIC; the caller holds its lock."""
    cdef timespec ts
    ts.tv_sec = until_ns // 1_000_000_000
    ts.tv_nsec = until_ns % 1_000_000_000
    pthread_cond_timedwait(&ring.more, &ring.lock, &ts)


cdef uint64_t _whole_blocks(const BlockRing *ring, uint64_t position, uint64_t limit, uint64_t most) noexcept nogil:
    """Return the size of the blocks between two positions: at most `most` bytes, but at least one block."""
    cdef uint64_t at = position
    cdef uint32_t length
    while at < limit:
        length = _length_at(ring, at)
        if at != position and at + length - position > most:
            break
        at += length
    return at - position


cdef bytes _bytes(Slice slice):
    return slice.ptr[:slice.len] if slice.ptr is not NULL else None


cdef tuple _exe_file(const ExecImage *image):
    """Return inode, change and modification time of the executable; 0 if unknown."""
    if image is NULL:
        return 0, 0, 0
    return image.file.ino, image.file.ctime_ns, image.file.mtime_ns


cdef dict _describe(const Proc *proc):
    cdef const ExecImage *image = proc.image
    return {
        "tgid": proc.tgid,
        "ptgid": proc.parent.tgid if proc.parent is not NULL else 0,
        "start_ns": proc.start_ns,
        "vpid": proc.vpid,
        "pid_ns": proc.pid_ns,
        "sid": proc.sid,
        "pgid": proc.pgid,
        "vpgid": proc.vpgid,
        "uid": proc.uid,
        "gid": proc.gid,
        "loginuid": proc.loginuid,
        "tty": proc.tty,
        "fdlimit": proc.fdlimit,
        "memory": (proc.vm_size, proc.vm_rss, proc.vm_swap),
        "faults": (proc.pf_major, proc.pf_minor),
        "caps": (proc.cap_inheritable, proc.cap_permitted, proc.cap_effective),
        "pidns_start_ns": proc.pidns_start_ns,
        "cgroups": _bytes(shared_slice(proc.cgroups)),
        "in_container": proc.container is not NULL and proc.container.len > 0,
        "comm": _bytes(image.comm) if image is not NULL else None,
        "exe": _bytes(image.exe) if image is not NULL else None,
        "exepath": _bytes(image.exepath) if image is not NULL else None,
        "args": _bytes(image.args) if image is not NULL else None,
        "env": _bytes(image.env) if image is not NULL else None,
        "cwd": _bytes(image.cwd) if image is not NULL else None,
        "exe_flags": image.flags if image is not NULL else 0,
        "exe_file": _exe_file(image),
    }


@cython.final
cdef class CaptureRing:
    def __cinit__(
        self,
        ProcessTable table not None,
        *,
        uint64_t size=32 << 20,
        RuleProgram program=None,
        span=None,
        double duration=0.0,
        bint all_rules=False,
    ):
        cdef BlockRing *ring = &self.ring
        cdef pthread_condattr_t attributes
        if size < MIN_SIZE:
            raise UsageError("E607", f"a tape has at least {MIN_SIZE} bytes, not {size}")
        memset(ring, 0, sizeof(BlockRing))
        self.table = table
        self.state = table.state
        self.program = program
        ring.size = size & ~<uint64_t>3
        ring.bytes = <uint8_t *>malloc(ring.size)
        ring.block = <uint8_t *>malloc(SCAP_EVENT_MAX)
        if ring.bytes is NULL or ring.block is NULL:
            raise MemoryError
        pthread_mutex_init(&ring.lock, NULL)
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(&ring.more, &attributes)
        pthread_condattr_destroy(&attributes)
        if program is not None:
            ring.program = &program.program
            if cx_init(&ring.cx, table.state, &LIVE_OPS) or cx_attach(&ring.cx, ring.program):
                raise MemoryError
            ring.cx.settings.paths = program.program.paths
            ring.cx.settings.strict = ring.cx.settings.paths == PATHS_REQUESTED
            ring.cx.settings.first_only = 1
        ring.is_history = span is not None
        ring.all_rules = all_rules
        ring.span_ns = <uint64_t>(span * 1e9) if span is not None else 0
        ring.default_ns = <uint64_t>(duration * 1e9)
        ring.state = CAPTURE_IDLE if ring.is_history else CAPTURE_RUNNING

    def __dealloc__(self):
        if self.program is not None:
            cx_free(&self.ring.cx)
        free(self.ring.bytes)
        free(self.ring.block)

    def take(self, *, uint64_t limit=1 << 18, double timeout=0.0, until=None):
        cdef BlockRing *ring = &self.ring
        cdef uint64_t stop = until if until is not None else <uint64_t>-1
        cdef uint64_t end, length
        cdef uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + <uint64_t>(timeout * 1e9)
        with nogil:
            pthread_mutex_lock(&ring.lock)
            while ring.head - ring.read < WAKE_BYTES and not ring.closing and ring.state == CAPTURE_RUNNING:
                if clock_ns(CLOCK_MONOTONIC) >= until_ns or ring.read >= stop:
                    break
                _wait(ring, until_ns)
            end = min(ring.end if ring.state == CAPTURE_ENDED else ring.head, stop)
            length = _whole_blocks(ring, ring.read, end, limit) if ring.read < end else 0
            pthread_mutex_unlock(&ring.lock)
        taken = PyBytes_FromStringAndSize(NULL, length)
        # The drain thread does not evict blocks that are not taken yet, so the copy needs no lock.
        _copy_out(ring, ring.read, <uint8_t *><char *>taken, length)
        with nogil:
            pthread_mutex_lock(&ring.lock)
            ring.read += length
            pthread_mutex_unlock(&ring.lock)
        return taken

    @property
    def pending(self):
        return self.ring.head - self.ring.read

    def wait(self, double timeout):
        cdef BlockRing *ring = &self.ring
        cdef uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + <uint64_t>(timeout * 1e9)
        cdef bint started
        with nogil:
            pthread_mutex_lock(&ring.lock)
            while ring.state == CAPTURE_IDLE and not ring.closing and clock_ns(CLOCK_MONOTONIC) < until_ns:
                _wait(ring, until_ns)
            started = ring.state != CAPTURE_IDLE
            pthread_mutex_unlock(&ring.lock)
        return (ring.match_ns, ring.match_num, ring.match_at) if started else None

    def begin(self, uint64_t position):
        cdef BlockRing *ring = &self.ring
        with nogil:
            pthread_mutex_lock(&ring.lock)
            if ring.read < position <= ring.head:
                ring.read = position
            pthread_mutex_unlock(&ring.lock)

    def finish(self, bint force=False):
        cdef BlockRing *ring = &self.ring
        cdef uint64_t now_ns = clock_ns(CLOCK_REALTIME)
        with nogil:
            pthread_mutex_lock(&ring.lock)
            if ring.state == CAPTURE_RUNNING and (force or now_ns > ring.deadline_ns + 100 * MS):
                ring.state = CAPTURE_ENDED
                ring.end = ring.read if force else ring.head
            if ring.state == CAPTURE_ENDED and (force or ring.read >= ring.end):
                ring.state = CAPTURE_IDLE
            pthread_mutex_unlock(&ring.lock)
        return ring.state == CAPTURE_IDLE

    @property
    def oldest(self):
        return self.ring.tail

    def snapshot(self):
        cdef const Proc *proc
        cdef list found = []
        with nogil:
            state_lock(self.state)
        try:
            position = self.ring.head
            proc = self.state.running.first
            while proc is not NULL:
                if not proc.flags & PROC_EXITED:
                    found.append(_describe(proc))
                proc = proc.next
        finally:
            state_unlock(self.state)
        return position, <int64_t>(clock_ns(CLOCK_REALTIME) - boot_now()), found

    def close(self):
        cdef BlockRing *ring = &self.ring
        with nogil:
            pthread_mutex_lock(&ring.lock)
            ring.closing = 1
            pthread_cond_broadcast(&ring.more)
            pthread_mutex_unlock(&ring.lock)

    def stats(self):
        cdef CaptureRingStats stats = self.ring.stats
        return {
            "events": stats.events,
            "state_only": stats.state_only,
            "bytes": stats.bytes,
            "lost": stats.lost,
            "unfit": stats.unfit,
            "evicted": stats.evicted,
        }
