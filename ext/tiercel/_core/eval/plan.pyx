# SPDX-License-Identifier: Apache-2.0
"""Index lookups that select the candidate entries of an event type.

A plan groups the entries of an event type into buckets by the checks that they require, the guards.  If the guards of a
bucket have the required results, the plan looks up the sources that most entries of the bucket depend on.  A marked
entry is only a candidate: the program evaluates it in full.
"""

from libc.stdint cimport int32_t
from libc.stdlib cimport free, realloc

from tiercel._core.eval.checks cimport VALUES_MAX, check_holds
from tiercel._core.eval.index cimport (
    INDEX_EXACT,
    INDEX_ISUBSTRING,
    INDEX_NETWORK,
    INDEX_PATH,
    INDEX_PREFIX,
    INDEX_SUBSTRING,
    INDEX_SUFFIX,
    index_build,
    index_free,
    mark,
)
from tiercel._core.eval.slots cimport slot_read, slot_value, source_depends_on
from tiercel._core.fields.event_access cimport cx_paths_differ
from tiercel._core.util.alloc cimport block_new
from tiercel._core.values.operand cimport operand_fill
from tiercel._core.values.value cimport (
    BINDING_REQUESTED, BINDING_RESOLVED, PATHS_BOTH, PATHS_RESOLVED, Marks, Operand, Value,
)
from tiercel._core.wire.events_gen cimport (
    KIND_BOOL,
    KIND_BYTES,
    KIND_IP,
    KIND_NET,
    KIND_NONE,
    KIND_STR,
    KIND_UINT,
    MULTI_NONE,
)

cdef enum:
    GUARDS_MAX = 64         # per plan
    KEYS_MAX = 1 << 22      # per index: node and byte form a 32-bit number

cdef tuple KINDS = ("exact", "prefix", "suffix", "substring", "isubstring", "path", "network")


# --- Evaluation -------------------------------------------------------------------------------------------------------

cdef inline void _find(const IndexLookup *lookup, const Value *value, Marks *marks) noexcept nogil:
    cdef uint32_t i
    for i in range(lookup.nindexes):
        lookup.indexes[i].find(&lookup.indexes[i], value, marks)


cdef inline void _look_up(const IndexLookup *lookup, const Slot *slots, EvalCx *cx) noexcept nogil:
    cdef const Value *value
    cdef Value one
    cdef int32_t iter
    if lookup.is_single:
        value = slot_value(slots, cx, lookup.slot)
        if value is not NULL:
            _find(lookup, value, &cx.memo.marks)
        return
    for iter in range(VALUES_MAX):
        if not slot_read(slots, cx, lookup.slot, iter, &one):
            break
        if one.kind != KIND_NONE:
            _find(lookup, &one, &cx.memo.marks)


cdef inline uint64_t _guards(const Plan *plan, const Check *checks, const Slot *slots, EvalCx *cx) noexcept nogil:
    """Return the results of the guards under cx.binding, one bit each."""
    cdef uint64_t held = 0
    cdef uint32_t i
    for i in range(plan.nguards):
        held |= <uint64_t>check_holds(checks, slots, cx, plan.guards[i]) << i
    return held


cdef inline void _enter(const Bucket *bucket, const Slot *slots, EvalCx *cx, bint again) noexcept nogil:
    """Mark the candidates of a bucket under cx.binding.

    `again`: the candidates under the other binding are marked already, so only lookups that depend on the binding run.
    """
    cdef uint32_t i
    for i in range(bucket.nlookups):
        if bucket.lookups[i].path or not again:
            _look_up(&bucket.lookups[i], slots, cx)
    if not again:
        for i in range(bucket.nalways):
            mark(&cx.memo.marks, bucket.always[i])


