# SPDX-License-Identifier: Apache-2.0
"""Table blocks of a capture: machine, interfaces, users, threads and descriptors, one entry at a time.

Each version of a table added members. A cursor that never passes the entry's end reads an entry: missing members are 0
or empty, and the cursor records that some were missing.
"""

from libc.stdint cimport int64_t, uint16_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memchr, memcpy, memset

from tiercel._core.scap.reader cimport (
    SCAP_BAD_ENTRY,
    SCAP_BAD_ENTRY_LENGTH,
    SCAP_BAD_INTERFACE,
    SCAP_BAD_TEXT,
    SCAP_FD,
    SCAP_FD_FILE_V2,
    SCAP_GROUP,
    SCAP_INTERFACE,
    SCAP_MACHINE,
    SCAP_NOTHING,
    SCAP_THREAD,
    SCAP_USER,
    ScapFd,
    ScapInterface,
    ScapMachine,
    ScapThread,
    load16,
    load32,
    load64,
    scap_fail,
)
from tiercel._core.scap.stream cimport stream_take
from tiercel._core.util.slice cimport Slice, slice_none
from tiercel._core.wire.events_gen cimport (
    EV_FD_IPV4,
    EV_FD_IPV4_SERVER,
    EV_FD_IPV6,
    EV_FD_IPV6_SERVER,
    EV_FD_PIDFD,
    EV_FD_UNIX,
    EV_FD_UNKNOWN,
    EV_FD_UNSUPPORTED,
)

cdef enum:
    NAME_MAX = 1024             # limit of a path or name in bytes
    ARGS_MAX = 4096             # limit of args, env and cgroups
    CREDENTIAL_MAX = 256        # limit of the texts of a user or group
    MACHINE_LEN = 180
    HOSTNAME_LEN = 128

    # Minimum entry, and size of the data before the entries.
    WORD = 4
    FDS_HEAD = 8

    # Bytes after the root of an entry without pid namespace start and terminal.
    REST_WITHOUT_TTY = 29

    IF_IPV4 = 1
    IF_IPV6 = 2
    IF_IPV4_NO_SPEED = 3
    IF_IPV6_NO_SPEED = 4

    USER = 0


cdef BlockForm _form(uint8_t holds, uint8_t version, bint has_flags, bint is_large) noexcept nogil:
    cdef BlockForm form
    form.holds = holds
    form.version = version
    form.has_flags = has_flags
    form.is_large = is_large
    return form


cdef BlockForm block_form(uint32_t block_type) noexcept nogil:
    """Return the content of a block type. Captures before 2014 use other numbers."""
    if block_type == 0x216:
        return _form(BLOCK_EVENT, 2, 0, 0)
    if block_type == 0x217:
        return _form(BLOCK_EVENT, 2, 1, 0)
    if block_type == 0x221:
        return _form(BLOCK_EVENT, 2, 0, 1)
    if block_type == 0x222:
        return _form(BLOCK_EVENT, 2, 1, 1)
    if block_type == 0x204 or block_type == <uint32_t>0x8010ABCD:
        return _form(BLOCK_EVENT, 1, 0, 0)
    if block_type == 0x208:
        return _form(BLOCK_EVENT, 1, 1, 0)
    if block_type == 0x0A0D0D0A:
        return _form(BLOCK_SECTION, 1, 0, 0)
    if block_type == 0x201 or block_type == <uint32_t>0x8002ABCD:
        return _form(BLOCK_MACHINE, 1, 0, 0)
    if block_type == 0x202 or block_type == <uint32_t>0x8000ABCD:
        return _form(BLOCK_THREADS, 1, 0, 0)
    if block_type == 0x207 or block_type == <uint32_t>0x8013ABCD:
        return _form(BLOCK_THREADS, 2, 0, 0)
    if block_type == 0x209 or block_type == <uint32_t>0x8014ABCD:
        return _form(BLOCK_THREADS, 3, 0, 0)
    if 0x210 <= block_type <= 0x215:
        return _form(BLOCK_THREADS, <uint8_t>(block_type - 0x210 + 4), 0, 0)
    if block_type == 0x203 or block_type == <uint32_t>0x8001ABCD:
        return _form(BLOCK_FDS, 1, 0, 0)
    if block_type == 0x218:
        return _form(BLOCK_FDS, 2, 0, 0)
    if block_type == 0x205 or block_type == <uint32_t>0x8011ABCD:
        return _form(BLOCK_INTERFACES, 1, 0, 0)
    if block_type == 0x219:
        return _form(BLOCK_INTERFACES, 2, 0, 0)
    if block_type == 0x206 or block_type == <uint32_t>0x8012ABCD:
        return _form(BLOCK_USERS, 1, 0, 0)
    if block_type == 0x220:
        return _form(BLOCK_USERS, 2, 0, 0)
    return _form(BLOCK_OTHER, 0, 0, 0)


