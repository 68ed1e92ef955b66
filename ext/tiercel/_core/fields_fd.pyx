# SPDX-License-Identifier: Apache-2.0
"""``fd.*``: the file descriptor that the event works on. Only events with one have these fields."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from tiercel._core.events_gen cimport (
    EV_FD_DIRECTORY,
    EV_FD_FILE,
    EV_FD_IPV4_SOCK,
    EV_FD_IPV6_SERVSOCK,
    EV_FD_UNIX_SOCK,
    EV_FD_UNKNOWN,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_ROLE_NONE,
    EV_ROLE_SERVER,
    EVF_FILE_LOWER,
    EVF_FILE_UPPER,
    KIND_IP,
    KIND_NET,
    tbl_param,
)
from tiercel._core.files cimport (
    cx_fd_name,
    cx_fd_type,
    cx_has_fd,
    cx_is_open,
    event_path_param,
    param_absent,
    param_number,
    param_path,
)
from tiercel._core.params cimport cx_typechar, fd_type_word
from tiercel._core.sockets cimport Ends, cx_ends
from tiercel._core.text cimport Text, text_begin, text_char, text_end, text_int, text_put, text_slice, text_uint
from tiercel._core.value cimport (
    BINDING_REQUESTED,
    BINDING_RESOLVED,
    ITER_PRINT,
    value_bool,
    value_int,
    value_ip,
    value_text,
    value_uint,
    value_word,
)
from tiercel._core.view cimport Slice, slice_of, view_text


cdef bint field_fd_num(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The number; -1 where the call was to make a descriptor and failed."""
    cdef int64_t number
    if not cx_has_fd(cx) or cx.event.fd_param < 0 or param_absent(cx, &cx.event.params[cx.event.fd_param]):
        return 0
    number = param_number(cx, &cx.event.params[cx.event.fd_param])
    if number < 0 and cx.event.fd_param == cx.event.res_param:
        number = -1
    return value_int(out, number)


# --- Names ------------------------------------------------------------------------------------------------------------

cdef bint _name(EvalCx *cx, int binding, Value *out) noexcept nogil:
    cdef Slice name
    return cx_fd_name(cx, binding, &name) and value_text(out, name)


cdef bint field_fd_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, cx.binding, out)


cdef bint field_fd_name_requested(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, BINDING_REQUESTED, out)


