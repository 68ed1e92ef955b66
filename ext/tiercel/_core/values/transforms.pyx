# SPDX-License-Identifier: Apache-2.0
"""Transformers of the rule language: one function for each row of the schema's transformers."""

from libc.stdint cimport uint64_t
from libc.stdio cimport snprintf

from tiercel._core.util.arena_text cimport (
    Text,
    arena_take,
    arena_take_aligned,
    text_address,
    text_begin,
    text_end,
    text_hex,
    text_int,
    text_oct,
    text_padded,
    text_put,
    text_slice,
    text_uint,
    text_word,
)
from tiercel._core.util.slice cimport Slice, slice_of, slice_text
from tiercel._core.values.value cimport value_text, value_uint
from tiercel._core.wire.events_gen cimport (
    FMT_HEX,
    FMT_OCT,
    FMT_PADDED,
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_IP,
    KIND_NET,
    KIND_STR,
    KIND_UINT,
)

ctypedef bint (*one_fn)(Arena *arena, const Value *value, Value *out) noexcept nogil


# --- Values as text ---------------------------------------------------------------------------------------------------

cdef void _put_number(Text *text, const Value *value, uint8_t fmt) noexcept nogil:
    cdef uint64_t bits = value.u if value.kind == KIND_UINT else <uint64_t>value.i
    if fmt == FMT_HEX:
        text_hex(text, bits, 1)
    elif fmt == FMT_OCT:
        text_oct(text, bits)
    elif value.kind == KIND_INT:
        text_int(text, value.i)
    elif fmt == FMT_PADDED:
        text_padded(text, value.u, 9)
    else:
        text_uint(text, value.u)


cdef void _put_value(Text *text, const Value *value, uint8_t fmt) noexcept nogil:
    """Append a value as output prints it; a text up to its first NUL."""
    cdef char digits[400]
    if value.kind == KIND_STR or value.kind == KIND_BYTES:
        text_slice(text, slice_text(value.text))
    elif value.kind == KIND_UINT or value.kind == KIND_INT:
        _put_number(text, value, fmt)
    elif value.kind == KIND_BOOL:
        text_word(text, b"true" if value.u else b"false")
    elif value.kind == KIND_DOUBLE:
        text_put(text, digits, <size_t>snprintf(digits, sizeof(digits), "%.1lf", value.d))
    elif value.kind == KIND_IP or value.kind == KIND_NET:
        text_address(text, value.addr, value.family)


cdef bint value_as_text(Arena *arena, const Value *value, uint8_t fmt, Value *out) noexcept nogil:
    """Set `out` to a value as text; 0 if there is no room."""
    cdef Text text
    cdef Slice slice
    if value.kind == KIND_STR:
        out[0] = value[0]
        return 1
    text_begin(&text, arena)
    _put_value(&text, value, fmt)
    return text_end(&text, &slice) and value_text(out, slice)


# --- From one text to another -----------------------------------------------------------------------------------------

cdef bint _each(EvalCx *cx, one_fn make, const Values *values, Values *out) noexcept nogil:
    """Transform each value; 0 if one of them fails."""
    cdef Value *items = <Value *>out.items
    cdef uint32_t i
    if values.count > 1:
        items = <Value *>arena_take_aligned(&cx.memo.arena, values.count * sizeof(Value))
        if items is NULL:
            return 0
    for i in range(values.count):
        items[i] = values.items[i]
        if not make(&cx.memo.arena, &values.items[i], &items[i]):
            return 0
    out.count = values.count
    out.is_list = values.is_list
    out.items = items
    return 1


cdef inline bint _shifted(Arena *arena, const Value *value, uint8_t first, uint8_t last, Value *out) noexcept nogil:
    """Return the text with the case of the letters from `first` to `last` changed."""
    cdef uint8_t *made = arena_take(arena, value.text.len)
    cdef uint8_t letter
    cdef uint32_t i
    if made is NULL:
        return 0
    for i in range(value.text.len):
        letter = value.text.ptr[i]
        made[i] = letter ^ 0x20 if first <= letter <= last else letter
    out.text.ptr = made
    return 1


cdef bint _lower(Arena *arena, const Value *value, Value *out) noexcept nogil:
    return _shifted(arena, value, b'A', b'Z', out)


cdef bint _upper(Arena *arena, const Value *value, Value *out) noexcept nogil:
    return _shifted(arena, value, b'a', b'z', out)


cdef inline int _digit(uint8_t letter) noexcept nogil:
    """Return the six bits of a base64 letter; -1 for other bytes."""
    if b'A' <= letter <= b'Z':
        return letter - <uint8_t>b'A'
    if b'a' <= letter <= b'z':
        return letter - <uint8_t>b'a' + 26
    if b'0' <= letter <= b'9':
        return letter - <uint8_t>b'0' + 52
    return 62 if letter == b'+' else 63 if letter == b'/' else -1


