# SPDX-License-Identifier: Apache-2.0
"""Text of event params, as Falco prints them: raw value and meaning.

`param_raw` always has a text; an absent value is ``NULL`` (bytes) or ``<NA>``.  `param_meaning` has a text for values
with a name: flags, errors, descriptors, processes, users, signals, and relative paths, which it makes absolute.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.fields.event_access cimport cx_path, param_absent, param_number, param_path, param_slice
from tiercel._core.fields.fd_text cimport fd_meaning, text_fdlist
from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6, cx_ends, text_sockaddr, text_socktuple
from tiercel._core.fields.stale_params cimport cx_remember
from tiercel._core.state.container cimport names_get
from tiercel._core.state.process cimport Proc
from tiercel._core.util.arena_text cimport (
    TIME_DATE,
    Text,
    text_begin,
    text_char,
    text_end,
    text_hex,
    text_int,
    text_oct,
    text_padded,
    text_printable,
    text_seconds,
    text_slice,
    text_time,
    text_uint,
    text_word,
)
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.path cimport PATH_LIMIT, path_join
from tiercel._core.util.slice cimport slice_equal, slice_is_absolute, slice_of, slice_text
from tiercel._core.values.value cimport (
    BINDING_REQUESTED,
    BINDING_RESOLVED,
    AccountNames,
    Ends,
    value_int,
    value_ip,
    value_text,
    value_uint,
)
from tiercel._core.wire.events_gen cimport (
    EV_L4_ICMP,
    EV_L4_RAW,
    FMT_HEX,
    FMT_OCT,
    FMT_PADDED,
    KIND_BYTES,
    KIND_INT,
    KIND_IP,
    KIND_STR,
    KIND_UINT,
    PT_ABSTIME,
    PT_CHARBUF,
    PT_DYN,
    PT_ENUMFLAGS8,
    PT_ENUMFLAGS16,
    PT_ENUMFLAGS32,
    PT_ERRNO,
    PT_FD,
    PT_FD32,
    PT_FDLIST,
    PT_FLAGS8,
    PT_FLAGS16,
    PT_FLAGS32,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_GID,
    PT_IPV4ADDR,
    PT_IPV6ADDR,
    PT_MODE,
    PT_PID,
    PT_PID32,
    PT_PORT,
    PT_RELTIME,
    PT_SIGSET,
    PT_SIGTYPE,
    PT_SOCKADDR,
    PT_SOCKTUPLE,
    PT_SYSCALLID,
    PT_UID,
    PT_UINT32,
    tbl_call_name,
    tbl_errno_name,
    tbl_flag,
    tbl_signal_name,
    tbl_variant,
)
from tiercel._core.wire.view cimport view_text

cdef enum:
    AT_FDCWD = -100
    UNSET = 0xffff_ffff

# --- Numbers ----------------------------------------------------------------------------------------------------------

cdef void _put_number(Text *text, int64_t number, bint is_signed, int size, int fmt) noexcept nogil:
    """Write a number of `size` bytes in a print format (enum tbl_format)."""
    cdef uint64_t bits = <uint64_t>number
    if size < 8:
        bits &= (<uint64_t>1 << (8 * size)) - 1
    if fmt == FMT_HEX:
        text_hex(text, bits, 1)
    elif fmt == FMT_OCT:
        text_oct(text, bits)
    elif fmt == FMT_PADDED:
        text_padded(text, bits, 9)
    elif is_signed or size == 8:
        text_int(text, number)
    elif size == 4:
        # As in Falco: decimal numbers of 32 and 64 bits are signed.
        text_int(text, <int32_t>bits)
    else:
        text_uint(text, bits)


cdef bint _put_error(Text *text, int64_t result) noexcept nogil:
    """Write the errno name of a negative result."""
    cdef const char *name
    if result >= 0 or result < -0xffff:
        return 0
    name = tbl_errno_name(<unsigned int>-result)
    if name is NULL:
        return 0
    text_word(text, name)
    return 1


cdef bint _put_flags(Text *text, const tbl_param *param, uint32_t value) noexcept nogil:
    """Write the names of bits, joined by ``|``, in the order of their table.

    A row matches if it is zero like the value, or if all its bits are still unnamed; its bits count as named then. A
    permission mode ends at a row equal to the whole value, and so do other flags.
    """
    cdef const tbl_flag *row
    cdef uint32_t left = value
    cdef bint is_first = 1
    cdef int i
    for i in range(param.nflags):
        row = &param.flags[i]
        if row.value == 0:
            if value != 0:
                continue
        elif left == 0 or left & row.value != row.value:
            continue
        if not is_first:
            text_char(text, b'|')
        text_word(text, row.name)
        is_first = 0
        if row.value == value:
            break
        left &= ~row.value
    return not is_first


cdef bint _put_enum(Text *text, const tbl_param *param, uint32_t value) noexcept nogil:
    """Write all names of exactly that value, joined by ``|``."""
    cdef bint is_first = 1
    cdef int i
    for i in range(param.nflags):
        if param.flags[i].value != value:
            continue
        if not is_first:
            text_char(text, b'|')
        text_word(text, param.flags[i].name)
        is_first = 0
    return not is_first


# --- Values of several types ------------------------------------------------------------------------------------------

# A DYN value without its first byte. `variant` is NULL if that byte is unknown; `number` is a value of fixed size.
cdef struct Dynamic:
    const tbl_variant *variant
    Slice bytes
    int size                # of the number; 0: bytes, a text, or too short for a number
    int64_t number


cdef void _read_dynamic(const tbl_param *param, Slice value, Dynamic *out) noexcept nogil:
    cdef uint64_t bits = 0
    cdef int size = 8
    out.variant = NULL
    out.size = 0
    out.number = 0
    out.bytes = value
    if value.len == 0 or value.ptr[0] >= param.nvariants:
        return
    out.variant = &param.variants[value.ptr[0]]
    out.bytes.ptr += 1
    out.bytes.len -= 1
    if out.variant.kind == KIND_STR or out.variant.kind == KIND_BYTES:
        return
    if out.variant.type == PT_SIGTYPE:
        size = 1
    elif out.variant.type == PT_UINT32:
        size = 4
    if out.bytes.len >= <uint32_t>size:
        memcpy(&bits, out.bytes.ptr, size)
        out.number = <int64_t>bits
        out.size = size


cdef void _put_dynamic(Text *text, const tbl_param *param, Slice value) noexcept nogil:
    cdef Dynamic dynamic
    _read_dynamic(param, value, &dynamic)
    if dynamic.size:
        _put_number(text, dynamic.number, dynamic.variant.kind == KIND_INT, dynamic.size, dynamic.variant.fmt)
    elif dynamic.variant is not NULL and dynamic.variant.kind == KIND_STR:
        # Falco prints a null pointer for a text of length 0, which its C library formats like this.
        text_slice(text, slice_text(dynamic.bytes) if dynamic.bytes.len else slice_of(b"(null)"))
    elif dynamic.variant is not NULL and dynamic.bytes.len == 0:
        text_word(text, b"NULL")
    else:
        text_printable(text, dynamic.bytes)


cdef Slice _known_text(Slice text) noexcept nogil:
    """Read a text up to its first NUL; ``<NA>`` if the kernel could not read it."""
    text = slice_text(text)
    return slice_of(b"<NA>") if text.ptr is NULL or slice_equal(text, slice_of(b"(NULL)")) else text


cdef void _put_signals(Text *text, uint32_t signals) noexcept nogil:
    """Write the names of the signals of a set, separated by blanks."""
    cdef const char *name
    cdef bint is_first = 1
    cdef unsigned int i
    for i in range(32):
        name = tbl_signal_name(i + 1) if signals >> i & 1 else NULL
        if name is not NULL:
            if not is_first:
                text_char(text, b' ')
            text_word(text, name)
            is_first = 0


# --- The two texts ----------------------------------------------------------------------------------------------------

cdef bint _reference_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Write a text, bytes or an address."""
    cdef Slice value
    cdef Text text
    cdef Ends ends
    cdef int type = param.type
    if type == PT_FSPATH or type == PT_FSRELPATH:
        view_text(cx.event.hdr, param_path(cx, param).name, &value)
        if value.ptr is NULL:
            # A path without a requested form, like the executable's.
            view_text(cx.event.hdr, param_path(cx, param).real, &value)
    else:
        param_slice(cx, param, &value)
    if type == PT_CHARBUF or type == PT_FSPATH or type == PT_FSRELPATH:
        out[0] = _known_text(value)
        return 1
    if value.ptr is NULL or (value.len == 0 and type != PT_SOCKADDR):
        out[0] = slice_of(b"<NA>" if type == PT_SOCKADDR else b"NULL")
        return 1
    text_begin(&text, &cx.memo.arena)
    if type == PT_SOCKADDR:
        text_sockaddr(&text, value)
    elif type == PT_SOCKTUPLE:
        text_socktuple(
            &text, value, not (cx_ends(cx, &ends) and (ends.l4proto == EV_L4_ICMP or ends.l4proto == EV_L4_RAW))
        )
    elif type == PT_DYN:
        _put_dynamic(&text, param, value)
    elif type == PT_FDLIST:
        text_fdlist(cx, &text, value)
    else:
        text_printable(&text, value)
    return text_end(&text, out)


