# SPDX-License-Identifier: Apache-2.0
"""Data types of extractors and operators: values, operands, the state of one evaluation."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.state.container cimport Container
from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.arena_text cimport Arena
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.wire.events_gen cimport (
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_IP,
    KIND_NET,
    KIND_STR,
    KIND_UINT,
    ev_file,
    ev_hdr,
    tbl_event_row,
    tbl_param,
)


cdef enum:
    BINDING_REQUESTED = 0   # paths as passed by the program
    BINDING_RESOLVED = 1    # paths as resolved by the kernel

    PATHS_BOTH = 0          # EvalSettings.paths: a rule matches if it is true under either binding
    PATHS_REQUESTED = 1
    PATHS_RESOLVED = 2

    ITER_PRINT = -1         # FieldArg.iter: the printed form of a field with several values, or with another form

# One value of a field or of an operand. `kind` (enum tbl_kind) selects the members in use.
cdef struct Value:
    uint8_t kind
    uint8_t family          # IP, NET: AF_INET or AF_INET6
    uint8_t prefix          # NET operand: bits of the network
    uint8_t rarest          # STR, BYTES operand: offset of its rarest byte among the first 256
    bint has_glob           # STR operand: has a character that is special in shell patterns
    Slice text              # STR, BYTES
    int64_t i               # INT; constants of checks set both, as some params are signed in some events only
    uint64_t u              # UINT, BOOL
    double d                # DOUBLE
    uint8_t addr[16]        # IP, NET: in network order
    const void *regex       # operand of regex: the compiled pattern

# Hash table of operand values; see operand.pyx.
cdef struct ValueSet:
    uint32_t mask           # cells minus one; a power of two, at least twice the number of values
    uint32_t *cells         # index into `items` plus one; 0 free
    uint64_t *hashes        # of the values, by index
    uint64_t *bits          # eight per cell, by other bits of the hash: a filter of the hashes in the set
    const Value *items

# The right-hand side of a check; texts belong to the program.
cdef struct Operand:
    uint32_t count
    const Value *items
    const ValueSet *set     # the items as a hash set, NULL if they are few

# Field argument in brackets, and the selection among several values.
cdef struct FieldArg:
    int64_t index           # -1: none
    int32_t iter            # 0, 1, ...; ITER_PRINT
    uint8_t kind            # enum tbl_kind of the requested values
    uint8_t fmt             # enum tbl_format of printed numbers
    Slice key               # absent: none
    const void *regex       # the key as a regular expression, if it is one

# All values of a field or a transformer's result: one, several, or the elements of a list.
cdef struct Values:
    uint32_t count
    bint is_list
    const Value *items      # NULL for a missing value among given ones

# Entries of one event type to evaluate: a bit per entry, and a bit per nonzero word.
cdef struct Marks:
    uint64_t *words
    uint64_t *groups

# The ends of an IP socket, with IPv4-mapped addresses unwrapped. The source is the client, the destination the server.
cdef struct Ends:
    uint8_t family          # AF_INET or AF_INET6
    uint8_t role            # enum ev_role; in a capture it may be both
    uint8_t l4proto         # enum ev_l4proto
    bint connected          # whether there is a source
    uint16_t sport
    uint16_t dport
    uint8_t sip[16]
    uint8_t dip[16]

# A descriptor of the event's process.
cdef struct FdInfo:
    int type                # enum ev_fd_type, or another number for a type without a word
    int l4proto             # enum ev_l4proto that its text shows
    Slice name
    ev_file file            # without its texts

# The names of users and groups of one machine or container; NULL if unknown.
cdef struct AccountNames:
    const IntMap *users
    const IntMap *groups
    const IntMap *homes
    const IntMap *shells

cdef struct EvalCx

# Operations of a source on the event's process and its relatives, for events that do not lack a thread. An operation
# returns 0 or NULL if the value is unknown. After *: cx.event.proc is not NULL.
cdef struct ProcOps:
    int64_t (*pid)(const EvalCx *cx) noexcept nogil
    int64_t (*vpid)(const EvalCx *cx) noexcept nogil                # -1 unknown
    int64_t (*vtid)(const EvalCx *cx) noexcept nogil                # -1 unknown
    bint (*is_main_thread)(const EvalCx *cx) noexcept nogil
    Slice (*recorded_comm)(const EvalCx *cx) noexcept nogil         # name of a process without image
    int64_t (*pid_of)(const Proc *proc) noexcept nogil
    int64_t (*vpid_of)(const Proc *proc) noexcept nogil             # -1 unknown
    Proc *(*parent)(const EvalCx *cx, const Proc *proc) noexcept nogil
    bint (*parent_pid)(const EvalCx *cx, int64_t *pid) noexcept nogil
    bint (*parent_age)(const EvalCx *cx, const Proc *parent, uint64_t *ns) noexcept nogil
    const Proc *(*creator)(const EvalCx *cx) noexcept nogil         # * of the main thread
    const Proc *(*find)(const EvalCx *cx, int64_t id) noexcept nogil  # by the id in a param
    const Proc *(*find_leader)(const EvalCx *cx, int64_t id, bint is_virtual) noexcept nogil  # *
    bint (*cwd)(EvalCx *cx, Slice *out) noexcept nogil              # with a slash at its end
    bint (*exec_after_ctime)(const EvalCx *cx, uint64_t *ns) noexcept nogil  # * with an image
    bint (*ctime_after_pidns)(const EvalCx *cx, uint64_t *ns) noexcept nogil  # * with an image
    bint (*thread_count)(const EvalCx *cx, uint64_t *all, uint64_t *others) noexcept nogil  # others than the first
    bint (*fd_count)(const EvalCx *cx, uint64_t *count) noexcept nogil
    bint (*container_start)(const EvalCx *cx, uint64_t *unix_ns) noexcept nogil
    bint (*health_checks)(const EvalCx *cx, uint32_t *flags) noexcept nogil  # * PROC_CHECKS
    void (*account_names)(const EvalCx *cx, AccountNames *out) noexcept nogil  # * of its container
    const char *(*hostname)(const EvalCx *cx) noexcept nogil        # also for events that lack a thread

# Operations of a source on the event's descriptor, on other descriptors of its process, and on the paths of calls, for
# events that do not lack a thread.
cdef struct FdOps:
    int (*type)(const EvalCx *cx) noexcept nogil                    # enum ev_fd_type
    bint (*is_known)(const EvalCx *cx) noexcept nogil
    bint (*number)(const EvalCx *cx, int64_t *number) noexcept nogil
    uint32_t (*device)(const EvalCx *cx) noexcept nogil             # this and the next two: of a known object
    bint (*is_renamed)(const EvalCx *cx) noexcept nogil
    bint (*is_connected)(const EvalCx *cx) noexcept nogil
    bint (*name)(EvalCx *cx, int binding, Slice *out) noexcept nogil  # may be empty
    bint (*name_raw)(EvalCx *cx, Slice *out) noexcept nogil         # as passed by the program
    bint (*is_source_local)(const EvalCx *cx, const Ends *ends) noexcept nogil  # of a connected socket
    bint (*is_server_local)(const EvalCx *cx, const Ends *ends) noexcept nogil
    # Descriptor `num`, which is the value of a param, or part of one (NULL).
    bint (*find)(EvalCx *cx, const tbl_param *param, int64_t num, FdInfo *out) noexcept nogil
    bint (*has_directory)(const EvalCx *cx, int64_t num) noexcept nogil
    bint (*stream)(EvalCx *cx, uint32_t num, FdInfo *out) noexcept nogil  # descriptor 0, 1 or 2
    bint (*next_type)(const EvalCx *cx, const void **at, int *type) noexcept nogil  # of all descriptors, from NULL
    bint (*fs_path)(EvalCx *cx, const tbl_param *param, Slice *out) noexcept nogil  # path of a successful call
    void (*turn_to_base)(EvalCx *cx, const tbl_param *param) noexcept nogil  # after the absolute path was read

# The operations of a source, and its forms of unknown values.
cdef struct SourceOps:
    ProcOps proc
    FdOps fd
    bint reports_unknown    # unknown numbers of a known process are 0 or -1, and not absent
    int64_t lowest_id       # of a session or group that is not absent
    Slice unknown_text      # of a known process
    Slice unreadable_text   # that the kernel could not read from the program
    bint durations_wrap     # a duration from a later start wraps around, and is not absent

# The current event, and what fields read of it.
cdef struct EvalEvent:
    const ev_hdr *hdr           # NULL for a mapping event
    const tbl_event_row *row
    const ev_file *file         # object of the event's descriptor; NULL unknown
    Proc *proc                  # NULL unknown
    Proc *proc_main             # capture: the main thread, with directory, environment, descriptors; live: proc
    bint lacks_thread           # fields of threads, users and descriptors are absent
    Container *container        # container of a `container` event without process; else NULL
    const Proc *snapshots       # an event from the hold queue: copies of all processes that its fields read; else NULL
    uint32_t snapshot_count
    const Values *mapping_values  # of a mapping event, by slot and binding; NULL for a record
    uint64_t num                # evt.num
    uint64_t first_ns           # time of the first and of the previous event; 0 before the second
    uint64_t previous_ns
    int64_t unix_offset_ns      # Unix time minus CLOCK_BOOTTIME
    int8_t paths_differ         # 1 if a path differs between the bindings; -1 not known yet
    uint8_t unknown_parts       # PART_*: unknown parts of the event's container, evaluated as missing

# Options of all evaluations.
cdef struct EvalSettings:
    uint8_t paths               # PATHS_*: bindings to evaluate
    bint strict                 # apply Falco's limit on the length of paths
    bint prints_as_falco        # print as Falco does, which reads outputs twice and reuses its buffer
    bint checks_first           # check all rules before the first output, as reading a field may change others
    bint first_only             # stop at the first rule that matches
    bint skips_uncertain        # suppress uncertain matches

# Results that are computed once for an event.
cdef struct EvalMemo:
    Arena arena                 # derived texts
    uint32_t generation         # of this event, in the next two
    uint32_t *check_cache       # by check and binding: generation and result
    uint32_t *filled            # by slot and binding: generation and presence
    Value *values               # by slot and binding: of sources that have one
    Values *lists               # by slot and binding: the same value, or several
    uint64_t *evaluations       # by rule
    Marks marks                 # room for the event type with the most entries; no bit is set between evaluations
    const Proc *ancestor        # result of the last ancestor lookup, and number of generations
    int32_t ancestor_level
    uint8_t *param_buffer       # in captures, the content of Falco's buffer of params; NULL nothing yet
    uint32_t param_buffer_len   # size of the bytes printed last

# Counters with the names of the public statistics.
cdef struct EvalCounters:
    uint64_t uncertain_matches
    uint64_t suppressed_matches
    uint64_t alerts_missing_metadata
    uint64_t alerts_cut         # alerts with values that had no room

# One evaluation.
cdef struct EvalCx:
    EvalEvent event
    State *state
    const SourceOps *source
    void *source_data           # for the operations of the source
    EvalSettings settings
    EvalMemo memo
    EvalCounters counters
    uint8_t binding             # BINDING_* of the current evaluation
    bint is_uncertain           # the current match is uncertain

cdef inline void counters_add(EvalCounters *total, const EvalCounters *part) noexcept nogil:
    total.uncertain_matches += part.uncertain_matches
    total.suppressed_matches += part.suppressed_matches
    total.alerts_missing_metadata += part.alerts_missing_metadata
    total.alerts_cut += part.alerts_cut

cdef inline Container *cx_container(const EvalCx *cx) noexcept nogil:
    """Return the container, or the host, of the event; NULL if unknown."""
    if cx.event.container is not NULL:
        return cx.event.container
    return cx.event.proc.container if cx.event.proc is not NULL else NULL

cdef inline bint value_text(Value *out, Slice text) noexcept nogil:
    """Set a text; 0 if it is absent."""
    out.kind = KIND_STR
    out.text = text
    return text.ptr is not NULL

cdef inline bint value_word(Value *out, const char *word) noexcept nogil:
    """Set a C string that outlives the evaluation."""
    return value_text(out, slice_of(word))

cdef inline bint value_uint(Value *out, uint64_t number) noexcept nogil:
    out.kind = KIND_UINT
    out.u = number
    return 1

cdef inline bint value_int(Value *out, int64_t number) noexcept nogil:
    out.kind = KIND_INT
    out.i = number
    return 1

cdef inline bint value_bool(Value *out, bint truth) noexcept nogil:
    out.kind = KIND_BOOL
    out.u = 1 if truth else 0
    return 1

cdef inline bint value_double(Value *out, double number) noexcept nogil:
    out.kind = KIND_DOUBLE
    out.d = number
    return 1

cdef inline bint value_ip(Value *out, uint8_t kind, int family, const uint8_t *addr) noexcept nogil:
    """Set an address as an IP, or as a NET of its full length; `family` is AF_INET or AF_INET6."""
    out.kind = kind
    out.family = <uint8_t>family
    out.prefix = 32 if family == 2 else 128
    memcpy(out.addr, addr, 4 if family == 2 else 16)
    return 1
