# SPDX-License-Identifier: Apache-2.0
"""What extractors fill, operators compare, and both work with: values, operands, the state of one evaluation."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.state.container cimport Container
from tiercel._core.state.process cimport Proc, State, proc_current
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.util.text cimport Arena
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
)


cdef enum:
    BINDING_REQUESTED = 0   # paths as the program asked for them
    BINDING_RESOLVED = 1    # paths as the kernel resolved them

    PATHS_BOTH = 0          # EvalCx.paths: a rule matches if it holds under either binding
    PATHS_REQUESTED = 1
    PATHS_RESOLVED = 2

    ITER_PRINT = -1         # FieldArg.iter: the one value that is printed for a field with several, or that differs

# One value of a field or of an operand. `kind` (enum tbl_kind) says which members hold it.
cdef struct Value:
    uint8_t kind
    uint8_t family          # IP, NET: AF_INET or AF_INET6
    uint8_t prefix          # NET operand: bits of the network
    uint8_t rarest          # STR, BYTES operand: where its rarest byte is, one of the first 256
    bint has_glob           # STR operand: holds a character that is special in shell patterns
    Slice text              # STR, BYTES
    int64_t i               # INT; the constant of a check is both, as some params are signed in some events only
    uint64_t u              # UINT, BOOL
    double d                # DOUBLE
    uint8_t addr[16]        # IP, NET: in network order
    const void *regex       # operand of regex: the compiled pattern

# A hash table over operand values; see valueset.pyx.
cdef struct ValueSet:
    uint32_t mask           # cells minus one; a power of two, at least twice the number of values
    uint32_t *cells         # index into `items` plus one; 0 free
    uint64_t *hashes        # of the values, by index
    uint64_t *bits          # by other bits of the hash, eight for each cell: whether a value has such a one
    const Value *items

# The right-hand side of a check; texts belong to the program.
cdef struct Operand:
    uint32_t count
    const Value *items
    const ValueSet *set     # the same items for quick search, NULL where they are few

# What stands in brackets behind a field, and which of several values is meant.
cdef struct FieldArg:
    int64_t index           # -1: none
    int32_t iter            # 0, 1, ...; ITER_PRINT
    uint8_t kind            # enum tbl_kind of the values that are wanted
    uint8_t fmt             # enum tbl_format that numbers are printed in
    Slice key               # absent: none
    const void *regex       # the key where that is a regular expression

# All values of a field or a transformer's result: one, several, or the elements of a list.
cdef struct Values:
    uint32_t count
    bint is_list
    const Value *items      # NULL where values are given: missing

# Entries of one event type that are to be evaluated: a bit for each, and a bit for each word of those that is not zero.
cdef struct Marks:
    uint64_t *words
    uint64_t *groups

# One evaluation: the event, the state that its fields come from, and the memory of what was found out about it.
cdef struct EvalCx:
    const ev_hdr *hdr           # NULL when the event is given as fields
    const tbl_event_row *event
    const ev_file *file         # what the event's fd refers to; NULL unknown
    State *state
    Proc *proc                  # NULL unknown
    Proc *proc_main             # in a capture the main thread: it has directory, environment, descriptors; else proc
    void *tasks                 # in a capture its threads: struct Tasks of tasks.pxd; NULL live
    const Proc *walk            # where the last look at the ancestors ended, and how many generations up
    int32_t walk_level
    uint64_t num                # evt.num
    uint64_t first_ns           # time of the first event, and of the one before this; 0 before the second
    uint64_t previous_ns
    int64_t unix_offset_ns      # Unix time minus CLOCK_BOOTTIME
    uint8_t binding             # BINDING_*
    uint8_t paths               # which bindings are tried, PATHS_*
    bint strict                 # keep Falco's limit on the length of paths
    bint first_only             # stop at the first rule that matches
    int8_t differ               # whether some path differs between the bindings; -1 not known yet
    Arena arena
    uint32_t generation         # of this event, in the next two
    uint32_t *check_cache       # by check and binding: generation and result
    uint32_t *filled            # by slot and binding: generation and presence
    Value *values               # by slot and binding: of sources that have one
    Values *lists               # by slot and binding: the same value, or several
    Marks marks                 # room for the event type with the most entries; no bit is set between evaluations
    const Values *given         # by slot and binding; NULL for an event that is a record
    const Proc *held            # of an event that was held, copies of all processes that its fields tell of; else NULL
    uint32_t nheld
    Container *told             # of an event without process that tells of a container; else NULL
    uint8_t unknown             # PART_*: what is not known of the event's container, and is missing
    bint skips_unsure           # a rule that matches as that is missing, and might not if it were known, does not count
    bint is_unsure              # the rule at hand is such a one
    uint64_t unsure             # alerts of such rules
    uint64_t skipped            # the same where they do not count
    uint64_t untold             # alerts that lack what they should print, as it is not known
    uint64_t cut                # texts that an alert had no room for
    uint8_t *shown              # what Falco's buffer of params would hold, in captures; NULL nothing yet
    uint32_t shown_len          # how much of it the last bytes took that were shown

cdef inline const Proc *cx_numbered(const EvalCx *cx, uint32_t tgid) noexcept nogil:
    """The newest process of that number, as of the event; NULL if none is known. Not for captures."""
    cdef uint32_t i
    if cx.held is NULL:
        return proc_current(cx.state, tgid)
    for i in range(cx.nheld):
        if cx.held[i].tgid == tgid:
            return &cx.held[i]
    return NULL

cdef inline Container *cx_container(const EvalCx *cx) noexcept nogil:
    """The container, or the host, that the event happened in or tells of; NULL if that is not known."""
    if cx.told is not NULL:
        return cx.told
    return cx.proc.container if cx.proc is not NULL else NULL

cdef inline bint value_text(Value *out, Slice text) noexcept nogil:
    """A text; 0 if it is absent."""
    out.kind = KIND_STR
    out.text = text
    return text.ptr is not NULL

cdef inline bint value_word(Value *out, const char *word) noexcept nogil:
    """A C string that outlives the evaluation."""
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
    """An address as an IP, or as a NET of its full length; `family` is AF_INET or AF_INET6."""
    out.kind = kind
    out.family = <uint8_t>family
    out.prefix = 32 if family == 2 else 128
    memcpy(out.addr, addr, 4 if family == 2 else 16)
    return 1
