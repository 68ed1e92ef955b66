# SPDX-License-Identifier: Apache-2.0
"""Conversion of events in captures of any age to the current layouts.

A step follows a rule of `scap.gen.h`, selected by the event's code and number of params. Only bytes of enter events are
copied: a converted event points into the capture, the stored event, and values made here. If the enter event is missing
or of another call, the params get the defaults of the rule.
"""

from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from tiercel._core.scap.reader cimport (
    SCAP_BAD_EXCESS,
    SCAP_BAD_FORM,
    SCAP_BAD_MEMORY,
    SCAP_BAD_ROUNDS,
    SCAP_EVENT,
    SCAP_SECTION,
    load32,
    scap_fail,
    scap_next,
)
from tiercel._core.util.hashmap cimport intmap_free, intmap_get, intmap_put, intmap_remove
from tiercel._core.util.slice cimport Slice, slice_none

cdef enum:
    STORED_MAX = 65536              # limit of stored enter events
    STORED_BYTES_MAX = 64 * 1024 * 1024
    STORED_ROOM = 64                # minimum memory for params; most enter events have numbers only
    ROUNDS = 50
    FIXED_MAX = 16                  # size of the longest fixed-size value
    FIXED_ROOM = SCAP_PARAMS_MAX * FIXED_MAX

    # Params of a container event.
    CONTAINER_ID = 0
    CONTAINER_TYPE = 1
    CONTAINER_NAME = 2
    CONTAINER_IMAGE = 3


cdef extern from "scap/scap.gen.h" nogil:
    enum:
        SCAP_ROW_OLD
        SCAP_ROW_UNUSED
        SCAP_ROW_MANAGED
        SCAP_DO_STORE
        SCAP_DO_PASS
        SCAP_DO_STORE_AND_PASS
        SCAP_DO_ADD
        SCAP_FROM_OLD
        SCAP_FROM_TAIL
        SCAP_FROM_ENTER
        SCAP_FROM_ENTER_OR_EMPTY
        SCAP_FROM_EMPTY
        SCAP_FROM_DEFAULT
    struct scap_row:
        uint8_t nparams
        uint8_t flags
        uint8_t nrules
        uint16_t first_param
        uint16_t first_rule
    struct scap_param:
        uint8_t size
        uint8_t fill
    struct scap_rule:
        uint8_t nparams
        uint8_t action
        uint8_t nsources
        uint16_t target
        uint16_t first_source
    struct scap_source:
        uint8_t kind
        uint8_t param
    const scap_row SCAP_ROWS[]
    const scap_param SCAP_PARAMS[]
    const scap_rule SCAP_RULES[]
    const scap_source SCAP_SOURCES[]


cdef int converter_init(Converter *conv) noexcept nogil:
    """Create an empty converter; -1 without memory."""
    memset(conv, 0, sizeof(Converter))
    conv.slots = <Stored **>calloc(STORED_MAX, sizeof(Stored *))
    conv.fixed = <uint8_t *>malloc(FIXED_ROOM)
    if conv.slots is NULL or conv.fixed is NULL:
        converter_free(conv)
        return -1
    return 0


cdef void converter_free(Converter *conv) noexcept nogil:
    cdef uint32_t i
    for i in range(conv.count):
        free(conv.slots[i].data)
        free(conv.slots[i])
    intmap_free(&conv.by_tid)
    free(conv.slots)
    free(conv.fixed)
    free(conv.text)
    memset(conv, 0, sizeof(Converter))


cdef void converter_forget(Converter *conv) noexcept nogil:
    """Drop all stored enter events: another capture begins."""
    cdef uint32_t i
    for i in range(conv.count):
        conv.slots[i].waits = 0


# --- Enter events ---------------------------------------------------------------------------------------------------


cdef void _evict(Converter *conv, Stored *stored) noexcept nogil:
    if stored.waits:
        conv.stats.evicted += 1
        stored.waits = 0


cdef Stored *_slot(Converter *conv, int64_t tid) noexcept nogil:
    """Return the storage of the thread's enter event; NULL without memory."""
    cdef Stored *stored = <Stored *>intmap_get(&conv.by_tid, <uint64_t>tid)
    if stored is not NULL:
        return stored
    if conv.count < STORED_MAX:
        stored = <Stored *>calloc(1, sizeof(Stored))
        if stored is NULL:
            return NULL
        conv.slots[conv.count] = stored
        conv.count += 1
    else:
        # Second-chance eviction; most threads have no stored event.
        stored = conv.slots[conv.hand]
        conv.hand = (conv.hand + 1) % conv.count
        intmap_remove(&conv.by_tid, <uint64_t>stored.tid)
        _evict(conv, stored)
    stored.tid = tid
    if intmap_put(&conv.by_tid, <uint64_t>tid, stored) < 0:
        return NULL
    return stored