cdef void plan_mark(const Plan *plan, const Check *checks, const Slot *slots, EvalCx *cx) noexcept nogil:
    """Mark in cx.memo.marks all entries that can match the event under one of the bindings in use."""
    cdef const Bucket *bucket
    cdef uint64_t held, held_now
    cdef uint32_t i
    cx.binding = BINDING_RESOLVED if cx.settings.paths == PATHS_RESOLVED else BINDING_REQUESTED
    held = _guards(plan, checks, slots, cx)
    for i in range(plan.nbuckets):
        bucket = &plan.buckets[i]
        if held & bucket.required == bucket.expected:
            _enter(bucket, slots, cx, 0)
    if not plan.path or cx.settings.paths != PATHS_BOTH or not cx_paths_differ(cx):
        return
    cx.binding = BINDING_RESOLVED
    held_now = _guards(plan, checks, slots, cx) if plan.guards_path else held
    for i in range(plan.nbuckets):
        bucket = &plan.buckets[i]
        if bucket.path and held_now & bucket.required == bucket.expected:
            _enter(bucket, slots, cx, held & bucket.required == bucket.expected)


# --- From the compiler ------------------------------------------------------------------------------------------------

cdef object _normal(object key, int index, int kind):
    """Return the normal form of a key; keys with equal values have equal normal forms."""
    if index == INDEX_NETWORK:
        address, prefix = key
        rest = 8 * len(address) - prefix
        if rest < 0:
            raise ValueError(f"{key!r} is no address with a prefix length")
        return (int.from_bytes(address, "big") >> rest << rest).to_bytes(len(address), "big"), prefix
    if index == INDEX_SUFFIX:
        return key[::-1]
    if index in (INDEX_SUBSTRING, INDEX_ISUBSTRING) and not key:
        raise ValueError("every text has the empty text in it")
    if kind == KIND_BOOL:
        return bool(key)
    return key & 0xffff_ffff_ffff_ffff if kind == KIND_UINT else key


