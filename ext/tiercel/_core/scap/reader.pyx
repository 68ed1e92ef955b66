# SPDX-License-Identifier: Apache-2.0
"""Reader of `.scap` captures: each call returns the next section, table entry or event of a byte stream.

A capture is a sequence of blocks with a leading and a trailing length. Every length is checked against its container
before use. Tables are read by entry and events one by one, so memory does not grow with the capture.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memset

from tiercel._core.scap.stream cimport (
    STREAM_END,
    STREAM_ERRNO,
    STREAM_GZIP_DAMAGED,
    STREAM_GZIP_TRAILING,
    STREAM_GZIP_TRUNCATED,
    STREAM_INTERRUPTED,
    STREAM_NO_MEMORY,
    stream_close,
    stream_has,
    stream_open,
    stream_skip,
    stream_take,
)
from tiercel._core.scap.table_blocks cimport (
    BLOCK_EVENT,
    BLOCK_MACHINE,
    BLOCK_OTHER,
    BLOCK_SECTION,
    ENTRY_CUT,
    SCAP_ENTRY_MAX,
    SCAP_SCRATCH,
    BlockForm,
    block_form,
    table_entry,
    table_head,
)

cdef enum:
    BLOCK_HEAD = 8
    BLOCK_TAIL = 4
    SECTION_LEN = 16            # body without options
    SECTION_MAGIC = 0x1A2B3C4D
    SECTION_MAJOR = 1
    MACHINE_LEN = 180
    LEAST_ENTRY = 4             # shorter rests are padding

    CPU_LEN = 2
    FLAGS_LEN = 4
    EVENT_V1_LEN = 22
    EVENT_V2_LEN = 26
    BLOCK_MAX = 65536 + BLOCK_HEAD
    LARGE_BLOCK_MAX = 64 * 1024 * 1024

    # Events with a length that old writers overstated by three.
    NOTIFICATION_E = 280
    INFRASTRUCTURE_EVENT_E = 286
    OVERSTATED = 3


cdef extern from "scap/scap.gen.h" nogil:
    enum:
        SCAP_TYPES
        SCAP_ROW_LARGE
    struct scap_row:
        uint8_t nparams
        uint8_t flags
    const scap_row SCAP_ROWS[]


cdef int scap_open(Scap *scap, int fd) noexcept nogil:
    """Open a reader on `fd`, which the caller closes; -1 without memory."""
    memset(scap, 0, sizeof(Scap))
    scap.scratch = <uint8_t *>malloc(SCAP_SCRATCH)
    if scap.scratch is NULL or stream_open(&scap.stream, fd) < 0:
        scap_close(scap)
        return -1
    return 0


cdef void scap_close(Scap *scap) noexcept nogil:
    free(scap.scratch)
    stream_close(&scap.stream)
    memset(scap, 0, sizeof(Scap))


# --- Ends -----------------------------------------------------------------------------------------------------------


cdef int _short(Scap *scap) noexcept nogil:
    """Return the error for a stream that ends inside the block at `block_offset`."""
    cdef int state = scap.stream.state
    cdef uint64_t end = scap.stream.offset + (scap.stream.end - scap.stream.at)
    if state == STREAM_INTERRUPTED:
        return SCAP_AGAIN
    if state == STREAM_ERRNO:
        return scap_fail(scap, SCAP_BAD_READ, end, scap.stream.err, 0)
    if state == STREAM_NO_MEMORY:
        return scap_fail(scap, SCAP_BAD_MEMORY, scap.block_offset, 0, 0)
    if state == STREAM_GZIP_DAMAGED:
        return scap_fail(scap, SCAP_BAD_GZIP, end, 0, 0)
    if state == STREAM_GZIP_TRUNCATED:
        return scap_fail(scap, SCAP_BAD_GZIP_TRUNCATED, end, 0, 0)
    if state == STREAM_GZIP_TRAILING:
        return scap_fail(scap, SCAP_BAD_GZIP_TRAILING, end, 0, 0)
    if scap.stats.sections == 0:
        return scap_fail(scap, SCAP_BAD_START if end else SCAP_BAD_EMPTY, 0, 0, 0)
    return scap_fail(scap, SCAP_BAD_TRUNCATED, scap.block_offset, scap.block_type, scap.block_len)


cdef int _finish(Scap *scap) noexcept nogil:
    """Return the result for a stream that ends between blocks."""
    if scap.stream.state != STREAM_END or scap.stats.sections == 0:
        return _short(scap)
    if not scap.in_events:
        return scap_fail(scap, SCAP_BAD_NO_EVENTS, scap.stream.offset, 0, 0)
    return SCAP_END


# --- Blocks ---------------------------------------------------------------------------------------------------------


cdef int _section(Scap *scap) noexcept nogil:
    """Read a section header and skip its options."""
    cdef const uint8_t *body
    if scap.block_len < BLOCK_HEAD + SECTION_LEN + BLOCK_TAIL:
        return scap_fail(
            scap, SCAP_BAD_LENGTH, scap.block_offset, scap.block_len, BLOCK_HEAD + SECTION_LEN + BLOCK_TAIL
        )
    if not stream_has(&scap.stream, BLOCK_HEAD + SECTION_LEN):
        return _short(scap)
    body = scap.stream.window + scap.stream.at + BLOCK_HEAD
    if load32(body) != SECTION_MAGIC:
        return scap_fail(scap, SCAP_BAD_MAGIC, scap.block_offset, load32(body), SECTION_MAGIC)
    if load16(body + 4) > SECTION_MAJOR:
        return scap_fail(scap, SCAP_BAD_VERSION, scap.block_offset, load16(body + 4), SECTION_MAJOR)
    stream_take(&scap.stream, BLOCK_HEAD + SECTION_LEN)
    scap.passed_over = scap.block_len - BLOCK_HEAD - SECTION_LEN - BLOCK_TAIL
    scap.block_left = 0
    scap.in_events = 0
    scap.stats.sections += 1
    scap.stats.blocks += 1
    return SCAP_SECTION


cdef int _table(Scap *scap, BlockForm form) noexcept nogil:
    """Begin a table block, or skip an unknown one."""
    cdef uint32_t head = table_head(form)
    cdef uint32_t least = BLOCK_HEAD + head + BLOCK_TAIL
    cdef const uint8_t *taken
    if form.holds == BLOCK_MACHINE:
        least += MACHINE_LEN
    if scap.block_len < least:
        return scap_fail(scap, SCAP_BAD_LENGTH, scap.block_offset, scap.block_len, least)
    if not stream_has(&scap.stream, BLOCK_HEAD + head):
        return _short(scap)
    taken = stream_take(&scap.stream, BLOCK_HEAD + head)
    scap.block_left = scap.block_len - BLOCK_HEAD - head - BLOCK_TAIL
    if head:
        scap.block_tid = <int64_t>load64(taken + BLOCK_HEAD)
    scap.stats.blocks += 1
    if form.holds == BLOCK_OTHER:
        scap.stats.unknown_blocks += 1
        scap.passed_over = scap.block_left
        scap.block_left = 0
    return SCAP_NOTHING


cdef int _block(Scap *scap) noexcept nogil:
    """Begin the next block."""
    cdef const uint8_t *head
    cdef BlockForm form
    cdef int kind
    scap.block_offset = scap.stream.offset
    scap.block_len = 0
    if not stream_has(&scap.stream, BLOCK_HEAD):
        return _finish(scap) if scap.stream.at == scap.stream.end else _short(scap)
    head = scap.stream.window + scap.stream.at
    scap.block_type = load32(head)
    scap.block_len = load32(head + 4)
    form = block_form(scap.block_type)
    if scap.stats.sections == 0 and form.holds != BLOCK_SECTION:
        return scap_fail(scap, SCAP_BAD_START, scap.block_offset, scap.block_type, 0)
    if form.holds == BLOCK_EVENT:
        kind = _event(scap, form)
    elif form.holds == BLOCK_SECTION:
        kind = _section(scap)
    elif scap.in_events:
        kind = scap_fail(scap, SCAP_BAD_BLOCK, scap.block_offset, scap.block_type, 0)
    else:
        kind = _table(scap, form)
    if kind == SCAP_AGAIN or form.holds == BLOCK_EVENT:
        scap.block_type = 0
    return kind


cdef int _inside(Scap *scap) noexcept nogil:
    """Return the next entry of a table, or the end of its block."""
    cdef const uint8_t *at
    cdef size_t want = scap.block_left if scap.block_left < SCAP_ENTRY_MAX else SCAP_ENTRY_MAX
    cdef bint is_cut = 0
    cdef int kind
    if scap.block_left >= LEAST_ENTRY:
        if not stream_has(&scap.stream, want):
            if scap.stream.state == STREAM_INTERRUPTED:
                return SCAP_AGAIN
            # Return complete entries before the error.
            is_cut = 1
            want = scap.stream.end - scap.stream.at
        at = scap.stream.window + scap.stream.at
        kind = table_entry(scap, block_form(scap.block_type), at, at + want, is_cut)
        return kind if kind != ENTRY_CUT else _short(scap)
    if not stream_has(&scap.stream, scap.block_left + BLOCK_TAIL):
        return _short(scap)
    at = stream_take(&scap.stream, scap.block_left + BLOCK_TAIL) + scap.block_left
    if load32(at) != scap.block_len:
        return scap_fail(scap, SCAP_BAD_TRAILER, scap.stream.offset - BLOCK_TAIL, load32(at), scap.block_len)
    scap.block_type = 0
    return SCAP_NOTHING


# --- Events ---------------------------------------------------------------------------------------------------------


cdef inline uint64_t _sum(const uint8_t *lens, uint32_t count, bint wide) noexcept nogil:
    cdef uint64_t total = 0
    cdef uint32_t i
    for i in range(count):
        total += load32(lens + 4 * i) if wide else load16(lens + 2 * i)
    return total


cdef int64_t _count_v1(const uint8_t *event, uint32_t length, const scap_row *row) noexcept nogil:
    """Return the number of params of an event without a count, from its lengths; -1 if no number fits."""
    cdef bint wide = row.flags & SCAP_ROW_LARGE != 0
    cdef uint32_t size = 4 if wide else 2
    cdef uint32_t count = row.nparams + 1
    while count:
        count -= 1
        if EVENT_V1_LEN + size * count <= length:
            if EVENT_V1_LEN + size * count + _sum(event + EVENT_V1_LEN, count, wide) == length:
                return count
    return -1


cdef bint _split(ScapEvent *event, const uint8_t *lens, uint32_t count, bint wide, const uint8_t *end) noexcept nogil:
    """Locate the params after their lengths; 0 if they exceed the event."""
    cdef uint32_t size = 4 if wide else 2
    cdef const uint8_t *at
    cdef uint32_t i, length
    if count > <uint64_t>(end - lens) // size:
        return 0
    at = lens + size * count
    for i in range(count):
        length = load32(lens + 4 * i) if wide else load16(lens + 2 * i)
        if length > <uint64_t>(end - at):
            return 0
        # Newer writers append params: unknown params come last.
        if i < SCAP_PARAMS_MAX:
            event.params[i].ptr = at
            event.params[i].len = length
        at += length
    event.nparams = count if count < SCAP_PARAMS_MAX else SCAP_PARAMS_MAX
    return 1


cdef int _event(Scap *scap, BlockForm form) noexcept nogil:
    """Read the event of a block at the front of the stream, and consume the block."""
    cdef ScapEvent *event = &scap.event
    cdef uint32_t front = BLOCK_HEAD + CPU_LEN + (FLAGS_LEN if form.has_flags else 0)
    cdef uint32_t head = EVENT_V1_LEN if form.version == 1 else EVENT_V2_LEN
    cdef uint32_t most = LARGE_BLOCK_MAX if form.is_large else BLOCK_MAX
    cdef uint32_t length
    cdef const uint8_t *block
    cdef const uint8_t *at
    if scap.block_len < front + head + BLOCK_TAIL:
        return scap_fail(scap, SCAP_BAD_LENGTH, scap.block_offset, scap.block_len, front + head + BLOCK_TAIL)
    if scap.block_len > most:
        return scap_fail(scap, SCAP_BAD_TOO_LONG, scap.block_offset, scap.block_len, most)
    if not stream_has(&scap.stream, scap.block_len):
        return _short(scap)
    block = stream_take(&scap.stream, scap.block_len)
    scap.in_events = 1
    scap.stats.blocks += 1
    at = block + front
    event.cpu = load16(block + BLOCK_HEAD)
    event.flags = load32(block + BLOCK_HEAD + CPU_LEN) if form.has_flags else 0
    event.ts_ns = load64(at)
    event.tid = <int64_t>load64(at + 8)
    length = load32(at + 16)
    event.type = load16(at + 20)
    if event.type >= SCAP_TYPES:
        scap.stats.unknown_events += 1
        return SCAP_NOTHING
    return _params(scap, form, at, length, scap.block_len - front - BLOCK_TAIL)


cdef int _params(Scap *scap, BlockForm form, const uint8_t *at, uint32_t length, uint32_t room) noexcept nogil:
    """Locate the params of the event at `at` with the stated `length`, in a block with `room` for it."""
    cdef ScapEvent *event = &scap.event
    cdef const scap_row *row = &SCAP_ROWS[event.type]
    cdef uint64_t offset = scap.block_offset
    cdef int64_t count
    cdef uint32_t head = EVENT_V2_LEN
    if form.version == 1:
        head = EVENT_V1_LEN
        if (event.type == NOTIFICATION_E or event.type == INFRASTRUCTURE_EVENT_E) and length >= OVERSTATED:
            length -= OVERSTATED
    if length < head or length > room:
        return scap_fail(scap, SCAP_BAD_EVENT_LENGTH, offset, length, room)
    count = _count_v1(at, length, row) if form.version == 1 else load32(at + EVENT_V1_LEN)
    if count < 0 or not _split(event, at + head, <uint32_t>count, row.flags & SCAP_ROW_LARGE != 0, at + length):
        return scap_fail(scap, SCAP_BAD_PARAMS, offset, event.type, 0)
    scap.stats.events += 1
    return SCAP_EVENT


cdef int scap_next(Scap *scap) noexcept nogil:
    """Return the next item: SCAP_*. The end and errors repeat at every later call."""
    cdef int kind = SCAP_NOTHING
    while kind == SCAP_NOTHING:
        if scap.error.what != SCAP_FINE:
            return SCAP_ERROR
        if scap.passed_over:
            scap.passed_over = stream_skip(&scap.stream, scap.passed_over)
            if scap.passed_over:
                return _short(scap)
        kind = _inside(scap) if scap.block_type else _block(scap)
    return kind
