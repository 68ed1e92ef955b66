# SPDX-License-Identifier: Apache-2.0
"""Events on their way into captures: the drain thread puts blocks on a tape, a writer takes them off.

The drain thread never waits: what a full tape has no room for is counted as lost. Blocks that were taken stay on the
tape of a history as long as they are young enough, so that the next capture can begin with them, too.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, timespec

from tiercel._core.eval.program cimport cx_attach, cx_begin, cx_free, cx_init, prog_eval, prog_wants
from tiercel._core.scap.reader cimport SCAP_EVENT_STATE_ONLY
from tiercel._core.scap.writer cimport SCAP_EVENT_MAX, scap_put_birth, scap_put_record
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
    LEAST_SIZE = 1 << 18
    WAKE_BYTES = 1 << 18            # so much on the tape wakes the writer before its time
    LENGTH_OFFSET = 4               # in a block: its length, and the time of an event without flags
    TIME_OFFSET = 10
    FLAGS_LEN = 4
    BLOCK_EVENT_FLAGS = 0x217
    BLOCK_LARGE_FLAGS = 0x222

cdef uint64_t MS = 1_000_000


# --- The tape ---------------------------------------------------------------------------------------------------------

cdef void _copy_in(Tape *tape, const uint8_t *data, uint64_t length) noexcept nogil:
    cdef uint64_t at = tape.head % tape.size
    cdef uint64_t first = min(length, tape.size - at)
    memcpy(tape.bytes + at, data, first)
    memcpy(tape.bytes, data + first, length - first)


cdef void _copy_out(const Tape *tape, uint64_t position, uint8_t *out, uint64_t length) noexcept nogil:
    cdef uint64_t at = position % tape.size
    cdef uint64_t first = min(length, tape.size - at)
    memcpy(out, tape.bytes + at, first)
    memcpy(out + first, tape.bytes, length - first)


cdef uint32_t _length_at(const Tape *tape, uint64_t position) noexcept nogil:
    cdef uint32_t length
    _copy_out(tape, position + LENGTH_OFFSET, <uint8_t *>&length, sizeof(length))
    return length


cdef uint64_t _time_at(const Tape *tape, uint64_t position) noexcept nogil:
    cdef uint64_t ts_ns
    cdef uint32_t kind
    _copy_out(tape, position, <uint8_t *>&kind, sizeof(kind))
    position += TIME_OFFSET
    if kind == BLOCK_EVENT_FLAGS or kind == BLOCK_LARGE_FLAGS:
        position += FLAGS_LEN
    _copy_out(tape, position, <uint8_t *>&ts_ns, sizeof(ts_ns))
    return ts_ns


cdef void _make_room(Tape *tape, uint32_t length, uint64_t ts_ns) noexcept nogil:
    """Give up the blocks that are too old, and as many others as a new one needs, but none that is yet to be taken."""
    cdef uint64_t limit = tape.head if tape.state == TAPE_IDLE else tape.read
    cdef bint is_old
    while tape.tail < limit:
        is_old = not tape.is_history or _time_at(tape, tape.tail) + tape.span_ns < ts_ns
        if not is_old and tape.head - tape.tail + length <= tape.size:
            break
        tape.stats.evicted += not is_old
        tape.tail += _length_at(tape, tape.tail)
    if tape.read < tape.tail:
        tape.read = tape.tail


cdef void _append(Tape *tape, uint32_t length, uint64_t ts_ns, uint32_t flags) noexcept nogil:
    """Put the block on the tape."""
    pthread_mutex_lock(&tape.lock)
    if tape.state == TAPE_RUNNING and tape.is_history and ts_ns >= tape.deadline_ns:
        tape.state = TAPE_ENDED
        tape.end = tape.head
        pthread_cond_broadcast(&tape.more)
    _make_room(tape, length, ts_ns)
    if tape.head - tape.tail + length > tape.size:
        tape.stats.lost += 1
    else:
        _copy_in(tape, tape.block, length)
        tape.newest = tape.head
        tape.head += length
        tape.stats.events += 1
        tape.stats.state_only += flags
        tape.stats.bytes += length
        if tape.state != TAPE_IDLE and tape.head - tape.read >= WAKE_BYTES:
            pthread_cond_broadcast(&tape.more)
    pthread_mutex_unlock(&tape.lock)


cdef void _note_match(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    (<bint *>context)[0] = 1


cdef bint _is_wanted(Tape *tape, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns) noexcept nogil:
    cdef bint wanted = 0
    if tape.program is NULL:
        return 1
    if not prog_wants(tape.program, hdr.type):
        return 0
    cx_begin(&tape.cx, hdr, proc)
    tape.cx.num = num
    tape.cx.unix_offset_ns = unix_offset_ns
    prog_eval(tape.program, &tape.cx, _note_match, &wanted)
    return wanted


cdef void _record(
    Tape *tape, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil:
    """Put a record on the tape that was just applied to the process table, whose lock is held.

    What is not `shown` to rules, or not wanted, still goes there if the tables of a reader need it.
    """
    cdef uint16_t row_flags = tbl_event(hdr.type).flags
    cdef uint32_t flags = 0, length
    if hdr.type == EV_PROC_FORK:
        flags = SCAP_EVENT_STATE_ONLY
        length = scap_put_birth(hdr, proc, unix_offset_ns, flags, tape.block, SCAP_EVENT_MAX)
    elif row_flags & TBL_EVENT_INTERNAL:
        return
    else:
        if not shown or not _is_wanted(tape, hdr, proc, num, unix_offset_ns):
            if not row_flags & TBL_EVENT_MODIFIES_STATE:
                return
            flags = SCAP_EVENT_STATE_ONLY
        length = scap_put_record(hdr, unix_offset_ns, flags, tape.block, SCAP_EVENT_MAX)
    if length == 0:
        tape.stats.unfit += 1
        return
    _append(tape, length, hdr.time_ns + <uint64_t>unix_offset_ns, flags)


cdef void _match(Tape *tape, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture) noexcept nogil:
    """A rule has matched the event that was put on the tape last, or one before it that had to wait until `now_ns`.

    `capture` is what the rule says: bit 0, that it starts a capture; above that, how many milliseconds it lasts.
    """
    cdef uint64_t lasts = (capture >> 1) * MS if capture >> 1 else tape.default_ns
    if not tape.is_history:
        return
    pthread_mutex_lock(&tape.lock)
    if tape.state == TAPE_IDLE and (capture & 1 or tape.all_rules):
        tape.state = TAPE_RUNNING
        tape.read = tape.tail
        tape.deadline_ns = 0
        tape.match_ns = ts_ns
        tape.match_num = num
        tape.match_at = tape.newest
        pthread_cond_broadcast(&tape.more)
    if tape.state != TAPE_IDLE:
        tape.state = TAPE_RUNNING
        tape.deadline_ns = max(tape.deadline_ns, now_ns + lasts)
    pthread_mutex_unlock(&tape.lock)


cdef int tapes_add(Tapes *tapes, Tape *tape) noexcept nogil:
    """Put events on a tape, too, from the next one on; -1 if there are too many tapes."""
    if tapes.count == TAPES_MAX:
        return -1
    tapes.tape[tapes.count] = tape
    tapes.count += 1
    return 0


cdef void tapes_remove(Tapes *tapes, Tape *tape) noexcept nogil:
    """Put no more events on a tape; nothing happens if it is none of these."""
    cdef int i
    for i in range(tapes.count):
        if tapes.tape[i] is tape:
            tapes.count -= 1
            tapes.tape[i] = tapes.tape[tapes.count]
            break


cdef void tapes_record(
    Tapes *tapes, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil:
    """Put a record on the tapes that was just applied to the process table, whose lock is held.

    `shown`: rules see it.
    """
    cdef int i
    for i in range(tapes.count):
        _record(tapes.tape[i], hdr, proc, num, unix_offset_ns, shown)


cdef void tapes_match(
    Tapes *tapes, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture
) noexcept nogil:
    """A rule has matched the event that was put on the tapes last, or one before it; see `_match`."""
    cdef int i
    for i in range(tapes.count):
        _match(tapes.tape[i], ts_ns, now_ns, num, capture)


# --- For Python -------------------------------------------------------------------------------------------------------

cdef void _wait(Tape *tape, uint64_t until_ns) noexcept nogil:
    """Wait for news of the tape, whose lock is held, until a time of CLOCK_MONOTONIC."""
    cdef timespec ts
    ts.tv_sec = until_ns // 1_000_000_000
    ts.tv_nsec = until_ns % 1_000_000_000
    pthread_cond_timedwait(&tape.more, &tape.lock, &ts)


cdef uint64_t _whole_blocks(const Tape *tape, uint64_t position, uint64_t limit, uint64_t most) noexcept nogil:
    """Bytes of the blocks between two positions: at most so many, but one at least."""
    cdef uint64_t at = position
    cdef uint32_t length
    while at < limit:
        length = _length_at(tape, at)
        if at != position and at + length - position > most:
            break
        at += length
    return at - position


cdef bytes _bytes(Slice slice):
    return slice.ptr[:slice.len] if slice.ptr is not NULL else None


cdef tuple _exe_file(const ExecImage *image):
    """Inode, change and modification of the executable; 0 where it is not known."""
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
cdef class Recorder:
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
        cdef Tape *tape = &self.tape
        cdef pthread_condattr_t attributes
        if size < LEAST_SIZE:
            raise UsageError("E607", f"a tape has at least {LEAST_SIZE} bytes, not {size}")
        memset(tape, 0, sizeof(Tape))
        self.table = table
        self.state = table.state
        self.program = program
        tape.size = size & ~<uint64_t>3
        tape.bytes = <uint8_t *>malloc(tape.size)
        tape.block = <uint8_t *>malloc(SCAP_EVENT_MAX)
        if tape.bytes is NULL or tape.block is NULL:
            raise MemoryError
        pthread_mutex_init(&tape.lock, NULL)
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(&tape.more, &attributes)
        pthread_condattr_destroy(&attributes)
        if program is not None:
            tape.program = &program.program
            if cx_init(&tape.cx, table.state) or cx_attach(&tape.cx, tape.program):
                raise MemoryError
            tape.cx.paths = program.program.paths
            tape.cx.strict = tape.cx.paths == PATHS_REQUESTED
            tape.cx.first_only = 1
        tape.is_history = span is not None
        tape.all_rules = all_rules
        tape.span_ns = <uint64_t>(span * 1e9) if span is not None else 0
        tape.default_ns = <uint64_t>(duration * 1e9)
        tape.state = TAPE_IDLE if tape.is_history else TAPE_RUNNING

    def __dealloc__(self):
        if self.program is not None:
            cx_free(&self.tape.cx)
        free(self.tape.bytes)
        free(self.tape.block)

    def take(self, *, uint64_t limit=1 << 18, double timeout=0.0, until=None):
        cdef Tape *tape = &self.tape
        cdef uint64_t stop = until if until is not None else <uint64_t>-1
        cdef uint64_t end, length
        cdef uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + <uint64_t>(timeout * 1e9)
        with nogil:
            pthread_mutex_lock(&tape.lock)
            while tape.head - tape.read < WAKE_BYTES and not tape.closing and tape.state == TAPE_RUNNING:
                if clock_ns(CLOCK_MONOTONIC) >= until_ns or tape.read >= stop:
                    break
                _wait(tape, until_ns)
            end = min(tape.end if tape.state == TAPE_ENDED else tape.head, stop)
            length = _whole_blocks(tape, tape.read, end, limit) if tape.read < end else 0
            pthread_mutex_unlock(&tape.lock)
        taken = PyBytes_FromStringAndSize(NULL, length)
        # Nobody but this reader gives up blocks from here on: they wait to be taken.
        _copy_out(tape, tape.read, <uint8_t *>PyBytes_AS_STRING(taken), length)
        with nogil:
            pthread_mutex_lock(&tape.lock)
            tape.read += length
            pthread_mutex_unlock(&tape.lock)
        return taken

    @property
    def pending(self):
        return self.tape.head - self.tape.read

    def wait(self, double timeout):
        cdef Tape *tape = &self.tape
        cdef uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + <uint64_t>(timeout * 1e9)
        cdef bint started
        with nogil:
            pthread_mutex_lock(&tape.lock)
            while tape.state == TAPE_IDLE and not tape.closing and clock_ns(CLOCK_MONOTONIC) < until_ns:
                _wait(tape, until_ns)
            started = tape.state != TAPE_IDLE
            pthread_mutex_unlock(&tape.lock)
        return (tape.match_ns, tape.match_num, tape.match_at) if started else None

    def begin(self, uint64_t position):
        cdef Tape *tape = &self.tape
        with nogil:
            pthread_mutex_lock(&tape.lock)
            if tape.read < position <= tape.head:
                tape.read = position
            pthread_mutex_unlock(&tape.lock)

    def finish(self, bint force=False):
        cdef Tape *tape = &self.tape
        cdef uint64_t now_ns = clock_ns(CLOCK_REALTIME)
        with nogil:
            pthread_mutex_lock(&tape.lock)
            if tape.state == TAPE_RUNNING and (force or now_ns > tape.deadline_ns + 100 * MS):
                tape.state = TAPE_ENDED
                tape.end = tape.read if force else tape.head
            if tape.state == TAPE_ENDED and (force or tape.read >= tape.end):
                tape.state = TAPE_IDLE
            pthread_mutex_unlock(&tape.lock)
        return tape.state == TAPE_IDLE

    @property
    def oldest(self):
        return self.tape.tail

    def snapshot(self):
        cdef const Proc *proc
        cdef list found = []
        with nogil:
            state_lock(self.state)
        try:
            position = self.tape.head
            proc = self.state.running.first
            while proc is not NULL:
                if not proc.flags & PROC_EXITED:
                    found.append(_describe(proc))
                proc = proc.next
        finally:
            state_unlock(self.state)
        return position, <int64_t>(clock_ns(CLOCK_REALTIME) - boot_now()), found

    def close(self):
        cdef Tape *tape = &self.tape
        with nogil:
            pthread_mutex_lock(&tape.lock)
            tape.closing = 1
            pthread_cond_broadcast(&tape.more)
            pthread_mutex_unlock(&tape.lock)

    def stats(self):
        cdef TapeStats stats = self.tape.stats
        return {
            "events": stats.events,
            "state_only": stats.state_only,
            "bytes": stats.bytes,
            "lost": stats.lost,
            "unfit": stats.unfit,
            "evicted": stats.evicted,
        }