cdef class PlanTable:
    """Deduplicated plans of a program."""

    def __cinit__(self):
        self.made = {}
        self.sources = []
        self.keep = []

    def __dealloc__(self):
        cdef Bucket *bucket
        cdef uint32_t i, j, k, m
        for i in range(self.count):
            for j in range(self.plans[i].nbuckets):
                bucket = &self.plans[i].buckets[j]
                for k in range(bucket.nlookups):
                    for m in range(bucket.lookups[k].nindexes):
                        index_free(&bucket.lookups[k].indexes[m])
                    free(bucket.lookups[k].indexes)
                free(bucket.lookups)
                free(bucket.always)
            free(self.plans[i].guards)
            free(self.plans[i].buckets)
            free(self.plans[i])
        free(self.plans)

    cdef const Plan *add(
        self, object source, uint32_t nentries, const Check *checks, uint32_t nchecks, SlotTable table
    ) except NULL:
        """Return the plan of an event type with `nentries` entries."""
        cdef Plan **bigger
        cdef Plan *plan
        cdef Bucket *bucket
        if id(source) in self.made:
            made, entries = self.made[id(source)]
            if entries != nentries:
                raise ValueError(f"a plan for {entries} entries is that of {nentries}")
            return self.plans[<uint32_t>made]
        bigger = <Plan **>realloc(self.plans, (self.count + 1) * sizeof(Plan *))
        if bigger is NULL:
            raise MemoryError
        self.plans = bigger
        plan = self.plans[self.count] = <Plan *>block_new(1, sizeof(Plan))
        self.made[id(source)] = self.count, nentries
        self.sources.append(source)
        self.count += 1
        plan.guards = <uint32_t *>block_new(GUARDS_MAX, sizeof(uint32_t))
        plan.buckets = <Bucket *>block_new(len(source.buckets), sizeof(Bucket))
        for row in source.buckets:
            bucket = &plan.buckets[plan.nbuckets]
            plan.nbuckets += 1
            self.fill_guards(plan, bucket, row.guards, checks, nchecks)
            self.fill_bucket(plan, bucket, row, nentries, table)
            plan.path |= bucket.path
        return plan

    cdef int fill_guards(
        self, Plan *plan, Bucket *bucket, object guards, const Check *checks, uint32_t nchecks
    ) except -1:
        """Set the guards of a bucket; guards beyond GUARDS_MAX are omitted, which only adds candidates."""
        cdef uint32_t i
        for check, expected in guards:
            if not 0 <= check < nchecks:
                raise ValueError(f"a guard has the check {check} of {nchecks}")
            i = 0
            while i < plan.nguards and plan.guards[i] != check:
                i += 1
            if i == GUARDS_MAX:
                continue
            if i == plan.nguards:
                plan.guards[i] = check
                plan.guards_path |= checks[plan.guards[i]].path
                plan.depends_on |= checks[plan.guards[i]].depends_on
                plan.nguards += 1
            bucket.required |= <uint64_t>1 << i
            bucket.expected |= <uint64_t>bool(expected) << i
            bucket.path |= checks[plan.guards[i]].path
        return 0

    cdef int fill_bucket(self, Plan *plan, Bucket *bucket, object source, uint32_t nentries, SlotTable table) except -1:
        cdef dict of_slot = {}
        cdef const Slot *slot
        cdef IndexLookup *lookup
        bucket.lookups = <IndexLookup *>block_new(len(source.probes), sizeof(IndexLookup))
        bucket.always = <uint32_t *>block_new(len(source.always), sizeof(uint32_t))
        for row in source.probes:
            of_slot.setdefault(table.add(row.source), []).append(row)
            plan.depends_on |= source_depends_on(row.source, table)
        for number, rows in of_slot.items():
            lookup = &bucket.lookups[bucket.nlookups]
            bucket.nlookups += 1
            slot = &table.slots[<uint32_t>number]
            lookup.slot = number
            lookup.is_single = slot.multi == MULTI_NONE
            lookup.path = slot.path
            bucket.path |= slot.path
            lookup.indexes = <Index *>block_new(len(rows), sizeof(Index))
            for row in rows:
                lookup.nindexes += 1
                self.fill_index(&lookup.indexes[lookup.nindexes - 1], row, slot, nentries)
        for entry in source.always:
            if not 0 <= entry < nentries:
                raise ValueError(f"a plan has the entry {entry} of {nentries}")
            bucket.always[bucket.nalways] = entry
            bucket.nalways += 1
        return 0

    cdef int fill_index(self, Index *index, object source, const Slot *slot, uint32_t nentries) except -1:
        """Merge equal keys, sort them as the index requires, and build the index."""
        cdef Operand operand
        cdef uint32_t n = 0
        cdef int kind = slot.kind
        cdef dict entries = {}
        cdef list ordered
        index.kind = <uint8_t>KINDS.index(source.kind)
        if index.kind == INDEX_NETWORK:
            fits = kind in (KIND_IP, KIND_NET)
            kind = KIND_NET
        else:
            fits = kind in (KIND_STR, KIND_BYTES) or (index.kind == INDEX_EXACT and kind != KIND_NET)
        if not fits:
            raise ValueError(f"{source.source} has no index of the kind {source.kind}")
        for key, found in source.keys:
            key = _normal(key, index.kind, kind)
            entries.setdefault(key, []).extend(found)
        if not 0 < len(entries) < KEYS_MAX:
            raise ValueError(f"an index of {len(entries)} keys")
        ordered = list(entries)
        if index.kind in (INDEX_PREFIX, INDEX_PATH, INDEX_SUFFIX):
            ordered.sort()
        index.keys = <Value *>block_new(len(ordered), sizeof(Value))
        operand_fill(&operand, "eq", kind, ordered, index.keys, self.keep)
        index.count = len(ordered)
        index.first = <uint32_t *>block_new(len(ordered) + 1, sizeof(uint32_t))
        index.entries = <uint32_t *>block_new(sum([len(found) for found in entries.values()]), sizeof(uint32_t))
        for at, key in enumerate(ordered, 1):
            for entry in entries[key]:
                if not 0 <= entry < nentries:
                    raise ValueError(f"a plan has the entry {entry} of {nentries}")
                index.entries[n] = entry
                n += 1
            index.first[at] = n
        if index_build(index) < 0:
            raise MemoryError
        return 0