cdef bint _grow(Converter *conv, Stored *stored, uint64_t length) noexcept nogil:
    """Make room for `length` bytes of params, evicting other threads' events if needed; 0 without memory."""
    cdef uint32_t turns = conv.count
    cdef Stored *other
    cdef uint8_t *data
    if length <= stored.room:
        return 1
    conv.bytes -= stored.room
    while conv.bytes + length > STORED_BYTES_MAX and turns:
        other = conv.slots[conv.hand]
        conv.hand = (conv.hand + 1) % conv.count
        turns -= 1
        if other is not stored:
            _evict(conv, other)
            conv.bytes -= other.room
            free(other.data)
            other.data = NULL
            other.room = 0
    data = <uint8_t *>realloc(stored.data, length)
    if data is NULL:
        conv.bytes += stored.room
        return 0
    stored.data = data
    stored.room = <uint32_t>length
    conv.bytes += length
    return 1


cdef int _store(Converter *conv, const ScapEvent *event) noexcept nogil:
    """Store the event for the thread's next exit, replacing the previous one; -1 without memory."""
    cdef Stored *stored = _slot(conv, event.tid)
    cdef uint64_t length = 0
    cdef uint32_t i
    cdef uint8_t *at
    for i in range(event.nparams):
        length += event.params[i].len
    if stored is NULL or not _grow(conv, stored, length if length > STORED_ROOM else STORED_ROOM):
        return -1
    at = stored.data
    for i in range(event.nparams):
        memcpy(at, event.params[i].ptr, event.params[i].len)
        at += event.params[i].len
        stored.lens[i] = event.params[i].len
    stored.ts_ns = event.ts_ns
    stored.type = event.type
    stored.cpu = event.cpu
    stored.nparams = <uint8_t>event.nparams
    stored.waits = 1
    conv.stats.stored += 1
    return 0


cdef Stored *_entered(Converter *conv, const ScapEvent *event) noexcept nogil:
    """Return the enter event of an exit; NULL if it is missing or of another call."""
    cdef Stored *stored = <Stored *>intmap_get(&conv.by_tid, <uint64_t>event.tid)
    if stored is NULL or not stored.waits or stored.type != event.type - 1:
        return NULL
    return stored


cdef bint converter_stored(Converter *conv, int64_t tid, ScapEvent *out) noexcept nogil:
    """Return the pending enter event of a thread; 0 without one. Valid until the thread's next enter event."""
    cdef Stored *stored = <Stored *>intmap_get(&conv.by_tid, <uint64_t>tid)
    cdef const uint8_t *at
    cdef uint32_t i
    if stored is NULL or not stored.waits:
        return 0
    memset(out, 0, sizeof(ScapEvent))
    out.ts_ns = stored.ts_ns
    out.tid = tid
    out.type = stored.type
    out.cpu = stored.cpu
    out.nparams = stored.nparams
    at = stored.data
    for i in range(stored.nparams):
        out.params[i].ptr = at
        out.params[i].len = stored.lens[i]
        at += stored.lens[i]
    return 1


# --- Params ---------------------------------------------------------------------------------------------------------


cdef uint8_t *_fixed(Converter *conv, uint8_t fill) noexcept nogil:
    """Allocate a fixed-size value filled with `fill`; NULL if one event needs too many."""
    cdef uint8_t *at = conv.fixed + conv.fixed_used
    if conv.fixed_used + FIXED_MAX > FIXED_ROOM:
        return NULL
    conv.fixed_used += FIXED_MAX
    memset(at, fill, FIXED_MAX)
    return at


cdef Slice _default(Converter *conv, const scap_param *param) noexcept nogil:
    cdef Slice value = slice_none()
    value.ptr = _fixed(conv, param.fill) if param.size else conv.fixed
    value.len = param.size if value.ptr is not NULL else 0
    return value


