# SPDX-License-Identifier: Apache-2.0
"""Params of an event as text, as Falco prints them: the value as it is, and what it means.

`param_raw` always has a text; one that is absent is ``NULL`` (bytes) or ``<NA>``.  `param_meaning` has one where the
value has a name that says more: flags, errors, descriptors, processes, users, signals, and relative paths made
absolute.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_FD_UNKNOWN,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_MEMFD_CREATE,
    EV_SOCKET,
    FMT_HEX,
    FMT_OCT,
    FMT_PADDED,
    KIND_BYTES,
    KIND_INT,
    KIND_STR,
    PT_ABSTIME,
    PT_BYTEBUF,
    PT_CHARBUF,
    PT_DYN,
    PT_ENUMFLAGS8,
    PT_ENUMFLAGS16,
    PT_ENUMFLAGS32,
    PT_ERRNO,
    PT_FD,
    PT_FLAGS8,
    PT_FLAGS16,
    PT_FLAGS32,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_GID,
    PT_MODE,
    PT_PID,
    PT_RELTIME,
    PT_SIGTYPE,
    PT_SYSCALLID,
    PT_SOCKADDR,
    PT_SOCKTUPLE,
    PT_UID,
    tbl_errno_name,
    tbl_flag,
    tbl_call_name,
    tbl_signal_name,
    tbl_variant,
)
from tiercel._core.files cimport (
    cx_fd_name,
    cx_fd_type,
    cx_has_fd,
    cx_is_open,
    cx_path,
    param_absent,
    param_number,
    param_path,
    param_slice,
)
from tiercel._core.procs cimport Proc, names_get, proc_current
from tiercel._core.sockets cimport Ends, cx_ends, text_sockaddr, text_socktuple
from tiercel._core.text cimport (
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
    text_uint,
    text_word,
)
from tiercel._core.times cimport TIME_DATE_ZONE, text_time
from tiercel._core.value cimport BINDING_REQUESTED, BINDING_RESOLVED, value_int, value_text, value_uint
from tiercel._core.view cimport slice_equal, slice_is_absolute, slice_of, slice_text, view_text

cdef enum:
    AT_FDCWD = -100
    UNSET = 0xffff_ffff

cdef enum:
    TYPES = 22

# By enum ev_fd_type.
cdef const char *TYPE_CHARS[TYPES]
TYPE_CHARS[:] = [
    b"o", b"f", b"d", b"4", b"6", b"4", b"6", b"p", b"u", b"e", b"X", b"s", b"l", b"i", b"t", b"n", b"o", b"b", b"u",
    b"r", b"m", b"P",
]
cdef const char *TYPE_WORDS[TYPES]
TYPE_WORDS[:] = [
    b"<NA>", b"file", b"directory", b"ipv4", b"ipv6", b"ipv4", b"ipv6", b"pipe", b"unix", b"event", b"<NA>",
    b"signalfd", b"eventpoll", b"inotify", b"timerfd", b"netlink", b"<NA>", b"bpf", b"userfaultfd", b"io_uring",
    b"memfd", b"pidfd",
]

# --- Numbers ----------------------------------------------------------------------------------------------------------

cdef void _put_number(Text *text, int64_t number, bint is_signed, int size, int fmt) noexcept nogil:
    """A number of `size` bytes in a print format (enum tbl_format)."""
    cdef uint64_t bits = <uint64_t>number
    if size < 8:
        bits &= (<uint64_t>1 << (8 * size)) - 1
    if fmt == FMT_HEX:
        text_hex(text, bits, 1)
    elif fmt == FMT_OCT:
        text_oct(text, bits)
    elif fmt == FMT_PADDED:
        text_padded(text, bits, 9)
    elif is_signed:
        text_int(text, number)
    else:
        text_uint(text, bits)


cdef bint _put_error(Text *text, int64_t result) noexcept nogil:
    """The name of a negative result."""
    cdef const char *name
    if result >= 0 or result < -0xffff:
        return 0
    name = tbl_errno_name(<unsigned int>-result)
    if name is NULL:
        return 0
    text_word(text, name)
    return 1


cdef bint errno_text(EvalCx *cx, int64_t result, Slice *out) noexcept nogil:
    """The name of a negative result, or its number where it has none."""
    cdef Text text
    text_begin(&text, &cx.arena)
    if not _put_error(&text, result):
        text_int(&text, result)
    return text_end(&text, out)


cdef bint _put_flags(Text *text, const tbl_param *param, uint32_t value) noexcept nogil:
    """Names of bits, joined by ``|``, in the order of their table.

    A row fits if it is zero like the value, or if all its bits are among those not named yet, which it takes away. A
    permission mode ends at a row that is the whole value; so do other flags.
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
    """All names of exactly that value, joined by ``|``."""
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


# --- Descriptors ------------------------------------------------------------------------------------------------------

