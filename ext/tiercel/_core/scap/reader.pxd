# SPDX-License-Identifier: Apache-2.0
"""Reader of `.scap` captures: each call returns the next section, table entry or event of a byte stream.

All slices are borrowed from the reader and are valid until its next `scap_next`.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.scap.stream cimport Stream
from tiercel._core.util.slice cimport Slice


cdef enum:
    SCAP_PARAMS_MAX = 32

# Result of `scap_next`; the member of `Scap` with that name has the data.
cdef enum:
    SCAP_NOTHING = -2       # internal
    SCAP_ERROR = -1         # damage: `error` has type and position; everything before it was returned
    SCAP_END = 0            # the end of the stream, between two blocks
    SCAP_SECTION = 1        # a section header: all state is reset; the tables of the section follow, then its events
    SCAP_MACHINE = 2
    SCAP_INTERFACE = 3
    SCAP_USER = 4
    SCAP_GROUP = 5
    SCAP_THREAD = 6
    SCAP_FD = 7
    SCAP_EVENT = 8
    SCAP_AGAIN = 9          # a signal interrupted the read: handle it and call again

cdef enum:
    SCAP_FD_FILE_V2 = 16    # type in an FDL entry, in addition to enum ev_fd_type: a file with its device

cdef enum:
    SCAP_EVENT_STATE_ONLY = 1   # bit of `ScapEvent.flags`: the event updates tables and is hidden from rules

# Damage of a capture; scap/errors.pyx has the texts. The comments name `number` and `expected`.
cdef enum:
    SCAP_FINE = 0
    SCAP_BAD_EMPTY = 1          # no bytes at all
    SCAP_BAD_START = 2          # the first block is not a section header: its type
    SCAP_BAD_MAGIC = 3          # a section header without the magic number: the value found
    SCAP_BAD_VERSION = 4        # unsupported format: its major version
    SCAP_BAD_TRUNCATED = 5      # the stream ends inside a block: its type, its length
    SCAP_BAD_LENGTH = 6         # length of a block: it, the minimum
    SCAP_BAD_TRAILER = 7        # trailing length of a block: it, the leading one
    SCAP_BAD_BLOCK = 8          # a block between events that is neither an event nor a section: its type
    SCAP_BAD_ENTRY = 9          # a table entry that ends before its last member: the block's type
    SCAP_BAD_ENTRY_LENGTH = 10  # length of a table entry: it, the rest of the block
    SCAP_BAD_TEXT = 11          # length of a text: it, the maximum
    SCAP_BAD_INTERFACE = 12     # type of a network interface: it
    SCAP_BAD_EVENT_LENGTH = 13  # length of an event: it, the room in its block
    SCAP_BAD_PARAMS = 14        # lengths of an event's params do not fit the event: its type
    SCAP_BAD_TOO_LONG = 15      # length of a block: it, the maximum
    SCAP_BAD_NO_EVENTS = 16     # the stream, or a section of it, ends after the tables
    SCAP_BAD_READ = 17          # read error: errno
    SCAP_BAD_GZIP = 18          # damaged compression
    SCAP_BAD_GZIP_TRUNCATED = 19
    SCAP_BAD_GZIP_TRAILING = 20
    SCAP_BAD_MEMORY = 21
    SCAP_BAD_FORM = 22          # no conversion rule: event type, number of params
    SCAP_BAD_EXCESS = 23        # too many params for any version of the event: its type, their number
    SCAP_BAD_ROUNDS = 24        # endless conversion of an event: its type


cdef struct ScapEvent:
    uint64_t ts_ns              # Unix time
    int64_t tid
    uint16_t type               # Falco's event code
    uint16_t cpu
    uint32_t flags              # of an EVF block, otherwise 0
    uint32_t nparams            # 0 to SCAP_PARAMS_MAX
    Slice params[SCAP_PARAMS_MAX]   # len 0: empty; undefined beyond nparams

cdef struct ScapMachine:
    uint32_t num_cpus
    uint64_t memory_size        # bytes
    uint64_t max_pid
    Slice hostname
    uint64_t boot_ns            # Unix time; 0 in old captures
    uint64_t flags

cdef struct ScapInterface:
    uint8_t is_ipv6
    uint8_t addr[16]            # the first 4 bytes for IPv4
    uint8_t netmask[16]
    uint8_t broadcast[16]
    uint64_t link_speed
    Slice name

cdef struct ScapUser:
    uint32_t uid
    uint32_t gid
    Slice name
    Slice home
    Slice shell

cdef struct ScapGroup:
    uint32_t gid
    Slice name

# Members that the capture lacks are 0 or empty, unless stated otherwise.
cdef struct ScapThread:
    int64_t tid
    int64_t pid
    int64_t ptid
    int64_t sid
    int64_t vpgid
    int64_t pgid                # -1 if missing
    int64_t vtid                # tid and pid if missing
    int64_t vpid
    Slice comm
    Slice exe
    Slice exepath
    Slice args                  # NUL-terminated each
    Slice cwd
    Slice env                   # NUL-terminated each
    Slice cgroups               # `subsystem=path`, NUL-terminated each
    Slice root
    uint64_t fdlimit
    uint32_t flags              # PPM_CL_*
    uint32_t uid
    uint32_t gid
    uint32_t loginuid           # 0xffffffff if missing
    uint32_t tty
    uint32_t vm_size_kb
    uint32_t vm_rss_kb
    uint32_t vm_swap_kb
    uint64_t pf_major
    uint64_t pf_minor
    uint64_t pidns_start_ns
    uint64_t cap_inheritable
    uint64_t cap_permitted
    uint64_t cap_effective
    uint64_t exe_ino
    uint64_t exe_ctime_ns
    uint64_t exe_mtime_ns
    uint8_t exe_writable
    uint8_t exe_upper_layer
    uint8_t exe_lower_layer
    uint8_t exe_from_memfd

cdef struct ScapFd:
    int64_t tid                 # thread that owns the table
    int64_t fd
    uint64_t ino
    uint8_t type                # SCAP_FD_*; unknown types become SCAP_FD_UNSUPPORTED with a name that says so
    uint8_t l4proto             # 0 unknown, 1 n/a, 2 tcp, 3 udp, 4 icmp, 5 raw
    uint8_t sip[16]             # network order; the first 4 bytes for IPv4; for a server socket its address
    uint8_t dip[16]
    uint16_t sport              # host order
    uint16_t dport
    uint64_t source             # kernel addresses of a unix socket and its peer
    uint64_t destination
    uint32_t open_flags         # PPM_O_*
    uint32_t dev
    Slice name

# Error and its position, in bytes from the start of the uncompressed stream.
cdef struct ScapError:
    int what                    # SCAP_BAD_*, or SCAP_FINE
    uint64_t offset
    uint64_t number
    uint64_t expected

cdef struct ScapStats:
    uint64_t events             # events returned
    uint64_t unknown_events     # skipped events with types newer than Falco's table as of this version
    uint64_t blocks
    uint64_t unknown_blocks     # skipped blocks
    uint64_t sections

cdef struct Scap:
    Stream stream
    ScapEvent event
    ScapMachine machine
    ScapInterface interface
    ScapUser user
    ScapGroup group
    ScapThread thread
    ScapFd fd
    ScapError error
    ScapStats stats
    # The current block.
    uint32_t block_type         # 0 between blocks
    uint32_t block_len
    uint32_t block_left         # unread bytes of its body
    uint64_t passed_over        # bytes to skip before the next item
    uint64_t block_offset
    int64_t block_tid           # owner of the descriptors in an FDL block
    uint8_t in_events           # the tables of the section are complete
    uint8_t *scratch            # texts that are not in the capture verbatim


cdef inline uint16_t load16(const uint8_t *at) noexcept nogil:
    cdef uint16_t number
    memcpy(&number, at, 2)
    return number

cdef inline uint32_t load32(const uint8_t *at) noexcept nogil:
    cdef uint32_t number
    memcpy(&number, at, 4)
    return number

cdef inline uint64_t load64(const uint8_t *at) noexcept nogil:
    cdef uint64_t number
    memcpy(&number, at, 8)
    return number

cdef inline int scap_fail(Scap *scap, int what, uint64_t offset, uint64_t number, uint64_t expected) noexcept nogil:
    """Return SCAP_ERROR, now and from every later call."""
    scap.error.what = what
    scap.error.offset = offset
    scap.error.number = number
    scap.error.expected = expected
    return SCAP_ERROR

cdef int scap_open(Scap *scap, int fd) noexcept nogil
cdef void scap_close(Scap *scap) noexcept nogil
cdef int scap_next(Scap *scap) noexcept nogil