cdef bint field_fd_name_resolved(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _name(cx, BINDING_RESOLVED, out)


cdef inline int _last_slash(Slice name) noexcept nogil:
    """Where the last slash is; -1 for none."""
    cdef int at = <int>name.len - 1
    while at >= 0 and name.ptr[at] != b'/':
        at -= 1
    return at


cdef bint _directory(EvalCx *cx, Slice *out) noexcept nogil:
    """The name of a directory, or that of a file up to its last slash; a descriptor that is not known is a file."""
    cdef int type = cx_fd_type(cx)
    cdef int slash
    if not cx_has_fd(cx) or not cx_fd_name(cx, cx.binding, out):
        return 0
    if type == EV_FD_DIRECTORY:
        return 1
    if type != EV_FD_FILE and (type != EV_FD_UNKNOWN or cx.file is not NULL):
        return 0
    slash = _last_slash(out[0])
    if slash <= 0:
        out[0] = slice_of(b"/")
    elif slash < <int>out.len - 1:
        out.len = <unsigned int>slash
    return 1


cdef bint field_fd_directory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return _directory(cx, &name) and value_text(out, name)


cdef bint field_fd_filename(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    cdef int slash
    if not cx_has_fd(cx) or cx_fd_type(cx) != EV_FD_FILE or not cx_fd_name(cx, cx.binding, &name):
        return 0
    slash = _last_slash(name)
    name.ptr += slash + 1
    name.len -= <unsigned int>(slash + 1)
    return value_text(out, name)


cdef bint field_fd_nameraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Of the path that an open was given, runs of slashes become one."""
    cdef const tbl_param *param
    cdef Slice name
    cdef Text text
    cdef uint32_t i
    if not cx_is_open(cx):
        return 0
    param = event_path_param(cx)
    if param is NULL or not view_text(cx.hdr, param_path(cx, param).name, &name):
        return 0
    text_begin(&text, &cx.arena)
    for i in range(name.len):
        if name.ptr[i] != b'/' or i == 0 or name.ptr[i - 1] != b'/':
            text_char(&text, <char>name.ptr[i])
    return text_end(&text, &name) and value_text(out, name)


cdef bint _in_container(EvalCx *cx, Slice name, Value *out) noexcept nogil:
    """The id of the container, nothing on the host, a colon, and the name."""
    cdef Text text
    text_begin(&text, &cx.arena)
    if cx.proc is not NULL and cx.proc.container is not NULL and cx.proc.container != cx.state.host:
        text_put(&text, cx.proc.container.id, cx.proc.container.len)
    text_char(&text, b':')
    text_slice(&text, name)
    return text_end(&text, &name) and value_text(out, name)


cdef bint field_fd_containername(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return cx_fd_name(cx, cx.binding, &name) and _in_container(cx, name, out)


cdef bint field_fd_containerdirectory(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice name
    return _directory(cx, &name) and _in_container(cx, name, out)


cdef bint field_fd_uid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice line
    cdef Text text
    if not field_fd_num(cx, arg, out):
        return 0
    text_begin(&text, &cx.arena)
    text_uint(&text, cx.hdr.tid)
    text_int(&text, out.i)
    return text_end(&text, &line) and value_text(out, line)


# --- The file ---------------------------------------------------------------------------------------------------------

cdef bint _device(const EvalCx *cx, uint32_t *device) noexcept nogil:
    """The device of a file or directory, 0 for anything else, in the form that stat(2) has it."""
    cdef int type = cx_fd_type(cx)
    if not cx_has_fd(cx) or cx.file is NULL:
        return 0
    device[0] = cx.file.dev if type == EV_FD_FILE or type == EV_FD_DIRECTORY else 0
    return 1


cdef bint field_fd_dev(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, <int32_t>device)


cdef bint field_fd_dev_major(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, (device & 0xfff00) >> 8)


cdef bint field_fd_dev_minor(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef uint32_t device
    return _device(cx, &device) and value_int(out, (device & 0xff) | ((device >> 12) & 0xfff00))


cdef bint field_fd_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.file is not NULL and value_int(out, <int64_t>cx.file.ino)


cdef bint field_fd_is_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.file is not NULL and value_bool(out, cx.file.flags & EVF_FILE_UPPER != 0)


cdef bint field_fd_is_lower_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return cx_has_fd(cx) and cx.file is not NULL and value_bool(out, cx.file.flags & EVF_FILE_LOWER != 0)


# --- Kind -------------------------------------------------------------------------------------------------------------

cdef bint field_fd_type(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx_fd_type(cx) if cx_has_fd(cx) else <int>EV_FD_UNKNOWN
    return type != EV_FD_UNKNOWN and value_word(out, fd_type_word(type))


cdef bint field_fd_typechar(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice letter
    return cx_typechar(cx, &letter) and value_text(out, letter)


cdef bint field_fd_sockfamily(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef int type = cx_fd_type(cx) if cx_has_fd(cx) else <int>EV_FD_UNKNOWN
    if EV_FD_IPV4_SOCK <= type <= EV_FD_IPV6_SERVSOCK:
        return value_word(out, b"ip")
    return type == EV_FD_UNIX_SOCK and value_word(out, b"unix")


cdef bint field_fd_l4proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The transport of an IP socket whose role is known, or that is raw; ``<NA>`` for any other descriptor."""
    cdef Ends ends
    if not cx_has_fd(cx) or cx_fd_type(cx) == EV_FD_UNKNOWN:
        return 0
    if cx_ends(cx, &ends) and (ends.role != EV_ROLE_NONE or ends.l4proto == EV_L4_RAW):
        if ends.l4proto == EV_L4_TCP:
            return value_word(out, b"tcp")
        if ends.l4proto == EV_L4_UDP:
            return value_word(out, b"udp")
        if ends.l4proto == EV_L4_ICMP:
            return value_word(out, b"icmp")
        if ends.l4proto == EV_L4_RAW:
            return value_word(out, b"raw")
    return value_word(out, b"<NA>")


# --- Addresses and ports ----------------------------------------------------------------------------------------------

cdef enum _Side:
    CLIENT
    SERVER
    LOCAL
    REMOTE


cdef bint _end(const EvalCx *cx, _Side side, Ends *ends, bint *is_source) noexcept nogil:
    """Find an end of a socket whose role is known: of a listening one there is the server's only."""
    if not cx_has_fd(cx) or not cx_ends(cx, ends) or ends.role == EV_ROLE_NONE:
        return 0
    if side != SERVER and not ends.connected:
        return 0
    if side == LOCAL:
        side = SERVER if ends.role == EV_ROLE_SERVER else CLIENT
    elif side == REMOTE:
        side = CLIENT if ends.role == EV_ROLE_SERVER else SERVER
    is_source[0] = side == CLIENT
    return 1


cdef bint _value_end(const Ends *ends, bint is_source, uint8_t kind, Value *out) noexcept nogil:
    if is_source:
        return value_ip(out, kind, ends.family, ends.sip)
    return value_ip(out, kind, ends.family, ends.dip)


cdef bint _ip(EvalCx *cx, _Side side, uint8_t kind, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _end(cx, side, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, kind, out)


cdef bint _port(EvalCx *cx, _Side side, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _end(cx, side, &ends, &is_source):
        return 0
    return value_uint(out, ends.sport if is_source else ends.dport)


cdef bint _either(const EvalCx *cx, const FieldArg *arg, Ends *ends, bint *is_source) noexcept nogil:
    """Both ends in turn, whatever the role: the source if there is one, then the destination."""
    if arg.iter == ITER_PRINT or not cx_has_fd(cx) or not cx_ends(cx, ends):
        return 0
    is_source[0] = ends.connected and arg.iter == 0
    return arg.iter < (2 if ends.connected else 1)


cdef bint field_fd_ip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, KIND_IP, out)


cdef bint field_fd_net(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return _value_end(&ends, is_source, KIND_NET, out)


cdef bint field_fd_port(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Ends ends
    cdef bint is_source
    if not _either(cx, arg, &ends, &is_source):
        return 0
    return value_uint(out, ends.sport if is_source else ends.dport)


cdef bint field_fd_proto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return field_fd_port(cx, arg, out)


cdef bint field_fd_cip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, CLIENT, KIND_IP, out)


cdef bint field_fd_sip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, SERVER, KIND_IP, out)


cdef bint field_fd_lip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, LOCAL, KIND_IP, out)


cdef bint field_fd_rip(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, REMOTE, KIND_IP, out)


cdef bint field_fd_cport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, CLIENT, out)


cdef bint field_fd_sport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, SERVER, out)