cdef const char *fd_type_char(int type) noexcept nogil:
    """The letter of an enum ev_fd_type."""
    return TYPE_CHARS[type if 0 <= type < TYPES else <int>EV_FD_UNKNOWN]


cdef const char *fd_type_word(int type) noexcept nogil:
    """The word of an enum ev_fd_type."""
    return TYPE_WORDS[type if 0 <= type < TYPES else <int>EV_FD_UNKNOWN]


cdef bint cx_typechar(EvalCx *cx, Slice *out) noexcept nogil:
    """fd.typechar; of an unknown descriptor, what the call would have made. 0 if the event has no descriptor."""
    cdef int type
    if not cx_has_fd(cx):
        return 0
    type = cx_fd_type(cx)
    if type != EV_FD_UNKNOWN:
        out[0] = slice_of(fd_type_char(type))
    elif cx_is_open(cx):
        out[0] = slice_of(b"f")
    elif cx.hdr.type == EV_SOCKET or cx.hdr.type == EV_ACCEPT or cx.hdr.type == EV_ACCEPT4:
        out[0] = slice_of(b"4")
    elif cx.hdr.type == EV_MEMFD_CREATE:
        out[0] = slice_of(b"m")
    else:
        out[0] = slice_of(b"o")
    return 1


cdef bint _fd_meaning(EvalCx *cx, const tbl_param *param, int64_t fd, Slice *out) noexcept nogil:
    """``<f>/etc/passwd`` for the descriptor that the event works on; AT_FDCWD; the name of an error."""
    cdef Text text
    cdef Slice name
    cdef Ends ends
    cdef int type
    if fd < 0:
        text_begin(&text, &cx.arena)
        if fd == AT_FDCWD:
            text_word(&text, b"AT_FDCWD")
        elif not _put_error(&text, fd):
            return 0
        return text_end(&text, out)
    type = cx_fd_type(cx)
    if param.index != cx.event.fd_param or type == EV_FD_UNKNOWN or not cx_fd_name(cx, cx.binding, &name):
        return 0
    text_begin(&text, &cx.arena)
    text_char(&text, b'<')
    text_word(&text, fd_type_char(type))
    if cx_ends(cx, &ends):
        if ends.l4proto == EV_L4_TCP:
            text_char(&text, b't')
        elif ends.l4proto == EV_L4_UDP:
            text_char(&text, b'u')
        elif ends.l4proto == EV_L4_ICMP:
            text_char(&text, b'i')
        elif ends.l4proto == EV_L4_RAW:
            text_char(&text, b'r')
    text_char(&text, b'>')
    text_slice(&text, name)
    return text_end(&text, out)


# --- Values of several types ------------------------------------------------------------------------------------------

cdef int64_t _variant_number(const tbl_variant *variant, Slice value, int *size) noexcept nogil:
    """The number of a DYN value behind its first byte; `size` is 0 if it is too short."""
    cdef uint64_t bits = 0
    size[0] = 8
    if variant.type == PT_SIGTYPE:
        size[0] = 1
    if value.len < 1 + <uint32_t>size[0]:
        size[0] = 0
        return 0
    memcpy(&bits, value.ptr + 1, size[0])
    return <int64_t>bits


cdef const tbl_variant *_variant(const tbl_param *param, Slice value) noexcept nogil:
    if value.len == 0 or value.ptr[0] >= param.nvariants:
        return NULL
    return &param.variants[value.ptr[0]]


cdef void _put_variant(Text *text, const tbl_param *param, Slice value) noexcept nogil:
    cdef const tbl_variant *variant = _variant(param, value)
    cdef int64_t number
    cdef int size = 0
    if variant is not NULL:
        number = _variant_number(variant, value, &size)
    if size:
        _put_number(text, number, variant.kind == KIND_INT, size, variant.fmt)
    else:
        text_printable(text, value)


# --- The two texts ----------------------------------------------------------------------------------------------------