cdef uint32_t table_head(BlockForm form) noexcept nogil:
    """Return the number of bytes before the entries of a table."""
    return FDS_HEAD if form.holds == BLOCK_FDS else 0


# --- The cursor -----------------------------------------------------------------------------------------------------

cdef struct Cursor:
    const uint8_t *at
    const uint8_t *end
    bint is_short               # a requested member is missing
    uint32_t too_long           # first text over the limit: its length, and the limit
    uint32_t allowed


cdef inline const uint8_t *_next_bytes(Cursor *cursor, size_t count) noexcept nogil:
    """Take the next `count` bytes; NULL if there are fewer, now or before."""
    cdef const uint8_t *at = cursor.at
    if cursor.is_short or <size_t>(cursor.end - at) < count:
        cursor.is_short = 1
        return NULL
    cursor.at += count
    return at


cdef inline uint8_t _u8(Cursor *cursor) noexcept nogil:
    cdef const uint8_t *at = _next_bytes(cursor, 1)
    return at[0] if at is not NULL else 0


cdef inline uint16_t _u16(Cursor *cursor) noexcept nogil:
    cdef const uint8_t *at = _next_bytes(cursor, 2)
    return load16(at) if at is not NULL else 0


cdef inline uint32_t _u32(Cursor *cursor) noexcept nogil:
    cdef const uint8_t *at = _next_bytes(cursor, 4)
    return load32(at) if at is not NULL else 0


cdef inline uint64_t _u64(Cursor *cursor) noexcept nogil:
    cdef const uint8_t *at = _next_bytes(cursor, 8)
    return load64(at) if at is not NULL else 0


cdef inline int64_t _i64(Cursor *cursor) noexcept nogil:
    return <int64_t>_u64(cursor)


cdef inline bint _fits(const Cursor *cursor, size_t count) noexcept nogil:
    """Return true if the entry has `count` more bytes, for members that newer writers append."""
    return <size_t>(cursor.end - cursor.at) >= count


cdef void _copy(Cursor *cursor, uint8_t *to, size_t count) noexcept nogil:
    cdef const uint8_t *at = _next_bytes(cursor, count)
    if at is not NULL:
        memcpy(to, at, count)


cdef Slice _next_text(Cursor *cursor, uint32_t longest, uint32_t length) noexcept nogil:
    """Take `length` bytes of text."""
    cdef Slice text = slice_none()
    if cursor.is_short:
        return text
    if length > longest:
        cursor.too_long = length
        cursor.allowed = longest
        cursor.is_short = 1
        return text
    text.ptr = _next_bytes(cursor, length)
    text.len = length if text.ptr is not NULL else 0
    return text


cdef Slice _str16(Cursor *cursor, uint32_t longest) noexcept nogil:
    """Take a text with its length in front."""
    return _next_text(cursor, longest, _u16(cursor))


cdef Slice _list16(Cursor *cursor, uint8_t *scratch) noexcept nogil:
    """Take NUL-terminated texts; the last one gets its NUL if the writer omitted it."""
    cdef Slice text = _str16(cursor, ARGS_MAX)
    if text.len and text.ptr[text.len - 1] != 0:
        memcpy(scratch, text.ptr, text.len)
        scratch[text.len] = 0
        text.ptr = scratch
        text.len += 1
    return text


# --- Entries --------------------------------------------------------------------------------------------------------


cdef int _machine(ScapMachine *machine, Cursor *cursor) noexcept nogil:
    cdef const void *end
    machine.num_cpus = _u32(cursor)
    machine.memory_size = _u64(cursor)
    machine.max_pid = _u64(cursor)
    machine.hostname = _next_text(cursor, HOSTNAME_LEN, HOSTNAME_LEN)
    end = memchr(machine.hostname.ptr, 0, machine.hostname.len) if machine.hostname.len else NULL
    if end is not NULL:
        machine.hostname.len = <uint32_t>(<const uint8_t *>end - machine.hostname.ptr)
    machine.boot_ns = _u64(cursor)
    machine.flags = _u64(cursor)
    return SCAP_MACHINE