cdef inline bint _is_unprinted(int type) noexcept nogil:
    """Return whether Falco prints no such value, as in events that describe the initial state."""
    return (
        type == PT_IPV4ADDR or type == PT_IPV6ADDR or type == PT_PORT or type == PT_FD32 or type == PT_PID32
    )


cdef bint _is_absent(EvalCx *cx, const tbl_param *param) noexcept nogil:
    cdef Slice value
    return not param_slice(cx, param, &value) if is_reference(param) else param_absent(cx, param)


cdef bint _raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the raw value; return 0 only if the arena is full."""
    cdef Text text
    cdef int64_t number
    cdef int type = param.type
    if is_reference(param) and not _is_unprinted(type):
        return _reference_raw(cx, param, out)
    if _is_absent(cx, param):
        out[0] = slice_of(b"<NA>")
        return 1
    if _is_unprinted(type):
        out[0] = slice_of(b"(n.a.)")
        return 1
    number = param_number(cx, param)
    text_begin(&text, &cx.memo.arena)
    if type == PT_ABSTIME:
        text_time(&text, <uint64_t>number, TIME_DATE)
    elif type == PT_RELTIME and number == -1:
        text_word(&text, b"none")
    elif type == PT_UID or type == PT_GID:
        text_int(&text, -1 if number == UNSET else number)
    elif type == PT_SIGSET:
        _put_signals(&text, <uint32_t>number)
    elif type == PT_ERRNO:
        text_int(&text, number)
    elif type == PT_MODE or not param.nflags:
        _put_number(&text, number, param.kind == KIND_INT, param.size, param.fmt)
    else:
        text_uint(&text, <uint64_t>number)
    return text_end(&text, out)


cdef bint param_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the raw value; return 0 only if the arena is full."""
    if not _raw(cx, param, out):
        return 0
    if cx.settings.prints_as_falco:
        cx_remember(cx, param, out[0])
    return 1


