# SPDX-License-Identifier: Apache-2.0
"""Conversion of records and packed alerts to Python objects. Runs for matches and on request, never per event."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from tiercel._core.alerts.pack cimport (
    ALERT_CUT,
    ALERT_UNCERTAIN,
    TAG_BOOL,
    TAG_BYTES,
    TAG_DOUBLE,
    TAG_INT,
    TAG_IP,
    TAG_LIST,
    TAG_STR,
    TAG_UINT,
    AlertHead,
)
from tiercel._core.fields.event_access cimport event_name, param_absent, param_number, param_path, param_slice
from tiercel._core.fields.fd_text cimport FdList, fd_type_word, fdlist_begin, fdlist_next
from tiercel._core.fields.param_text cimport is_reference, param_raw
from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6
from tiercel._core.util.arena_text cimport Text, arena_free, arena_init, text_address, text_begin, text_end
from tiercel._core.util.slice cimport Slice, slice_text
from tiercel._core.values.value cimport BINDING_RESOLVED, EvalCx
from tiercel._core.wire.events_gen cimport (
    EVF_ARGS_TRUNCATED,
    EVF_FILE_DELETED,
    EVF_FILE_KNOWN,
    EVF_FILE_LOWER,
    EVF_FILE_UPPER,
    EVF_IA32,
    EVF_IO_URING,
    EVF_TOCTOU,
    EVF_TRUNCATED,
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    KIND_BYTES,
    KIND_INT,
    KIND_STR,
    PT_BOOL,
    PT_BYTEBUF,
    PT_CHARBUF,
    PT_CHARBUFARRAY,
    PT_DYN,
    PT_FDLIST,
    PT_FSPATH,
    PT_FSRELPATH,
    PT_IPV4ADDR,
    PT_IPV6ADDR,
    ev_file,
    ev_path,
    ev_ref,
    tbl_event,
    tbl_param,
)
from tiercel._core.wire.view cimport view_comm, view_event, view_text

from tiercel.errors import EventError

cdef enum:
    SCRATCH_BYTES = 64 * 1024

cdef tuple L4_WORDS = (None, None, "tcp", "udp", "icmp", "raw")
cdef tuple ROLE_WORDS = (None, "client", "server")


cdef inline str _str(const uint8_t *data, size_t size):
    """Decode a text; bytes that are not UTF-8 become surrogates."""
    return (<const char *>data)[:size].decode("utf-8", "surrogateescape")


cdef object _text(const ev_hdr *hdr, ev_ref ref):
    cdef Slice slice
    return _str(slice.ptr, slice.len) if view_text(hdr, ref, &slice) else None


# --- Alerts -----------------------------------------------------------------------------------------------------------

cdef object _address(const uint8_t *addr, int family):
    cdef uint8_t room[64]
    cdef EvalCx cx
    cdef Text text
    cdef Slice slice
    memset(&cx, 0, sizeof(cx))
    cx.memo.arena.base = room
    cx.memo.arena.size = sizeof(room)
    text_begin(&text, &cx.memo.arena)
    text_address(&text, addr, family)
    return _str(slice.ptr, slice.len) if text_end(&text, &slice) else None


cdef tuple values_unpack(const uint8_t *at, size_t size, uint32_t count):
    """Read captured values; truncated values are None."""
    cdef const uint8_t *end = at + size
    return tuple([_value_unpack(&at, end, False) for _ in range(count)])


cdef object _value_unpack(const uint8_t **at, const uint8_t *end, bint is_element):
    """Read one value and advance `at` past it."""
    cdef const uint8_t *start = at[0] + 1
    cdef size_t left
    cdef uint32_t length
    cdef uint64_t number
    cdef double fraction
    cdef int tag
    if at[0] >= end:
        return None
    tag = at[0][0]
    at[0] = start
    left = end - start
    if (tag == TAG_STR or tag == TAG_BYTES or tag == TAG_LIST) and left >= 4:
        memcpy(&length, start, 4)
        start += 4
        if length > left - 4 or (tag == TAG_LIST and is_element):
            raise EventError("E301", "an alert is cut off")
        at[0] = start
        if tag == TAG_LIST:
            return [_value_unpack(at, end, True) for _ in range(length)]
        at[0] += length
        return _str(start, length) if tag == TAG_STR else PyBytes_FromStringAndSize(<const char *>start, length)
    if (tag == TAG_UINT or tag == TAG_INT or tag == TAG_DOUBLE) and left >= 8:
        memcpy(&number, start, 8)
        memcpy(&fraction, start, 8)
        at[0] += 8
        if tag == TAG_DOUBLE:
            return fraction
        return number if tag == TAG_UINT else <object><int64_t>number
    if tag == TAG_BOOL and left >= 1:
        at[0] += 1
        return start[0] != 0
    if tag == TAG_IP and left >= 1 and start[0] in (4, 16) and left > start[0]:
        at[0] += 1 + start[0]
        return _address(start + 1, AF_INET if start[0] == 4 else AF_INET6)
    return None


cdef class RawAlert:
    def __repr__(self):
        return f"RawAlert(rule={self.rule}, binding={self.binding!r}, time_ns={self.time_ns}, values={self.values!r})"


cdef RawAlert alert_unpack(const uint8_t *data, size_t size):
    """Unpack the output of `alert_pack`; `data` may be unaligned."""
    cdef AlertHead head
    cdef RawAlert alert = RawAlert.__new__(RawAlert)
    if size < sizeof(AlertHead):
        raise EventError("E301", "an alert is cut off")
    memcpy(&head, data, sizeof(AlertHead))
    if sizeof(AlertHead) + <size_t>head.event_len + head.values_len != size:
        raise EventError("E301", "an alert is cut off")
    data += sizeof(AlertHead)
    alert.rule = head.rule
    alert.binding = "resolved" if head.binding == BINDING_RESOLVED else "requested"
    alert.time_ns = head.time_ns
    alert.num = head.num
    alert.is_cut = head.flags & ALERT_CUT != 0
    alert.is_uncertain = head.flags & ALERT_UNCERTAIN != 0
    alert.event = PyBytes_FromStringAndSize(<const char *>data, head.event_len)
    alert.values = values_unpack(data + head.event_len, head.values_len, head.nvalues)
    return alert


cdef list alerts_unpack(const uint8_t *data, size_t used):
    """Return the alerts of an AlertBuffer. Copies it first: another thread or a finalizer may refill it meanwhile."""
    cdef bytes copy = PyBytes_FromStringAndSize(<const char *>data, <Py_ssize_t>used)
    cdef const uint8_t *start = <const uint8_t *><const char *>copy
    cdef list alerts = []
    cdef size_t at = 0
    cdef uint64_t length
    while at < used:
        length = (<const uint64_t *>(start + at))[0]
        alerts.append(alert_unpack(start + at + 8, length))
        at += 8 + ((length + 7) & ~<uint64_t>7)
    return alerts


# --- Events -----------------------------------------------------------------------------------------------------------

cdef object _value(EvalCx *cx, const tbl_param *param):
    """Return a param's value: number, text or bytes; None if it is absent. Addresses are text, as in `evt.arg`."""
    cdef Slice slice
    cdef int type = param.type
    if type == PT_FSPATH or type == PT_FSRELPATH:
        path = _text(cx.event.hdr, param_path(cx, param).name)
        return path if path is not None else _text(cx.event.hdr, param_path(cx, param).real)
    if is_reference(param):
        if not param_slice(cx, param, &slice):
            return None
        if type == PT_BYTEBUF or type == PT_CHARBUFARRAY:
            return PyBytes_FromStringAndSize(<const char *>slice.ptr, slice.len)
        if type == PT_CHARBUF:
            return _str(slice.ptr, slice.len)
        if type == PT_DYN:
            return _dyn(param, slice)
        if type == PT_FDLIST:
            return _fdlist(slice)
        if type == PT_IPV4ADDR or type == PT_IPV6ADDR:
            return _address(slice.ptr, AF_INET if slice.len == 4 else AF_INET6) if slice.len in (4, 16) else None
        cx.memo.arena.used = 0
        return _str(slice.ptr, slice.len) if param_raw(cx, param, &slice) else None
    if param_absent(cx, param):
        return None
    if type == PT_BOOL:
        return param_number(cx, param) != 0
    return param_number(cx, param) if param.kind == KIND_INT else <uint64_t>param_number(cx, param)