cdef int _interface(ScapInterface *interface, Cursor *cursor) noexcept nogil:
    """Return SCAP_INTERFACE, or the negative type of an unknown interface."""
    cdef uint16_t kind = _u16(cursor), name_len = _u16(cursor)
    cdef size_t size = 4 if kind == IF_IPV4 or kind == IF_IPV4_NO_SPEED else 16
    memset(interface, 0, sizeof(ScapInterface))
    if cursor.is_short:
        return SCAP_INTERFACE
    if not IF_IPV4 <= kind <= IF_IPV6_NO_SPEED:
        return -1 - <int>kind
    interface.is_ipv6 = size == 16
    _copy(cursor, interface.addr, size)
    _copy(cursor, interface.netmask, size)
    _copy(cursor, interface.broadcast, size)
    if kind == IF_IPV4 or kind == IF_IPV6:
        interface.link_speed = _u64(cursor)
    interface.name = _next_text(cursor, NAME_MAX, name_len)
    return SCAP_INTERFACE


cdef int _user(Scap *scap, Cursor *cursor) noexcept nogil:
    if _u8(cursor) == USER:
        scap.user.uid = _u32(cursor)
        scap.user.gid = _u32(cursor)
        scap.user.name = _str16(cursor, CREDENTIAL_MAX)
        scap.user.home = _str16(cursor, CREDENTIAL_MAX)
        scap.user.shell = _str16(cursor, CREDENTIAL_MAX)
        return SCAP_USER
    scap.group.gid = _u32(cursor)
    scap.group.name = _str16(cursor, CREDENTIAL_MAX)
    return SCAP_GROUP


cdef int _thread(ScapThread *thread, Cursor *cursor, int version, uint8_t *scratch) noexcept nogil:
    memset(thread, 0, sizeof(ScapThread))
    thread.sid = thread.vpgid = thread.pgid = -1
    thread.loginuid = <uint32_t>-1
    thread.tid = _i64(cursor)
    thread.pid = _i64(cursor)
    thread.ptid = _i64(cursor)
    if version >= 6:
        thread.sid = _i64(cursor)
    if version >= 8:
        thread.vpgid = _i64(cursor)
    thread.comm = _str16(cursor, NAME_MAX)
    thread.exe = _str16(cursor, NAME_MAX)
    if version >= 7:
        thread.exepath = _str16(cursor, NAME_MAX)
    thread.args = _list16(cursor, scratch)
    thread.cwd = _str16(cursor, NAME_MAX)
    thread.fdlimit = _u64(cursor)
    thread.flags = _u32(cursor)
    thread.uid = _u32(cursor)
    thread.gid = _u32(cursor)
    if version >= 2:
        thread.vm_size_kb = _u32(cursor)
        thread.vm_rss_kb = _u32(cursor)
        thread.vm_swap_kb = _u32(cursor)
        thread.pf_major = _u64(cursor)
        thread.pf_minor = _u64(cursor)
    if version >= 3:
        thread.env = _list16(cursor, scratch + ARGS_MAX + 1)
    thread.vtid = thread.tid
    thread.vpid = thread.pid
    if version >= 4:
        thread.vtid = _i64(cursor)
        thread.vpid = _i64(cursor)
        thread.cgroups = _list16(cursor, scratch + 2 * (ARGS_MAX + 1))
    if version >= 5:
        thread.root = _str16(cursor, NAME_MAX)
    if version >= 9:
        _thread_rest(thread, cursor)
    return SCAP_THREAD


cdef void _thread_rest(ScapThread *thread, Cursor *cursor) noexcept nogil:
    """Read members that were appended without a new version, if the entry is long enough."""
    if _fits(cursor, REST_WITHOUT_TTY + 1):
        thread.pidns_start_ns = _u64(cursor)
        thread.tty = _u32(cursor)
    if _fits(cursor, 4):
        thread.loginuid = _u32(cursor)
    if _fits(cursor, 1):
        thread.exe_writable = _u8(cursor)
    if _fits(cursor, 8):
        thread.cap_inheritable = _u64(cursor)
    if _fits(cursor, 8):
        thread.cap_permitted = _u64(cursor)
    if _fits(cursor, 8):
        thread.cap_effective = _u64(cursor)
    if _fits(cursor, 1):
        thread.exe_upper_layer = _u8(cursor)
    if _fits(cursor, 8):
        thread.exe_ino = _u64(cursor)
    if _fits(cursor, 8):
        thread.exe_ctime_ns = _u64(cursor)
    if _fits(cursor, 8):
        thread.exe_mtime_ns = _u64(cursor)
    if _fits(cursor, 1):
        thread.exe_from_memfd = _u8(cursor)
    if _fits(cursor, 1):
        thread.exe_lower_layer = _u8(cursor)
    if _fits(cursor, 8):
        thread.pgid = _i64(cursor)