cdef Slice _fitted(Converter *conv, Slice value, const scap_param *param) noexcept nogil:
    """Resize the value to its new type: truncated, or zero-extended. An empty value stays empty."""
    cdef uint8_t *at
    if param.size == 0 or value.len == param.size or value.len == 0:
        return value
    if value.len < param.size:
        at = _fixed(conv, 0)
        if at is NULL:
            return value
        memcpy(at, value.ptr, value.len)
        value.ptr = at
    value.len = param.size
    return value


cdef Slice _tail(Slice value) noexcept nogil:
    if value.len:
        value.ptr += 1
        value.len -= 1
    return value


cdef uint8_t *_put(uint8_t *to, const char *text) noexcept nogil:
    cdef uint32_t i = 0
    while text[i]:
        to[i] = <uint8_t>text[i]
        i += 1
    return to + i


cdef uint8_t *_put_json(uint8_t *to, Slice text) noexcept nogil:
    """Append a text in quotes, up to its first NUL; needs at most six bytes for each of its own, and two."""
    cdef const char *hex = b"0123456789abcdef"
    cdef uint32_t i
    cdef uint8_t c
    to = _put(to, b'"')
    for i in range(text.len):
        c = text.ptr[i]
        if c == 0:
            break
        if c == b'"' or c == b'\\':
            to[0] = b'\\'
            to[1] = c
            to += 2
        elif c < 0x20:
            to = _put(to, b"\\u00")
            to[0] = <uint8_t>hex[c >> 4]
            to[1] = <uint8_t>hex[c & 15]
            to += 2
        else:
            to[0] = c
            to += 1
    return _put(to, b'"')


cdef uint8_t *_put_uint(uint8_t *to, uint32_t number) noexcept nogil:
    cdef uint8_t digits[10]
    cdef int n = 10
    while number or n == 10:
        n -= 1
        digits[n] = <uint8_t>(0x30 + number % 10)
        number //= 10
    memcpy(to, digits + n, 10 - n)
    return to + (10 - n)


cdef bint _container(Converter *conv, const ScapEvent *event, Slice *out) noexcept nogil:
    """Build the container's description as NUL-terminated JSON; 0 without memory."""
    cdef Slice kind = event.params[CONTAINER_TYPE]
    cdef uint64_t room = 128 + 6 * (
        <uint64_t>event.params[CONTAINER_ID].len
        + event.params[CONTAINER_NAME].len
        + event.params[CONTAINER_IMAGE].len
    )
    cdef uint8_t *to
    if room > conv.text_room:
        to = <uint8_t *>realloc(conv.text, room)
        if to is NULL:
            return 0
        conv.text = to
        conv.text_room = room
    to = _put(conv.text, b'{"id":')
    to = _put_json(to, event.params[CONTAINER_ID])
    to = _put(to, b',"type":')
    to = _put_uint(to, load32(kind.ptr) if kind.len >= 4 else 0)
    to = _put(to, b',"name":')
    to = _put_json(to, event.params[CONTAINER_NAME])
    to = _put(to, b',"image":')
    to = _put_json(to, event.params[CONTAINER_IMAGE])
    to = _put(to, b'}')
    to[0] = 0
    out.ptr = conv.text
    out.len = <uint32_t>(to + 1 - conv.text)
    return 1


# --- Steps ----------------------------------------------------------------------------------------------------------


cdef inline const scap_rule *_rule(const ScapEvent *event) noexcept nogil:
    """Return the rule for the event's code and number of params; NULL without a rule."""
    cdef const scap_row *row = &SCAP_ROWS[event.type]
    cdef uint32_t i
    for i in range(row.nrules):
        if SCAP_RULES[row.first_rule + i].nparams == event.nparams:
            return &SCAP_RULES[row.first_rule + i]
    return NULL


cdef inline bint _is_exit(const ScapEvent *event) noexcept nogil:
    return event.type & 1


cdef inline int _decide(Converter *conv, const ScapEvent *event) noexcept nogil:
    """Classify the event: passed unchanged, dropped, or converted by a rule."""
    cdef const scap_row *row = &SCAP_ROWS[event.type]
    if row.flags & SCAP_ROW_UNUSED:
        return CONVERT_DROP
    if not row.flags & SCAP_ROW_MANAGED:
        return CONVERT_DROP if row.flags & SCAP_ROW_OLD else CONVERT_PASS
    if not _is_exit(event):
        return CONVERT_AGAIN
    if event.nparams > row.nparams:
        conv.what = SCAP_BAD_EXCESS
        return CONVERT_ERROR
    return CONVERT_AGAIN if row.flags & SCAP_ROW_OLD or event.nparams != row.nparams else CONVERT_PASS