cdef list _fdlist(Slice value):
    """Return the descriptors of an FDLIST with their events."""
    cdef FdList found
    cdef list pairs = []
    fdlist_begin(&found, value)
    while fdlist_next(&found):
        pairs.append((found.num, found.flags))
    return pairs


cdef object _dyn(const tbl_param *param, Slice value):
    """Return a DYN value: a number of up to 8 bytes in the type of its variant, a text, or bytes."""
    cdef uint64_t bits = 0
    cdef bint is_signed
    cdef int kind = param.variants[value.ptr[0]].kind if value.len and value.ptr[0] < param.nvariants else KIND_BYTES
    if kind == KIND_STR:
        value.ptr += 1
        value.len -= 1
        value = slice_text(value)
        return _str(value.ptr, value.len)
    if kind == KIND_BYTES or value.len < 2 or value.len > 9:
        return PyBytes_FromStringAndSize(<const char *>value.ptr, value.len)
    memcpy(&bits, value.ptr + 1, value.len - 1)
    is_signed = param.variants[value.ptr[0]].kind == KIND_INT and value.len == 9
    return <int64_t>bits if is_signed else bits


cdef dict _values_of(EvalCx *cx, const tbl_param *params, int count):
    cdef dict values = {}
    cdef int i
    for i in range(count):
        values[_str(<const uint8_t *>params[i].name, params[i].len)] = _value(cx, &params[i])
    return values