cdef int _fd(Scap *scap, Cursor *cursor, int version) noexcept nogil:
    cdef ScapFd *entry = &scap.fd
    cdef size_t size
    memset(entry, 0, sizeof(ScapFd))
    entry.tid = scap.block_tid
    entry.fd = _i64(cursor)
    entry.ino = _u64(cursor)
    entry.type = _u8(cursor)
    if entry.type == EV_FD_IPV4 or entry.type == EV_FD_IPV6:
        size = 4 if entry.type == EV_FD_IPV4 else 16
        _copy(cursor, entry.sip, size)
        _copy(cursor, entry.dip, size)
        entry.sport = _u16(cursor)
        entry.dport = _u16(cursor)
        entry.l4proto = _u8(cursor)
    elif entry.type == EV_FD_IPV4_SERVER or entry.type == EV_FD_IPV6_SERVER:
        _copy(cursor, entry.sip, 4 if entry.type == EV_FD_IPV4_SERVER else 16)
        entry.sport = _u16(cursor)
        entry.l4proto = _u8(cursor)
    elif entry.type == EV_FD_UNIX:
        entry.source = _u64(cursor)
        entry.destination = _u64(cursor)
        entry.name = _str16(cursor, NAME_MAX)
    elif entry.type == SCAP_FD_FILE_V2:
        entry.open_flags = _u32(cursor)
        entry.name = _str16(cursor, NAME_MAX)
        if version >= 2 and _fits(cursor, 4):
            entry.dev = _u32(cursor)
    elif entry.type > EV_FD_PIDFD:
        entry.name.ptr = scap.scratch
        entry.name.len = <uint32_t>snprintf(
            <char *>scap.scratch, SCAP_SCRATCH, b"unknown-type:[%d]", <int>entry.type
        )
        entry.type = EV_FD_UNSUPPORTED
    elif entry.type != EV_FD_UNKNOWN:
        entry.name = _str16(cursor, NAME_MAX)
    return SCAP_FD


cdef int _read_entry(Scap *scap, BlockForm form, Cursor *cursor) noexcept nogil:
    if form.holds == BLOCK_MACHINE:
        return _machine(&scap.machine, cursor)
    if form.holds == BLOCK_INTERFACES:
        return _interface(&scap.interface, cursor)
    if form.holds == BLOCK_USERS:
        return _user(scap, cursor)
    if form.holds == BLOCK_FDS:
        return _fd(scap, cursor, form.version)
    return _thread(&scap.thread, cursor, form.version, scap.scratch)


cdef int table_entry(Scap *scap, BlockForm form, const uint8_t *at, const uint8_t *end, bint is_cut) noexcept nogil:
    """Read the entry at `at` and consume it; SCAP_NOTHING for an entry to skip.

    `end`: of the block, or of the bytes in the window; `is_cut`: the stream has no more of them.
    """
    cdef Cursor cursor
    cdef uint64_t total = 0, front = 0
    cdef bint has_length = form.version >= (9 if form.holds == BLOCK_THREADS else 2)
    cdef int kind
    memset(&cursor, 0, sizeof(Cursor))
    cursor.at = at
    cursor.end = end
    if form.holds == BLOCK_MACHINE:
        total = scap.block_left
    elif has_length:
        # The length of an interface's entry does not count itself.
        front = WORD if form.holds == BLOCK_INTERFACES else 0
        total = _u32(&cursor) + front
        if cursor.is_short:
            return ENTRY_CUT
        if total < WORD or total > scap.block_left:
            return scap_fail(scap, SCAP_BAD_ENTRY_LENGTH, scap.stream.offset, total - front, scap.block_left - front)
        if is_cut and total > <uint64_t>(end - at):
            return ENTRY_CUT
        if total < <uint64_t>(end - at):
            cursor.end = at + total
    kind = _read_entry(scap, form, &cursor)
    if cursor.too_long:
        return scap_fail(scap, SCAP_BAD_TEXT, scap.stream.offset, cursor.too_long, cursor.allowed)
    if kind < 0 and not has_length:
        return scap_fail(scap, SCAP_BAD_INTERFACE, scap.stream.offset, <uint64_t>(-1 - kind), 0)
    if cursor.is_short:
        if is_cut and cursor.end == end:
            return ENTRY_CUT
        return scap_fail(scap, SCAP_BAD_ENTRY, scap.stream.offset, scap.block_type, 0)
    if total == 0:
        total = <uint64_t>(cursor.at - at)
    scap.block_left -= <uint32_t>total
    scap.passed_over = total - <uint64_t>(cursor.at - at)
    stream_take(&scap.stream, <size_t>(cursor.at - at))
    return kind if kind > 0 else SCAP_NOTHING
