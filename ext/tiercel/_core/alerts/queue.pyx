# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of serialised alerts between the drain thread and Python.

The drain thread pushes alerts, Python takes them in batches. Both hold the lock only to copy bytes, never while Python
runs, so the drain thread never waits for the interpreter, except with the policy ``block``. The eventfd is readable
while the queue is not empty, as poll loops and asyncio expect.

An alert has an owner: its container or control group. While the queue has alerts of several owners, one owner may fill
three quarters of it. Excess alerts of that owner are dropped with any policy, so that a flood of alerts of one
container does not evict alerts of another.

The buffer doubles when it is full. When three quarters of it are empty, it is halved, and the memory is released.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from libc.limits cimport INT_MAX
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy
from posix.mman cimport MAP_ANONYMOUS, MAP_FAILED, MAP_NORESERVE, MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap, munmap
from posix.unistd cimport close, read, write

from tiercel._core.alerts.unpack cimport alert_unpack
from tiercel._core.util.clock cimport clock_ms
from tiercel._core.util.posix cimport (
    EFD_CLOEXEC,
    EFD_NONBLOCK,
    POLLIN,
    eventfd,
    poll,
    pollfd,
    pthread_cond_broadcast,
    pthread_cond_init,
    pthread_cond_wait,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
)

from tiercel.errors import SensorError, UsageError

cdef extern from "<sys/mman.h>" nogil:
    enum: MADV_DONTNEED
    int madvise(void *, size_t, int)


cdef struct Item:
    uint32_t length
    uint32_t tag
    uint64_t owner          # index into the shares

cdef enum:
    SIGNAL_SLICE_MS = 100   # maximum delay of signals in a blocked pop
    SMALL_BYTES = 1 << 20   # minimum size of the buffer


cdef inline uint64_t item_bytes(uint32_t length) noexcept nogil:
    return (sizeof(Item) + <uint64_t>length + 7) & ~(<uint64_t>7)


cdef void copy_in(Queue *queue, uint64_t pos, const void *data, size_t length) noexcept nogil:
    """Write at a position of the circular buffer, in two pieces if it wraps."""
    if length == 0:   # the pointer may be NULL, which is undefined in memcpy
        return
    cdef size_t start = pos & (queue.size - 1)
    cdef size_t first = min(length, queue.size - start)
    memcpy(queue.data + start, data, first)
    memcpy(queue.data, <const uint8_t *>data + first, length - first)


cdef void copy_out(const Queue *queue, uint64_t pos, void *data, size_t length) noexcept nogil:
    if length == 0:   # the pointer may be NULL, which is undefined in memcpy
        return
    cdef size_t start = pos & (queue.size - 1)
    cdef size_t first = min(length, queue.size - start)
    memcpy(data, queue.data + start, first)
    memcpy(<uint8_t *>data + first, queue.data, length - first)


cdef Queue *queue_new(uint64_t capacity, uint64_t size, QueuePolicy policy) noexcept nogil:
    """Create a queue of at most `capacity` items and `size` bytes (a power of two); NULL on failure."""
    cdef Queue *queue = <Queue *>calloc(1, sizeof(Queue))
    cdef void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if queue is NULL:
        if data != MAP_FAILED:
            munmap(data, size)
        return NULL
    queue.capacity = capacity
    queue.max_size = size
    queue.size = min(size, <uint64_t>SMALL_BYTES)
    queue.policy = policy
    queue.data = <uint8_t *>data if data != MAP_FAILED else NULL
    queue.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
    pthread_mutex_init(&queue.lock, NULL)
    pthread_cond_init(&queue.room, NULL)
    if queue.data is NULL or queue.event_fd < 0:
        queue_free(queue)
        return NULL
    return queue


cdef void queue_free(Queue *queue) noexcept nogil:
    if queue is NULL:
        return
    # Lock and condition own no resources. Destroying them would hang in the child of a fork while the parent's thread
    # uses them.
    if queue.event_fd >= 0:
        close(queue.event_fd)
    if queue.data is not NULL:
        munmap(queue.data, queue.max_size)
    free(queue)