cdef dict _paths_of(EvalCx *cx):
    """Return the forms of each path param of the event."""
    cdef dict paths = {}
    cdef const ev_path *path
    cdef const tbl_param *param
    cdef int i
    for i in range(cx.event.row.nparams):
        param = &cx.event.row.params[i]
        if param.type == PT_FSPATH or param.type == PT_FSRELPATH:
            path = param_path(cx, param)
            paths[_str(<const uint8_t *>param.name, param.len)] = {
                "name": _text(cx.event.hdr, path.name),
                "base": _text(cx.event.hdr, path.base),
                "real": _text(cx.event.hdr, path.real),
            }
    return paths


cdef object _word(tuple words, int number):
    return words[number] if number < len(words) else None


cdef dict _file_of(const ev_hdr *hdr, const ev_file *file):
    cdef int type = file.type
    cdef bint is_v4 = type == EV_FD_IPV4 or type == EV_FD_IPV4_SERVER
    cdef bint is_v6 = type == EV_FD_IPV6 or type == EV_FD_IPV6_SERVER
    cdef int family = AF_INET if is_v4 else AF_INET6
    cdef dict found = {
        "type": fd_type_word(type).decode(),
        "ino": file.ino,
        "dev": file.dev,
        "path": _text(hdr, file.path),
        "deleted": file.flags & EVF_FILE_DELETED != 0,
        "upper_layer": file.flags & EVF_FILE_UPPER != 0,
        "lower_layer": file.flags & EVF_FILE_LOWER != 0,
    }
    if is_v4 or is_v6:
        found["listening"] = type == EV_FD_IPV4_SERVER or type == EV_FD_IPV6_SERVER
        found["l4proto"] = _word(L4_WORDS, file.l4proto)
        found["role"] = _word(ROLE_WORDS, file.role)
        found["source"] = (_address(file.sip, family), file.sport)
        found["destination"] = (_address(file.dip, family), file.dport)
    return found


cdef dict decode_event(const ev_hdr *hdr):
    """Return all values of a record that passed `view_event`."""
    cdef EvalCx cx
    cdef Slice comm = view_comm(hdr), name
    cdef const ev_file *file
    cdef dict event
    memset(&cx, 0, sizeof(cx))
    if arena_init(&cx.memo.arena, SCRATCH_BYTES) < 0:
        raise MemoryError
    try:
        cx.event.hdr = hdr
        cx.event.row = tbl_event(hdr.type)
        name = event_name(hdr, cx.event.row)
        event = {
            "type": _str(name.ptr, name.len),
            "params": _values_of(&cx, cx.event.row.params, cx.event.row.nparams),
            "extra": _values_of(&cx, cx.event.row.extra, cx.event.row.nextra),
            "paths": _paths_of(&cx),
            "file": None,
            "boot_ns": hdr.time_ns,
            "start_ns": hdr.start_ns,
            "cgroup_id": hdr.cgroup_id,
            "tid": hdr.tid,
            "pid": hdr.tgid,
            "vtid": hdr.vtid,
            "vpid": hdr.vpid,
            "ppid": hdr.ptgid,
            "uid": hdr.uid,
            "gid": hdr.gid,
            "loginuid": hdr.loginuid,
            "mnt_ns": hdr.mnt_ns,
            "pid_ns": hdr.pid_ns,
            "cpu": hdr.cpu,
            "syscall": None if hdr.syscall == 0xffff else hdr.syscall,
            "comm": _str(comm.ptr, comm.len),
            "cwd": _text(hdr, hdr.cwd),
            "ia32": hdr.flags & EVF_IA32 != 0,
            "io_uring": hdr.flags & EVF_IO_URING != 0,
            "toctou": hdr.flags & EVF_TOCTOU != 0,
            "truncated": hdr.flags & (EVF_TRUNCATED | EVF_ARGS_TRUNCATED) != 0,
        }
        if cx.event.row.file_offset:
            file = <const ev_file *>(<const uint8_t *>hdr + cx.event.row.file_offset)
            if file.flags & EVF_FILE_KNOWN:
                event["file"] = _file_of(hdr, file)
        return event
    finally:
        arena_free(&cx.memo.arena)


def decode(record):
    cdef bytes data = bytes(record)
    cdef const ev_hdr *hdr = view_event(<const char *>data, len(data))
    if hdr is NULL:
        raise EventError("E301", f"{len(data)} bytes are not one whole event")
    return decode_event(hdr)
