# SPDX-License-Identifier: Apache-2.0
"""Consumer of BPF ring buffers, and the merge of several of them in time order.

libbpf's ``ring_buffer`` does not fit: it consumes a record when its callback returns, and reads one ring at a time. The
process table needs time order over all rings, so the consumer compares the heads of all rings before it takes a record.

Order.  A hook reads the record's time when it starts; the record becomes visible when the hook ends.  The kernel runs
the hook with preemption disabled, so a record is in flight for the run time of a filler (some 10 us) plus interrupts.
A snapshot samples the clock *first* and the producer positions *second*.  A record with a time up to ``now - slack``
that is not below those positions would have been in flight for longer than the slack.  So a snapshot contains all
records up to ``now - slack``, and the earliest head first is time order.  A slower record is still returned, and
counted as out of order.

Inside one ring, records of different CPUs may be in reverse order by the few microseconds between clock and
reservation.  That is harmless: if one event caused another, its record was submitted before the other's hook began.  A
ring's head therefore counts as no earlier than the previous record of that ring.
"""

cimport cython
from libc.errno cimport EINVAL, errno
from libc.limits cimport INT_MAX
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap, munmap
from posix.unistd cimport _SC_PAGESIZE, sysconf

from tiercel._core.util.clock cimport boot_now
from tiercel._core.util.errno_table cimport kernel_error
from tiercel._core.wire.events_gen cimport ev_hdr


cdef extern from *:
    """
    #include <stdint.h>
    #include <time.h>
    #include <linux/bpf.h>

    /* Positions are `unsigned long` in the kernel; it stores them with release and reads ours with acquire. */
    static inline uint64_t tiercel_load_pos(const void *page)
    {
        return __atomic_load_n((const unsigned long *)page, __ATOMIC_ACQUIRE);
    }

    static inline void tiercel_store_pos(void *page, uint64_t pos)
    {
        __atomic_store_n((unsigned long *)page, (unsigned long)pos, __ATOMIC_RELEASE);
    }

    static inline uint32_t tiercel_load_word(const void *word)
    {
        return __atomic_load_n((const uint32_t *)word, __ATOMIC_ACQUIRE);
    }
    """
    enum: BPF_RINGBUF_BUSY_BIT
    enum: BPF_RINGBUF_DISCARD_BIT
    enum: BPF_RINGBUF_HDR_SZ
    uint64_t tiercel_load_pos(const void *page) noexcept nogil
    void tiercel_store_pos(void *page, uint64_t pos) noexcept nogil
    uint32_t tiercel_load_word(const void *word) noexcept nogil


# Limit of times ahead of the clock. A later time is invalid; the current time replaces it, so that it blocks no ring.
cdef uint64_t FUTURE_NS = 1_000_000_000
cdef uint64_t NO_HORIZON = <uint64_t>-1


cdef void rings_init(Rings *rings, uint64_t slack_ns) noexcept nogil:
    memset(rings, 0, sizeof(Rings))
    rings.slack_ns = slack_ns
    rings.current = -1


cdef int rings_add(Rings *rings, int fd, uint64_t size) noexcept nogil:
    """Map the ring `fd` with `size` bytes of data. Return 0 or -errno. The caller keeps the fd."""
    cdef Ring *ring
    cdef size_t page = <size_t>sysconf(_SC_PAGESIZE)
    cdef void *mapped

    if rings.count == RING_MAX or size < page or size & (size - 1):
        return -EINVAL
    ring = &rings.ring[rings.count]
    memset(ring, 0, sizeof(Ring))
    ring.page = page
    ring.size = size
    mapped = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    if mapped == MAP_FAILED:
        return -errno
    ring.consumer = <uint8_t *>mapped
    ring.mapped = page + size + min(size, <uint64_t>RECORD_MAX)
    mapped = mmap(NULL, ring.mapped, PROT_READ, MAP_SHARED, fd, page)
    if mapped == MAP_FAILED:
        munmap(ring.consumer, page)
        return -errno
    ring.producer = <uint8_t *>mapped
    ring.data = ring.producer + page
    ring.pos = ring.limit = ring.published = tiercel_load_pos(ring.consumer)
    rings.count += 1
    return 0


cdef void rings_close(Rings *rings) noexcept nogil:
    cdef int i
    for i in range(rings.count):
        munmap(rings.ring[i].consumer, rings.ring[i].page)
        munmap(rings.ring[i].producer, rings.ring[i].mapped)
    rings.count = 0
    rings.current = -1
    rings.run = 0


cdef uint64_t ring_produced(const Ring *ring) noexcept nogil:
    """Position up to which the kernel has reserved space."""
    return tiercel_load_pos(ring.producer)


cdef void rings_snapshot(Rings *rings, uint64_t now_ns) noexcept nogil:
    """Let rings_next hand out what is in the rings now.  `now_ns` must have been sampled before the call."""
    cdef int i
    cdef Ring *ring
    cdef uint64_t fill

    rings.now_ns = now_ns
    rings.hurried = 0
    rings.run = 0
    for i in range(rings.count):
        ring = &rings.ring[i]
        ring.limit = ring_produced(ring)
        if ring.limit - ring.pos > ring.size:
            # Invalid position, which no kernel writes. Stop reading this ring.
            ring.corrupt += 1
            ring.limit = ring.pos
        fill = ring.limit - ring.pos
        if fill > ring.peak:
            ring.peak = fill
        if fill > ring.size // 2:
            rings.hurried = 1
    rings.hurries += rings.hurried