cdef void move_locked(Queue *queue, uint64_t small, uint64_t start, uint64_t end, bint up) noexcept nogil:
    """Move the bytes between two positions if their offset changes between buffer sizes `small` and 2 * `small`."""
    cdef uint8_t *low = queue.data + (start & (small - 1))
    if start & small and end > start:
        memcpy(low + small if up else low, low if up else low + small, end - start)


cdef void resize_locked(Queue *queue, uint64_t size) noexcept nogil:
    """Double or halve the buffer, which must have room for the queued items."""
    cdef bint up = size > queue.size
    cdef uint64_t small = min(size, queue.size)
    cdef uint64_t turn = (queue.head | (small - 1)) + 1     # the items cross at most one multiple of `small`
    move_locked(queue, small, queue.head, min(turn, queue.tail), up)
    move_locked(queue, small, turn, queue.tail, up)
    queue.size = size
    if not up:
        madvise(queue.data + small, small, MADV_DONTNEED)


cdef void shrink_locked(Queue *queue) noexcept nogil:
    """Release memory that the queued items do not need."""
    if queue.head == queue.tail:
        queue.head = queue.tail = 0
    while queue.size > SMALL_BYTES and (queue.tail - queue.head) * 4 <= queue.size:
        resize_locked(queue, queue.size // 2)


cdef void signal_locked(Queue *queue) noexcept nogil:
    cdef uint64_t one = 1
    if not queue.signalled:
        queue.signalled = 1
        write(queue.event_fd, &one, sizeof(one))


cdef inline bint fits_locked(const Queue *queue, uint64_t need) noexcept nogil:
    return queue.count < queue.capacity and queue.tail - queue.head + need <= queue.max_size


cdef inline uint64_t share_of(uint64_t owner) noexcept nogil:
    """Return the index of an owner's share: the highest bits of a product, which depend on all bits of the number."""
    return (owner * <uint64_t>0x9E3779B97F4A7C15) >> 54


cdef inline bint is_loud_locked(const Queue *queue, uint64_t owner) noexcept nogil:
    """Return whether an owner has more than half of the queue."""
    cdef const Share *share = &queue.shares[owner]
    return share.count * 2 > queue.capacity or share.bytes * 2 > queue.max_size


cdef inline bint crowds_locked(const Queue *queue, uint64_t owner) noexcept nogil:
    """Return whether an owner has more than three quarters of the queue while other owners have items."""
    cdef const Share *share = &queue.shares[owner]
    if share.count == queue.count:
        return 0
    return share.count * 4 > queue.capacity * 3 or share.bytes * 4 > queue.max_size * 3


cdef void account_locked(Queue *queue, const Item *item, int sign) noexcept nogil:
    """Add an item to the share of its owner (`sign` 1) or subtract it (-1)."""
    queue.shares[item.owner].count += sign
    queue.shares[item.owner].bytes += sign * <int64_t>item_bytes(item.length)


cdef void drop_oldest_locked(Queue *queue, const Item *item) noexcept nogil:
    account_locked(queue, item, -1)
    queue.head += item_bytes(item.length)
    queue.count -= 1
    queue.stats.lost_oldest += 1


cdef bint make_room_locked(Queue *queue, uint64_t need, uint64_t owner) noexcept nogil:
    """Apply the policy until `need` bytes of an owner fit; return 0 if the new item is dropped."""
    cdef int surplus
    cdef Item oldest

    if need > queue.max_size:
        return 0
    if queue.policy == QUEUE_BLOCK and not fits_locked(queue, need):
        queue.stats.waits += 1
        while not (fits_locked(queue, need) or queue.closed or queue.hasty):
            signal_locked(queue)
            queue.waiting = 1
            pthread_cond_wait(&queue.room, &queue.lock)
            queue.waiting = 0
    if queue.closed:
        return 0
    if queue.policy == QUEUE_BLOCK:
        return fits_locked(queue, need)
    # Drop two items per push until the owner is below its limit.
    surplus = 2 if crowds_locked(queue, owner) else 0
    while (surplus > 0 and crowds_locked(queue, owner)) or not fits_locked(queue, need):
        copy_out(queue, queue.head, &oldest, sizeof(oldest))
        if queue.policy == QUEUE_DROP_OLDEST:
            if oldest.owner != owner and is_loud_locked(queue, owner):
                return 0
        elif oldest.owner == owner or not is_loud_locked(queue, oldest.owner):
            return 0
        drop_oldest_locked(queue, &oldest)
        surplus -= 1
    return 1


cdef int queue_push(Queue *queue, const uint8_t *data, uint32_t length, uint32_t tag, uint64_t owner) noexcept nogil:
    """Copy one item in; return 1 if it is queued, 0 if it is lost and counted.  `queue_notify` wakes the readers."""
    cdef uint64_t need = item_bytes(length)
    cdef Item item
    cdef bint kept

    item.length = length
    item.tag = tag
    item.owner = share_of(owner)
    pthread_mutex_lock(&queue.lock)
    queue.stats.pushed += 1
    kept = make_room_locked(queue, need, item.owner)
    if kept:
        while queue.tail - queue.head + need > queue.size:
            resize_locked(queue, queue.size * 2)
        copy_in(queue, queue.tail, &item, sizeof(item))
        copy_in(queue, queue.tail + sizeof(item), data, length)
        queue.tail += need
        queue.count += 1
        account_locked(queue, &item, 1)
        if queue.count > queue.stats.peak:
            queue.stats.peak = queue.count
        if queue.count * 2 > queue.capacity:
            signal_locked(queue)
    else:
        queue.stats.lost_newest += 1
    pthread_mutex_unlock(&queue.lock)
    return kept


cdef void queue_notify(Queue *queue) noexcept nogil:
    """Wake the readers if the queue is not empty: once per batch of pushes."""
    pthread_mutex_lock(&queue.lock)
    if queue.count:
        signal_locked(queue)
    pthread_mutex_unlock(&queue.lock)


cdef void queue_hasten(Queue *queue, bint hasty) noexcept nogil:
    """While `hasty`, no push waits, so that the drain thread can stop without a reader."""
    pthread_mutex_lock(&queue.lock)
    queue.hasty = hasty
    pthread_cond_broadcast(&queue.room)
    pthread_mutex_unlock(&queue.lock)


cdef void queue_close(Queue *queue) noexcept nogil:
    """Refuse further items and wake all waiting calls; queued items can still be taken."""
    pthread_mutex_lock(&queue.lock)
    queue.closed = 1
    signal_locked(queue)
    pthread_cond_broadcast(&queue.room)
    pthread_mutex_unlock(&queue.lock)


cdef uint64_t queue_stats(Queue *queue, QueueStats *stats) noexcept nogil:
    """Copy the counters; return the number of queued items at the same moment."""
    cdef uint64_t count
    pthread_mutex_lock(&queue.lock)
    stats[0] = queue.stats
    count = queue.count
    pthread_mutex_unlock(&queue.lock)
    return count


cdef uint8_t *queue_take(Queue *queue, uint64_t limit, uint64_t *count) noexcept nogil:
    """Move up to `limit` items to new memory, in the layout of the queue.

    Returns NULL with `count` 0 if the queue is empty, and NULL with a positive `count` without memory.
    """
    cdef uint64_t end = queue.head
    cdef uint64_t token
    cdef uint8_t *taken = NULL
    cdef Item item

    count[0] = 0
    pthread_mutex_lock(&queue.lock)
    end = queue.head
    while count[0] < limit and count[0] < queue.count:
        copy_out(queue, end, &item, sizeof(item))
        end += item_bytes(item.length)
        count[0] += 1
    if count[0]:
        taken = <uint8_t *>malloc(end - queue.head)
        if taken is not NULL:
            copy_out(queue, queue.head, taken, end - queue.head)
            queue.count -= count[0]
            queue.stats.popped += count[0]
            while queue.head != end:
                copy_out(queue, queue.head, &item, sizeof(item))
                account_locked(queue, &item, -1)
                queue.head += item_bytes(item.length)
            shrink_locked(queue)
            pthread_cond_broadcast(&queue.room)
    if queue.signalled and not queue.count and not queue.closed:
        queue.signalled = 0
        read(queue.event_fd, &token, sizeof(token))
    pthread_mutex_unlock(&queue.lock)
    return taken


cdef list items_of(const uint8_t *taken, uint64_t count, bint unpack):
    """(tag, bytes) of each item, or (tag, RawAlert)."""
    cdef list items = []
    cdef const Item *item
    cdef const uint8_t *data
    cdef object content
    cdef uint64_t _i
    for _i in range(count):
        item = <const Item *>taken
        data = taken + sizeof(Item)
        if unpack:
            content = alert_unpack(data, item.length)
        else:
            content = PyBytes_FromStringAndSize(<const char *>data, item.length)
        items.append((item.tag, content))
        taken += item_bytes(item.length)
    return items


cdef dict POLICIES = {"drop_oldest": QUEUE_DROP_OLDEST, "drop_newest": QUEUE_DROP_NEWEST, "block": QUEUE_BLOCK}


@cython.final
cdef class AlertQueue:
    def __cinit__(self, *, capacity=65536, max_bytes=1 << 26, policy="drop_oldest"):
        if policy not in POLICIES:
            raise UsageError("E607", f"no overflow policy is called {policy!r}", hint=f"one of {', '.join(POLICIES)}")
        if capacity < 1 or max_bytes < 4096:
            raise UsageError("E607", "a queue holds at least one alert and 4,096 bytes")
        self.queue = queue_new(capacity, 1 << (max_bytes - 1).bit_length(), POLICIES[policy])
        if self.queue is NULL:
            raise MemoryError("no memory or file descriptor for the alert queue")

    def __dealloc__(self):
        queue_free(self.queue)

    def __len__(self):
        self.check()
        return self.queue.count

    cdef check(self):
        if self.forked:
            raise SensorError("E605", "the alert queue is the parent process's", hint="open a sensor after the fork")

    def push(self, const uint8_t[::1] data, uint32_t tag=0, uint64_t owner=0):
        cdef uint32_t length = <uint32_t>data.shape[0]
        cdef const uint8_t *start = &data[0] if length else NULL
        cdef int kept
        self.check()
        with nogil:
            kept = queue_push(self.queue, start, length, tag, owner)
            queue_notify(self.queue)
        return bool(kept)

    cdef list take(self, object limit, object timeout, bint unpack):
        cdef uint64_t most, count = 0
        cdef uint8_t *taken = NULL
        cdef int64_t left = SIGNAL_SLICE_MS
        cdef int64_t until = -1 if timeout is None else clock_ms() + <int64_t>(timeout * 1000)
        if limit < 1:
            raise UsageError("E607", f"alerts are taken one at least, not {limit}")
        most = min(limit, INT_MAX)
        while True:
            self.check()
            with nogil:
                taken = queue_take(self.queue, most, &count)
            if count or self.queue.closed:
                break
            if until >= 0:
                left = until - clock_ms()
                if left <= 0:
                    break
            self.wait(min(left, SIGNAL_SLICE_MS))
        if count and taken is NULL:
            raise MemoryError
        try:
            return items_of(taken, count, unpack)
        finally:
            free(taken)

    def pop(self, limit=1024, timeout=None):
        return self.take(limit, timeout, False)

    def pop_alerts(self, limit=1024, timeout=None):
        return self.take(limit, timeout, True)

    cdef wait(self, int timeout_ms):
        """Sleep until the queue is readable, a signal arrives or the timeout expires; run Python's signal handlers."""
        cdef pollfd waited
        waited.fd = self.queue.event_fd
        waited.events = POLLIN
        with nogil:
            poll(&waited, 1, timeout_ms)
        PyErr_CheckSignals()

    def fileno(self):
        self.check()
        return self.queue.event_fd

    @property
    def closed(self):
        return bool(self.queue.closed)

    def close(self):
        if not self.forked:
            with nogil:
                queue_close(self.queue)

    def after_fork_child(self):
        if not self.forked:
            self.forked = True
            close(self.queue.event_fd)
            self.queue.event_fd = -1

    def stats(self):
        cdef QueueStats stats
        cdef uint64_t queued
        self.check()
        queued = queue_stats(self.queue, &stats)
        return {
            "pushed": stats.pushed,
            "popped": stats.popped,
            "queued": queued,
            "lost_oldest": stats.lost_oldest,
            "lost_newest": stats.lost_newest,
            "waits": stats.waits,
            "peak": stats.peak,
        }
