# SPDX-License-Identifier: Apache-2.0
"""Packed alerts: the values of a match as bytes.

Packing reads the rule's output values under the binding of the match, and writes them in order, each after a tag.
`unpack.pyx` converts the bytes to Python objects.
"""

from libc.string cimport memcpy

from tiercel._core.eval.slots cimport Slot, slot_read, slot_values
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.values.value cimport ITER_PRINT, Value, value_word, Values
from tiercel._core.wire.events_gen cimport (
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_IP,
    KIND_NET,
    KIND_NONE,
    KIND_STR,
    KIND_UINT,
    MULTI_ANY,
    MULTI_EITHER,
    MULTI_NONE,
    ev_file,
)

cdef enum:
    AF_INET = 2

# Write position and remaining room.
cdef struct _Out:
    uint8_t *at
    uint32_t left
    uint8_t is_cut


cdef inline void _put(_Out *out, const void *data, uint32_t size) noexcept nogil:
    if size:
        memcpy(out.at, data, size)
        out.at += size
        out.left -= size


cdef void _put_tagged(_Out *out, uint8_t tag, const void *data, uint32_t size, uint32_t reserve) noexcept nogil:
    """Write a value of fixed size; write TAG_NONE and set `is_cut` if less than `reserve` bytes would remain."""
    if out.left < reserve + 1 + size:
        tag = TAG_NONE
        size = 0
        out.is_cut = 1
    _put(out, &tag, 1)
    _put(out, data, size)


cdef void _put_text(_Out *out, uint8_t tag, const Value *value, uint32_t reserve) noexcept nogil:
    """Write a text, shortened so that `reserve` bytes remain."""
    cdef uint32_t size = value.text.len
    if out.left < reserve + 5:
        _put_tagged(out, TAG_NONE, NULL, 0, 0)
        out.is_cut = 1
        return
    if size > out.left - reserve - 5:
        size = out.left - reserve - 5
        out.is_cut = 1
    _put(out, &tag, 1)
    _put(out, &size, 4)
    _put(out, value.text.ptr, size)


cdef void _put_value(_Out *out, const Value *value, uint32_t reserve) noexcept nogil:
    cdef uint8_t bytes[17]
    if value.kind == KIND_STR:
        _put_text(out, TAG_STR, value, reserve)
    elif value.kind == KIND_BYTES:
        _put_text(out, TAG_BYTES, value, reserve)
    elif value.kind == KIND_UINT:
        _put_tagged(out, TAG_UINT, &value.u, 8, reserve)
    elif value.kind == KIND_INT:
        _put_tagged(out, TAG_INT, &value.i, 8, reserve)
    elif value.kind == KIND_DOUBLE:
        _put_tagged(out, TAG_DOUBLE, &value.d, 8, reserve)
    elif value.kind == KIND_BOOL:
        bytes[0] = <uint8_t>value.u
        _put_tagged(out, TAG_BOOL, bytes, 1, reserve)
    elif value.kind == KIND_IP or value.kind == KIND_NET:
        bytes[0] = 4 if value.family == AF_INET else 16
        memcpy(bytes + 1, value.addr, 16)
        _put_tagged(out, TAG_IP, bytes, 1 + bytes[0], reserve)
    else:
        _put_tagged(out, TAG_NONE, NULL, 0, 0)


cdef void _put_list(_Out *out, const Values *values, uint32_t reserve) noexcept nogil:
    """Write a list, shortened to the elements that have room for a tag."""
    cdef uint8_t tag = TAG_LIST
    cdef uint32_t i, count = values.count
    if out.left < reserve + 5:
        _put_tagged(out, TAG_NONE, NULL, 0, 0)
        out.is_cut = 1
        return
    if count > out.left - reserve - 5:
        count = out.left - reserve - 5
        out.is_cut = 1
    _put(out, &tag, 1)
    _put(out, &count, 4)
    for i in range(count):
        _put_value(out, &values.items[i], reserve + count - i - 1)


cdef void _put_slot(_Out *out, const Program *program, EvalCx *cx, uint32_t index, uint32_t reserve) noexcept nogil:
    """Write the output value of a source."""
    cdef const Slot *slot = &program.slots[index]
    cdef const Values *values
    cdef Value value
    value.kind = KIND_NONE
    if slot.multi == MULTI_ANY or slot.multi == MULTI_EITHER or (slot.shown and cx.event.mapping_values is NULL):
        if not _printed(program, cx, index, &value):
            value.kind = KIND_NONE
        _put_value(out, &value, reserve)
        return
    values = slot_values(program.slots, cx, index)
    if values is NULL:
        _put_value(out, &value, reserve)
    elif values.is_list:
        _put_list(out, values, reserve)
    elif values.items[0].kind == KIND_NET:
        value_word(&value, b"<IPNET>")  # as Falco prints it; the value is an address
        _put_value(out, &value, reserve)
    else:
        _put_value(out, values.items, reserve)