cdef int _build(Converter *conv, ScapEvent *event, const scap_rule *rule) noexcept nogil:
    """Apply a rule: set the params and the new code of the event."""
    cdef uint32_t first = event.nparams if rule.action == SCAP_DO_ADD else 0
    cdef const scap_param *types = &SCAP_PARAMS[SCAP_ROWS[rule.target].first_param + first]
    cdef Stored *stored = _entered(conv, event)
    cdef bint asked = 0, memory = 1
    cdef ScapEvent entered
    cdef Slice fresh[SCAP_PARAMS_MAX]
    cdef const scap_source *source
    cdef uint32_t i
    entered.nparams = 0
    for i in range(rule.nsources):
        source = &SCAP_SOURCES[rule.first_source + i]
        fresh[i].ptr = conv.fixed
        fresh[i].len = 0
        if source.kind == SCAP_FROM_OLD:
            fresh[i] = _fitted(conv, event.params[source.param], &types[i])
        elif source.kind == SCAP_FROM_TAIL:
            fresh[i] = _fitted(conv, _tail(event.params[source.param]), &types[i])
        elif source.kind == SCAP_FROM_DEFAULT:
            fresh[i] = _default(conv, &types[i])
        elif source.kind == SCAP_FROM_ENTER or source.kind == SCAP_FROM_ENTER_OR_EMPTY:
            if not asked and stored is not NULL:
                converter_stored(conv, event.tid, &entered)
            asked = 1
            if source.param < entered.nparams:
                fresh[i] = _fitted(conv, entered.params[source.param], &types[i])
            elif source.kind == SCAP_FROM_ENTER:
                fresh[i] = _default(conv, &types[i])
        elif source.kind != SCAP_FROM_EMPTY:
            memory = _container(conv, event, &fresh[i])
    if not memory:
        conv.what = SCAP_BAD_MEMORY
        return CONVERT_ERROR
    if asked and stored is not NULL:
        stored.waits = 0
    elif asked:
        conv.stats.missed += 1
    memcpy(&event.params[first], fresh, rule.nsources * sizeof(Slice))
    event.nparams = first + rule.nsources
    event.type = rule.target
    return _decide(conv, event)


cdef int converter_step(Converter *conv, ScapEvent *event) noexcept nogil:
    """Convert the event by one rule: CONVERT_*, CONVERT_AGAIN if another step is needed."""
    cdef const scap_rule *rule = _rule(event)
    if rule is NULL:
        conv.what = SCAP_BAD_FORM
        return CONVERT_ERROR
    if rule.action == SCAP_DO_PASS:
        return CONVERT_PASS
    if rule.action == SCAP_DO_STORE or rule.action == SCAP_DO_STORE_AND_PASS:
        if _store(conv, event) < 0:
            conv.what = SCAP_BAD_MEMORY
            return CONVERT_ERROR
        return CONVERT_DROP if rule.action == SCAP_DO_STORE else CONVERT_PASS
    return _build(conv, event, rule)


cdef int converter_convert(Converter *conv, ScapEvent *event) noexcept nogil:
    """Convert the event to the current form: CONVERT_PASS, CONVERT_DROP for a hidden event, or CONVERT_ERROR."""
    cdef int verdict = _decide(conv, event)
    cdef uint32_t rounds = 0
    if verdict == CONVERT_PASS:
        return verdict
    if verdict == CONVERT_DROP:
        conv.stats.unused += 1
        return verdict
    conv.fixed_used = 0
    conv.stats.converted += _is_exit(event)
    while verdict == CONVERT_AGAIN and rounds < ROUNDS:
        verdict = converter_step(conv, event)
        rounds += 1
    if verdict == CONVERT_AGAIN:
        conv.what = SCAP_BAD_ROUNDS
        return CONVERT_ERROR
    return verdict


cdef int converter_next(Converter *conv, Scap *scap) noexcept nogil:
    """Return the next item as `scap_next` does, with events in the current form."""
    cdef int kind, verdict = CONVERT_DROP
    while True:
        kind = scap_next(scap)
        if kind == SCAP_SECTION:
            converter_forget(conv)
        if kind != SCAP_EVENT:
            return kind
        verdict = converter_convert(conv, &scap.event)
        if verdict == CONVERT_PASS:
            return SCAP_EVENT
        if verdict == CONVERT_ERROR:
            return scap_fail(scap, conv.what, scap.block_offset, scap.event.type, scap.event.nparams)