cdef void ring_look(Ring *ring, uint64_t now_ns) noexcept nogil:
    """Set `head` to the record at `pos`. It stays NULL without a record, or while the kernel writes the record."""
    cdef const uint8_t *at
    cdef uint32_t word, length
    cdef uint64_t step, time_ns

    while ring.pos != ring.limit:
        at = ring.data + (ring.pos & (ring.size - 1))
        word = tiercel_load_word(at)
        if word & BPF_RINGBUF_BUSY_BIT:
            return
        length = word & ~(<uint32_t>BPF_RINGBUF_DISCARD_BIT)
        step = (<uint64_t>length + BPF_RINGBUF_HDR_SZ + 7) & ~(<uint64_t>7)
        if step > ring.limit - ring.pos or step > RECORD_MAX:
            ring.corrupt += 1
            ring.pos = ring.limit
            return
        if word & BPF_RINGBUF_DISCARD_BIT:
            ring.pos += step
            continue
        time_ns = 0
        if length >= sizeof(ev_hdr):
            time_ns = (<const ev_hdr *>(at + BPF_RINGBUF_HDR_SZ)).time_ns
            if time_ns > now_ns + FUTURE_NS:
                time_ns = now_ns
        ring.head = at + BPF_RINGBUF_HDR_SZ
        ring.head_len = length
        ring.head_step = <uint32_t>step
        ring.head_ns = time_ns if time_ns > ring.newest_ns else ring.newest_ns
        return


cdef Ring *rings_first(Rings *rings) noexcept nogil:
    """Return the ring with the earliest record that is old enough, or NULL."""
    cdef uint64_t horizon = rings.now_ns - rings.slack_ns if rings.now_ns > rings.slack_ns else 0
    cdef int i
    cdef Ring *ring
    cdef Ring *first = NULL

    if rings.hurried:
        horizon = NO_HORIZON
    rings.current = -1
    rings.run = 1
    rings.run_ns = horizon
    for i in range(rings.count):
        ring = &rings.ring[i]
        if ring.head is NULL:
            ring_look(ring, rings.now_ns)
            if ring.head is NULL:
                # The record in flight may become the next one at any time.
                if ring.pos != ring.limit:
                    rings.run = 0
                continue
        if ring.head_ns > horizon:
            continue
        if first is NULL or ring.head_ns < first.head_ns:
            # Records with equal times: the ring with the lower index is first.
            if first is not NULL:
                rings.run_ns = first.head_ns - 1
            first = ring
            rings.current = i
        elif ring.head_ns < rings.run_ns:
            rings.run_ns = ring.head_ns
    if first is NULL:
        rings.run = 0
    return first


cdef const uint8_t *rings_next(Rings *rings, uint32_t *length) noexcept nogil:
    """Return the earliest record that is old enough, or NULL.  The record is borrowed until rings_done."""
    cdef Ring *ring

    # Most records follow a record of the same ring. Other rings are checked only if one of them has the next record.
    if rings.run:
        ring = &rings.ring[rings.current]
        ring_look(ring, rings.now_ns)
        if ring.head is not NULL and ring.head_ns <= rings.run_ns:
            length[0] = ring.head_len
            return ring.head
    ring = rings_first(rings)
    if ring is NULL:
        return NULL
    length[0] = ring.head_len
    return ring.head


cdef void rings_done(Rings *rings) noexcept nogil:
    """Consume the record that rings_next returned."""
    cdef Ring *ring = &rings.ring[rings.current]

    if ring.head_ns < rings.last_ns:
        rings.out_of_order += 1
    else:
        rings.last_ns = ring.head_ns
    ring.newest_ns = ring.head_ns
    ring.records += 1
    ring.pos += ring.head_step
    ring.head = NULL
    # The kernel reads this position for every record that it writes: update it in steps, not for each record.
    if ring.pos - ring.published >= ring.size // 16:
        ring.published = ring.pos
        tiercel_store_pos(ring.consumer, ring.pos)


cdef void rings_publish(Rings *rings) noexcept nogil:
    """Return the space of all consumed records to the kernel."""
    cdef int i
    cdef Ring *ring
    for i in range(rings.count):
        ring = &rings.ring[i]
        if ring.published != ring.pos:
            ring.published = ring.pos
            tiercel_store_pos(ring.consumer, ring.pos)


@cython.final
cdef class RingReader:
    cdef Rings *rings

    def __cinit__(self, rings, *, slack_ns=1_000_000):
        cdef int err
        self.rings = <Rings *>malloc(sizeof(Rings))
        if self.rings is NULL:
            raise MemoryError
        rings_init(self.rings, slack_ns)
        for fd, size in rings:
            err = rings_add(self.rings, fd, size)
            if err:
                raise kernel_error("ring", -err, f"ring of {size} bytes")

    def __dealloc__(self):
        if self.rings is not NULL:
            rings_close(self.rings)
            free(self.rings)

    def read(self, limit=INT_MAX, *, now_ns=None, bint look=True):
        cdef list records = []
        cdef uint32_t length
        cdef const uint8_t *data
        cdef Py_ssize_t left = limit
        if look:
            rings_snapshot(self.rings, boot_now() if now_ns is None else <uint64_t>now_ns)
        while left > 0:
            data = rings_next(self.rings, &length)
            if data is NULL:
                break
            records.append((self.rings.current, data[:length]))
            rings_done(self.rings)
            left -= 1
        rings_publish(self.rings)
        return records

    def stats(self):
        cdef Rings *rings = self.rings
        return {
            "records": [rings.ring[i].records for i in range(rings.count)],
            "fill": [ring_produced(&rings.ring[i]) - rings.ring[i].pos for i in range(rings.count)],
            "peak": [rings.ring[i].peak for i in range(rings.count)],
            "corrupt": sum([rings.ring[i].corrupt for i in range(rings.count)]),
            "out_of_order": rings.out_of_order,
            "hurries": rings.hurries,
        }

    def close(self):
        rings_close(self.rings)