cdef bint _printed(const Program *program, EvalCx *cx, uint32_t index, Value *out) noexcept nogil:
    """Read the output value of a multi-valued field. Texts of a mapping are joined with blanks."""
    cdef const Values *given
    cdef Text text
    cdef uint32_t i
    if cx.event.mapping_values is NULL:
        return slot_read(program.slots, cx, index, ITER_PRINT, out)
    given = &cx.event.mapping_values[2 * index]
    if given.count == 0:
        return 0
    out[0] = given.items[0]
    if given.count == 1 or out.kind != KIND_STR:
        return 1
    text_begin(&text, &cx.memo.arena)
    for i in range(given.count):
        if i:
            text_char(&text, b' ')
        text_slice(&text, given.items[i].text)
    return text_end(&text, &out.text)


cdef uint32_t prog_capture(
    const Program *program, EvalCx *cx, uint32_t rule, uint8_t *out, uint32_t size, uint8_t *is_cut
) noexcept nogil:
    """Write the values of the rule's output fields under cx.binding; return the number of bytes.

    `size` must be at least the number of fields. Values that do not fit are shortened or omitted, and set `is_cut`.
    """
    cdef _Out to
    cdef uint32_t i, last = program.first_output[rule + 1]
    cdef const ev_file *file = cx.event.file
    cdef int _again
    for _again in range(2):
        to.at = out
        to.left = size
        to.is_cut = 0
        for i in range(program.first_output[rule], last):
            # Reserve a tag for each of the following values.
            _put_slot(&to, program, cx, program.outputs[i], last - i - 1)
        # Falco reads its outputs twice: in a capture, reading a path may change the event's descriptor.
        if cx.event.file == file:
            break
        file = cx.event.file
    if to.is_cut:
        cx.counters.alerts_cut += 1
    is_cut[0] = to.is_cut
    return size - to.left


cdef uint32_t slot_capture(
    const Program *program, EvalCx *cx, uint32_t slot, uint8_t *out, uint32_t size
) noexcept nogil:
    """Write the value of a slot under cx.binding, several values as a list, shortened to `size` bytes.

    Returns the number of bytes.
    """
    cdef const Values *values = slot_values(program.slots, cx, slot)
    cdef _Out to
    to.at = out
    to.left = size
    to.is_cut = 0
    if values is NULL:
        _put_tagged(&to, TAG_NONE, NULL, 0, 0)
    elif program.slots[slot].multi != MULTI_NONE:
        _put_list(&to, values, 0)
    else:
        _put_value(&to, values.items, 0)
    return size - to.left


cdef uint32_t alert_pack(const Program *program, EvalCx *cx, uint32_t rule, uint8_t *out, uint32_t size) noexcept nogil:
    """Pack the alert of a match; return its size, 0 without room for the event and the tags.

    `out` is aligned to 8 bytes; ALERT_MAX is the usual `size`.
    """
    cdef AlertHead *head = <AlertHead *>out
    cdef uint32_t nvalues = program.first_output[rule + 1] - program.first_output[rule]
    cdef uint32_t event_len = cx.event.hdr.len if cx.event.hdr is not NULL else 0
    cdef uint32_t front = sizeof(AlertHead) + event_len
    cdef uint8_t is_cut
    if size < front + nvalues:
        return 0
    head.time_ns = cx.event.hdr.time_ns + <uint64_t>cx.event.unix_offset_ns if cx.event.hdr is not NULL else 0
    head.num = cx.event.num
    head.rule = rule
    head.event_len = event_len
    head.nvalues = <uint16_t>nvalues
    head.binding = cx.binding
    if event_len:
        memcpy(out + sizeof(AlertHead), cx.event.hdr, event_len)
    head.values_len = prog_capture(program, cx, rule, out + front, size - front, &is_cut)
    head.flags = <uint8_t>((ALERT_CUT if is_cut else 0) | (ALERT_UNCERTAIN if cx.is_uncertain else 0))
    return front + head.values_len