cdef bint _ip(Value *out) noexcept nogil:
    if out.text.len == 4:
        return value_ip(out, KIND_IP, AF_INET, out.text.ptr)
    return out.text.len == 16 and value_ip(out, KIND_IP, AF_INET6, out.text.ptr)


cdef bint param_value(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    """Read the typed value; return 0 if it is absent, but an absent text is ``<NA>``."""
    if param.kind == KIND_STR:
        return _reference_raw(cx, param, &out.text) and value_text(out, out.text)
    if param.kind == KIND_IP:
        return param_slice(cx, param, &out.text) and _ip(out)
    if param.kind == KIND_BYTES:
        out.kind = KIND_BYTES
        return param_slice(cx, param, &out.text) and out.text.len > 0
    if param_absent(cx, param):
        return 0
    if param.kind == KIND_INT:
        return value_int(out, param_number(cx, param))
    return value_uint(out, <uint64_t>param_number(cx, param))


cdef bint param_shown(EvalCx *cx, const tbl_param *param, int fmt, Value *out) noexcept nogil:
    """Read the value for outputs, which print numbers in `fmt`; a text if the param has another format."""
    cdef Text text
    if param.kind != KIND_INT and param.kind != KIND_UINT:
        return param_value(cx, param, out)
    if cx.source.reports_unknown and param_absent(cx, param):
        return value_uint(out, 0)
    if not param_value(cx, param, out):
        return 0
    if param.fmt == fmt:
        return 1
    text_begin(&text, &cx.memo.arena)
    _put_number(&text, param_number(cx, param), param.kind == KIND_INT, param.size, param.fmt)
    return text_end(&text, &out.text) and value_text(out, out.text)


cdef bint _path_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the kernel's path under the resolved binding; otherwise make a relative path absolute."""
    cdef Slice name
    cdef int64_t dirfd
    if cx.event.lacks_thread:
        return 0
    if cx.binding == BINDING_RESOLVED and view_text(cx.event.hdr, param_path(cx, param).real, out):
        return not (view_text(cx.event.hdr, param_path(cx, param).name, &name) and slice_equal(name, out[0]))
    if not view_text(cx.event.hdr, param_path(cx, param).name, &name):
        return 0
    if name.len == 0 or slice_is_absolute(name) or slice_equal(_known_text(name), slice_of(b"<NA>")):
        return 0
    if param.dirfd >= 0:
        dirfd = param_number(cx, &cx.event.row.params[param.dirfd])
        if dirfd != AT_FDCWD and not cx.source.fd.has_directory(cx, dirfd):
            # No prefix if the directory is unknown.
            return path_join(slice_of(b""), name, PATH_LIMIT if cx.settings.strict else 0, &cx.memo.arena, out)
    return cx_path(cx, param_path(cx, param), BINDING_REQUESTED, out)


cdef const IntMap *_names_of(EvalCx *cx, bint of_users) noexcept nogil:
    """Return the table of user or group names of the process's container; NULL if it is unknown."""
    cdef AccountNames names
    if cx.event.proc is NULL or cx.event.proc.container is NULL or cx.event.proc.container == cx.state.host:
        return &cx.state.users if of_users else &cx.state.groups
    cx.source.proc.account_names(cx, &names)
    return names.users if of_users else names.groups


cdef bint _id_meaning(EvalCx *cx, const tbl_param *param, uint32_t id, Slice *out) noexcept nogil:
    cdef const IntMap *names
    if id == UNSET:
        out[0] = slice_of(b"<NONE>")
        return 1
    names = _names_of(cx, param.type == PT_UID)
    if names is not NULL:
        out[0] = names_get(names, id)
    if names is NULL or out.ptr is NULL:
        out[0] = slice_of(b"<NA>")
    return 1


cdef bint _pid_meaning(EvalCx *cx, int64_t pid, Slice *out) noexcept nogil:
    """Read the name of that process, or in a capture, of that thread."""
    cdef const Proc *proc = cx.source.proc.find(cx, pid)
    if proc is NULL or proc.image is NULL or proc.image.comm.ptr is NULL:
        return 0
    out[0] = proc.image.comm
    return 1


cdef bint param_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the meaning; return 0 if it equals the value or is empty."""
    cdef Dynamic dynamic
    cdef const char *name
    cdef Slice value
    cdef Text text
    cdef int64_t number
    cdef int type = param.type
    if type == PT_FSPATH or type == PT_FSRELPATH:
        return _path_meaning(cx, param, out) and out.len > 0
    if type == PT_DYN:
        if not param_slice(cx, param, &value):
            return 0
        _read_dynamic(param, value, &dynamic)
        if not dynamic.size:
            return 0
        number = dynamic.number
        type = dynamic.variant.type
    elif is_reference(param) or param_absent(cx, param):
        return 0
    else:
        number = param_number(cx, param)
    if type == PT_FD:
        if number < 0 and number != AT_FDCWD:
            text_begin(&text, &cx.memo.arena)
            return _put_error(&text, number) and text_end(&text, out)
        return fd_meaning(cx, param, number, out) and out.len > 0
    if type == PT_PID:
        return _pid_meaning(cx, number, out) and out.len > 0
    if type == PT_UID or type == PT_GID:
        return _id_meaning(cx, param, <uint32_t>number, out) and out.len > 0
    if type == PT_SIGTYPE or type == PT_SYSCALLID:
        name = tbl_signal_name(<unsigned int>number) if type == PT_SIGTYPE else tbl_call_name(<unsigned int>number)
        if name is NULL:
            return 0
        out[0] = slice_of(name)
        return 1
    text_begin(&text, &cx.memo.arena)
    if type == PT_ERRNO:
        if not _put_error(&text, number):
            return 0
    elif type == PT_RELTIME:
        if number == -1:
            return 0
        text_seconds(&text, <uint64_t>number)
    elif type == PT_FLAGS8 or type == PT_FLAGS16 or type == PT_FLAGS32 or type == PT_MODE:
        if not _put_flags(&text, param, <uint32_t>number):
            return 0
    elif type == PT_ENUMFLAGS8 or type == PT_ENUMFLAGS16 or type == PT_ENUMFLAGS32:
        if not _put_enum(&text, param, <uint32_t>number):
            return 0
    else:
        return 0
    return text_end(&text, out) and out.len > 0


cdef bint param_text(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Read the meaning if known, else the value."""
    cdef Slice meaning
    if not param_raw(cx, param, out):
        return 0
    if param_meaning(cx, param, &meaning):
        out[0] = meaning
    return 1