cdef bint field_fd_lport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, LOCAL, out)


cdef bint field_fd_rport(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _port(cx, REMOTE, out)


cdef bint field_fd_cnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, CLIENT, KIND_NET, out)


cdef bint field_fd_snet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, SERVER, KIND_NET, out)


cdef bint field_fd_lnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, LOCAL, KIND_NET, out)


cdef bint field_fd_rnet(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ip(cx, REMOTE, KIND_NET, out)


# --- Services ---------------------------------------------------------------------------------------------------------

cdef bint _service(EvalCx *cx, _Side side, Value *out) noexcept nogil:
    """The port as text: as Falco does unless told otherwise, no name is looked up. Empty for a listening socket."""
    cdef Ends ends
    cdef bint is_source
    cdef Slice line
    cdef Text text
    if (side == CLIENT or side == SERVER) and _end(cx, SERVER, &ends, &is_source) and not ends.connected:
        return value_word(out, b"")
    if not _end(cx, side, &ends, &is_source):
        return 0
    text_begin(&text, &cx.arena)
    text_uint(&text, ends.sport if is_source else ends.dport)
    return text_end(&text, &line) and value_text(out, line)


cdef bint field_fd_cproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, CLIENT, out)


cdef bint field_fd_sproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, SERVER, out)


cdef bint field_fd_lproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, LOCAL, out)


cdef bint field_fd_rproto(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _service(cx, REMOTE, out)
