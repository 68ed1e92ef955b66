# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of serialised alerts between the drain thread and Python."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.util.posix cimport pthread_cond_t, pthread_mutex_t


cdef enum:
    QUEUE_OWNERS = 1024     # number of shares, indexed by a hash of the owner

cdef enum QueuePolicy:
    QUEUE_DROP_OLDEST = 0
    QUEUE_DROP_NEWEST = 1
    QUEUE_BLOCK = 2

# pushed = popped + lost_oldest + lost_newest + queued
cdef struct QueueStats:
    uint64_t pushed         # offered items
    uint64_t popped
    uint64_t lost_oldest    # items dropped for a newer one
    uint64_t lost_newest    # items without room, too big, or pushed after close
    uint64_t waits          # pushes that waited for room
    uint64_t peak           # maximum number of queued items

# Queued items and bytes of one owner.
cdef struct Share:
    uint64_t count
    uint64_t bytes

# Circular buffer of items: a header and bytes, padded to 8 bytes. Head and tail only grow; an empty queue resets them.
cdef struct Queue:
    pthread_mutex_t lock
    pthread_cond_t room     # signalled after a take, and on close
    uint8_t *data           # `max_size` bytes of address space
    uint64_t max_size       # bytes that the buffer may grow to; a power of two
    uint64_t size           # bytes in use; a power of two
    uint64_t head           # position of the oldest item
    uint64_t tail           # position after the newest item
    uint64_t count          # queued items
    uint64_t capacity       # maximum of `count`
    Share shares[QUEUE_OWNERS]
    QueueStats stats
    QueuePolicy policy
    bint waiting            # a push waits for room
    bint hasty              # pushes never wait for room, with any policy
    bint closed
    bint signalled          # the eventfd is readable
    int event_fd

cdef Queue *queue_new(uint64_t capacity, uint64_t size, QueuePolicy policy) noexcept nogil
cdef void queue_free(Queue *queue) noexcept nogil
cdef int queue_push(Queue *queue, const uint8_t *data, uint32_t length, uint32_t tag, uint64_t owner) noexcept nogil
cdef void queue_notify(Queue *queue) noexcept nogil
cdef void queue_hasten(Queue *queue, bint hasty) noexcept nogil
cdef uint64_t queue_stats(Queue *queue, QueueStats *stats) noexcept nogil
cdef void queue_close(Queue *queue) noexcept nogil


@cython.final
cdef class AlertQueue:
    cdef Queue *queue
    cdef bint forked

    cdef check(self)
    cdef list take(self, object limit, object timeout, bint unpack)
    cdef wait(self, int timeout_ms)