cdef bint _decoded(Arena *arena, const Value *value, Value *out) noexcept nogil:
    """Decode base64. Padding may be missing; unused bits must be zero."""
    cdef const uint8_t *text = value.text.ptr
    cdef uint32_t size = value.text.len, i, _, at = 0, bits = 0, held = 0
    cdef uint8_t *made
    cdef int digit
    while size and text[size - 1] == 0:
        size -= 1
    for _ in range(2):
        if size and text[size - 1] == b'=':
            size -= 1
    if size % 4 == 1 or (size == 0 and value.text.len and text[0] == b'='):
        return 0
    made = arena_take(arena, size // 4 * 3 + 3)
    if made is NULL:
        return 0
    for i in range(size):
        digit = _digit(text[i])
        if digit < 0:
            return 0
        bits = (bits << 6 | <uint32_t>digit) & 0xffff
        held += 6
        if held >= 8:
            held -= 8
            made[at] = <uint8_t>(bits >> held)
            at += 1
    if bits & ((1 << held) - 1):
        return 0
    out.text.ptr = made
    out.text.len = at
    if value.kind == KIND_STR:
        out.text = slice_text(out.text)
    return 1


cdef bint _last_part(Arena *arena, const Value *value, Value *out) noexcept nogil:
    cdef uint32_t start = value.text.len
    while start and value.text.ptr[start - 1] != b'/':
        start -= 1
    out.text.ptr = value.text.ptr + start
    out.text.len = value.text.len - start
    return 1


cdef bint transform_tolower(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    return _each(cx, _lower, args, out)


cdef bint transform_toupper(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    return _each(cx, _upper, args, out)


cdef bint transform_b64(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    return _each(cx, _decoded, args, out)


cdef bint transform_basename(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    return _each(cx, _last_part, args, out)


# --- One from several -------------------------------------------------------------------------------------------------

cdef inline bint _one_text(Text *text, Values *out) noexcept nogil:
    cdef Value *value = <Value *>out.items
    cdef Slice slice
    out.count = 1
    out.is_list = 0
    return text_end(text, &slice) and value_text(value, slice)


cdef bint transform_len(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    out.count = 1
    out.is_list = 0
    return value_uint(<Value *>out.items, args.count if args.is_list else args.items[0].text.len)


cdef bint transform_join(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    cdef Text text
    cdef uint32_t i
    text_begin(&text, &cx.memo.arena)
    for i in range(args[1].count):
        if i:
            text_slice(&text, args[0].items[0].text)
        _put_value(&text, &args[1].items[i], 0)
    return _one_text(&text, out)


cdef bint transform_concat(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    cdef Text text
    cdef uint32_t i
    text_begin(&text, &cx.memo.arena)
    for i in range(count):
        text_slice(&text, args[i].items[0].text)
    return _one_text(&text, out)


# --- Options ----------------------------------------------------------------------------------------------------------

cdef enum:
    OPTION_UNKNOWN
    OPTION_ALONE
    OPTION_WITH_VALUE


cdef int _option(Slice options, uint8_t letter) noexcept nogil:
    """Return the rule for a letter in getopt's option string."""
    cdef uint32_t i
    cdef int found = OPTION_UNKNOWN
    if letter == b':':
        return OPTION_UNKNOWN
    for i in range(options.len):
        if options.ptr[i] == letter:
            if i + 1 < options.len and options.ptr[i + 1] == b':':
                return OPTION_WITH_VALUE
            found = OPTION_ALONE
    return found


cdef inline Slice _part(Slice text, uint32_t start, uint32_t length) noexcept nogil:
    text.ptr += start
    text.len = length
    return text


cdef uint32_t _options(const Values *words, Slice options, Slice only, Value *out) noexcept nogil:
    """Parse the options among the words of a command line, each followed by its value; return the number of texts.

    With `only`, return the last value of that option. `out` may be NULL.
    """
    cdef Slice word, value
    cdef uint32_t w = 0, i, n = 0
    cdef int found
    cdef bint is_wanted
    while w < words.count:
        word = words.items[w].text
        w += 1
        if word.len < 2 or word.ptr[0] != b'-' or (word.len == 2 and word.ptr[1] == b'-'):
            break
        if word.ptr[1] == b'-':
            continue
        for i in range(1, word.len):
            found = _option(options, word.ptr[i])
            is_wanted = only.ptr is NULL or (found != OPTION_UNKNOWN and word.ptr[i] == only.ptr[0])
            if only.ptr is not NULL and is_wanted:
                n = 0
            value = slice_of(b"?") if found == OPTION_UNKNOWN else _part(word, i, 1)
            if found != OPTION_WITH_VALUE:
                n += _add(out, n, value, is_wanted)
                continue
            if i + 1 == word.len and w == words.count:
                n += _add(out, n, slice_of(b""), is_wanted)
                break
            n += _add(out, n, value, is_wanted and only.ptr is NULL)
            if i + 1 < word.len:
                value = _part(word, i + 1, word.len - i - 1)
            else:
                value = words.items[w].text
                w += 1
            n += _add(out, n, value, is_wanted)
            break
    return n


cdef inline uint32_t _add(Value *out, uint32_t at, Slice text, bint is_wanted) noexcept nogil:
    if is_wanted and out is not NULL:
        value_text(&out[at], text)
    return is_wanted


cdef bint transform_getopt(
    EvalCx *cx, const FieldArg *option, const Values *args, uint32_t count, Values *out
) noexcept nogil:
    cdef Slice options = args[1].items[0].text
    cdef Value *items = <Value *>out.items
    cdef uint32_t found = 1
    if option.key.ptr is NULL:
        found = _options(args, options, option.key, NULL)
        items = <Value *>arena_take_aligned(&cx.memo.arena, (found or 1) * sizeof(Value))
        if items is NULL:
            return 0
    out.count = _options(args, options, option.key, items)
    out.is_list = option.key.ptr is NULL
    out.items = items
    return out.is_list or out.count == 1
