# SPDX-License-Identifier: Apache-2.0
"""Text of descriptors: type letters and words, and their targets.

The targets come from the source: live only that of the event's own descriptor.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from tiercel._core.fields.event_access cimport cx_fd_type, cx_has_fd, cx_is_open
from tiercel._core.util.arena_text cimport text_begin, text_char, text_end, text_hex, text_slice, text_uint, text_word
from tiercel._core.util.slice cimport slice_of
from tiercel._core.values.value cimport FdInfo
from tiercel._core.wire.events_gen cimport (
    EV_ACCEPT,
    EV_ACCEPT4,
    EV_EVENTFD,
    EV_EVENTFD2,
    EV_FD_UNKNOWN,
    EV_INOTIFY_INIT,
    EV_INOTIFY_INIT1,
    EV_L4_ICMP,
    EV_L4_RAW,
    EV_L4_TCP,
    EV_L4_UDP,
    EV_MEMFD_CREATE,
    EV_PIPE,
    EV_PIPE2,
    EV_SIGNALFD,
    EV_SIGNALFD4,
    EV_SOCKET,
    EV_TIMERFD_CREATE,
    tbl_fd_type_letter,
    tbl_fd_type_word,
)

cdef enum:
    AT_FDCWD = -100


# --- Kinds ------------------------------------------------------------------------------------------------------------

cdef const char *fd_type_word(int type) noexcept nogil:
    """Return the word of an enum ev_fd_type."""
    cdef const char *word = tbl_fd_type_word(<unsigned int>type)
    return word if word is not NULL else tbl_fd_type_word(EV_FD_UNKNOWN)


cdef inline const char *_letter(int type) noexcept nogil:
    cdef const char *letter = tbl_fd_type_letter(<unsigned int>type)
    if letter is NULL:
        return b"?"
    return letter


cdef bint cx_typechar(EvalCx *cx, Slice *out) noexcept nogil:
    """Return fd.typechar; of an unknown descriptor, the type that the call creates; 0 without a descriptor."""
    cdef int type
    if not cx_has_fd(cx):
        return 0
    type = cx_fd_type(cx)
    if type != EV_FD_UNKNOWN or cx.source.fd.is_known(cx):
        out[0] = slice_of(_letter(type))
    else:
        out[0] = slice_of(_letter_of_call(cx))
    return 1


cdef const char *_letter_of_call(const EvalCx *cx) noexcept nogil:
    """Return the type that the call creates; any accepted or new socket counts as IPv4."""
    cdef int type = cx.event.hdr.type
    if cx_is_open(cx):
        return b"f"
    if type == EV_SOCKET or type == EV_ACCEPT or type == EV_ACCEPT4:
        return b"4"
    if type == EV_PIPE or type == EV_PIPE2:
        return b"p"
    if type == EV_EVENTFD or type == EV_EVENTFD2:
        return b"e"
    if type == EV_SIGNALFD or type == EV_SIGNALFD4:
        return b"s"
    if type == EV_TIMERFD_CREATE:
        return b"t"
    if type == EV_INOTIFY_INIT or type == EV_INOTIFY_INIT1:
        return b"i"
    return b"m" if type == EV_MEMFD_CREATE else b"o"


# --- What they refer to -----------------------------------------------------------------------------------------------

cdef const char *_protocol_char(int l4proto) noexcept nogil:
    if l4proto == EV_L4_TCP:
        return b"t"
    if l4proto == EV_L4_UDP:
        return b"u"
    if l4proto == EV_L4_ICMP:
        return b"i"
    if l4proto == EV_L4_RAW:
        return b"r"
    return b""


cdef void _put(Text *text, const FdInfo *fd) noexcept nogil:
    """Append ``<f>/etc/passwd`` or ``<4t>127.0.0.1:1->127.0.0.1:2``."""
    text_char(text, b'<')
    text_word(text, _letter(fd.type))
    text_word(text, _protocol_char(fd.l4proto))
    text_char(text, b'>')
    text_slice(text, fd.name)


cdef bint fd_meaning(EvalCx *cx, const tbl_param *param, int64_t num, Slice *out) noexcept nogil:
    """Write ``<f>/etc/passwd`` for a known descriptor, or AT_FDCWD; return 0 for others."""
    cdef FdInfo fd
    cdef Text text
    if num == AT_FDCWD:
        out[0] = slice_of(b"AT_FDCWD")
        return 1
    if num < 0 or not cx.source.fd.find(cx, param, num, &fd):
        return 0
    text_begin(&text, &cx.memo.arena)
    _put(&text, &fd)
    return text_end(&text, out)


# --- Lists of descriptors ---------------------------------------------------------------------------------------------

cdef bint fdlist_next(FdList *list) noexcept nogil:
    """Advance to the next descriptor of an encoded FDLIST; return 0 at its end."""
    if list.left == 0 or list.rest.len < 10:
        return 0
    memcpy(&list.num, list.rest.ptr, 8)
    memcpy(&list.flags, list.rest.ptr + 8, 2)
    list.rest.ptr += 10
    list.rest.len -= 10
    list.left -= 1
    return 1


cdef void fdlist_begin(FdList *list, Slice value) noexcept nogil:
    list.rest = value
    list.left = 0
    if value.len >= 2:
        memcpy(&list.left, value.ptr, 2)
        list.rest.ptr += 2
        list.rest.len -= 2


cdef void text_fdlist(EvalCx *cx, Text *text, Slice value) noexcept nogil:
    """Write ``3:f4 4:?1``: number, type letter and events of each descriptor."""
    cdef FdInfo fd
    cdef FdList list
    cdef bint is_first = 1
    fdlist_begin(&list, value)
    while fdlist_next(&list):
        if not is_first:
            text_char(text, b' ')
        is_first = 0
        text_uint(text, <uint64_t>list.num)
        text_char(text, b':')
        if cx.source.fd.find(cx, NULL, list.num, &fd):
            text_word(text, _letter(fd.type))
        else:
            text_char(text, b'?')
        text_hex(text, list.flags, 0)