cdef bint _reference_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Texts, bytes and addresses."""
    cdef Slice value
    cdef Text text
    cdef Ends ends
    cdef int type = param.type
    if type == PT_FSPATH or type == PT_FSRELPATH:
        view_text(cx.hdr, param_path(cx, param).name, &value)
        if value.ptr is NULL:
            # A path that only the kernel knows, as the executable's.
            view_text(cx.hdr, param_path(cx, param).real, &value)
    else:
        param_slice(cx, param, &value)
    if type == PT_CHARBUF or type == PT_FSPATH or type == PT_FSRELPATH:
        value = slice_text(value)
        if value.ptr is NULL or slice_equal(value, slice_of(b"(NULL)")):
            value = slice_of(b"<NA>")
        out[0] = value
        return 1
    if value.ptr is NULL or (value.len == 0 and type != PT_SOCKADDR):
        out[0] = slice_of(b"<NA>" if type == PT_SOCKADDR else b"NULL")
        return 1
    text_begin(&text, &cx.arena)
    if type == PT_SOCKADDR:
        text_sockaddr(&text, value)
    elif type == PT_SOCKTUPLE:
        text_socktuple(
            &text, value, not (cx_ends(cx, &ends) and (ends.l4proto == EV_L4_ICMP or ends.l4proto == EV_L4_RAW))
        )
    elif type == PT_DYN:
        _put_variant(&text, param, value)
    else:
        text_printable(&text, value)
    return text_end(&text, out)


cdef inline bint _is_reference(const tbl_param *param) noexcept nogil:
    cdef int type = param.type
    return (
        type == PT_CHARBUF or type == PT_BYTEBUF or type == PT_FSPATH or type == PT_FSRELPATH or type == PT_SOCKADDR
        or type == PT_SOCKTUPLE or type == PT_DYN
    )


cdef bint param_raw(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """The value as it is; 0 only if the arena is full."""
    cdef Text text
    cdef int64_t number
    cdef int type = param.type
    if _is_reference(param):
        return _reference_raw(cx, param, out)
    if param_absent(cx, param):
        out[0] = slice_of(b"<NA>")
        return 1
    number = param_number(cx, param)
    text_begin(&text, &cx.arena)
    if type == PT_ABSTIME:
        text_time(&text, <uint64_t>number, TIME_DATE_ZONE)
    elif type == PT_RELTIME and number == -1:
        text_word(&text, b"none")
    elif type == PT_UID or type == PT_GID:
        text_int(&text, -1 if number == UNSET else number)
    elif type == PT_MODE or not param.nflags:
        _put_number(&text, number, param.kind == KIND_INT, param.size, param.fmt)
    else:
        text_uint(&text, <uint64_t>number)
    return text_end(&text, out)


cdef bint param_value(EvalCx *cx, const tbl_param *param, Value *out) noexcept nogil:
    """The value itself; 0 if it is absent, but an absent text is ``<NA>``."""
    if param.kind == KIND_STR:
        return _reference_raw(cx, param, &out.text) and value_text(out, out.text)
    if param.kind == KIND_BYTES:
        out.kind = KIND_BYTES
        return param_slice(cx, param, &out.text) and out.text.len > 0
    if param_absent(cx, param):
        return 0
    if param.kind == KIND_INT:
        return value_int(out, param_number(cx, param))
    return value_uint(out, <uint64_t>param_number(cx, param))


cdef bint _path_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """Under the resolved binding what the kernel used; otherwise a relative path made absolute."""
    cdef Slice name
    if cx.binding == BINDING_RESOLVED and view_text(cx.hdr, param_path(cx, param).real, out):
        return not (view_text(cx.hdr, param_path(cx, param).name, &name) and slice_equal(name, out[0]))
    if not view_text(cx.hdr, param_path(cx, param).name, &name):
        return 0
    if name.len == 0 or slice_is_absolute(name) or slice_equal(name, slice_of(b"(NULL)")):
        return 0
    return cx_path(cx, param_path(cx, param), BINDING_REQUESTED, out)


cdef bint _id_meaning(EvalCx *cx, const tbl_param *param, uint32_t id, Slice *out) noexcept nogil:
    if id == UNSET:
        out[0] = slice_of(b"<NONE>")
        return 1
    out[0] = names_get(&cx.state.users if param.type == PT_UID else &cx.state.groups, id)
    if out.ptr is NULL:
        out[0] = slice_of(b"<NA>")
    return 1


cdef bint _pid_meaning(EvalCx *cx, int64_t pid, Slice *out) noexcept nogil:
    cdef const Proc *proc = proc_current(cx.state, <uint32_t>pid) if 0 < pid <= 0x7fff_ffff else NULL
    if proc is NULL or proc.image is NULL or proc.image.comm.ptr is NULL:
        return 0
    out[0] = proc.image.comm
    return 1


cdef bint param_meaning(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil:
    """What the value means; 0 if that is nothing more than the value, or empty."""
    cdef const tbl_variant *variant
    cdef const char *name
    cdef Slice value
    cdef Text text
    cdef int64_t number
    cdef int type = param.type, size
    if type == PT_FSPATH or type == PT_FSRELPATH:
        return _path_meaning(cx, param, out) and out.len > 0
    if type == PT_DYN:
        if not param_slice(cx, param, &value):
            return 0
        variant = _variant(param, value)
        if variant is NULL or variant.type != PT_SIGTYPE:
            return 0
        number = _variant_number(variant, value, &size)
        type = PT_SIGTYPE
    elif _is_reference(param) or param_absent(cx, param):
        return 0
    else:
        number = param_number(cx, param)
    if type == PT_FD:
        return _fd_meaning(cx, param, number, out) and out.len > 0
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
    text_begin(&text, &cx.arena)
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
