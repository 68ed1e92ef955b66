# SPDX-License-Identifier: Apache-2.0
"""Index lookups that select the candidate entries of an event type."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.index cimport Index
from tiercel._core.eval.slots cimport Slot, SlotTable
from tiercel._core.values.value cimport EvalCx


# Lookup of one source in indexes of several kinds.
cdef struct IndexLookup:
    Index *indexes
    uint32_t nindexes
    uint32_t slot
    bint is_single          # the source has a single value
    uint8_t path            # 1: depends on the binding

# Entries with the same required guards: results of the guards in `required` equal `expected`, one bit per guard.
cdef struct Bucket:
    uint64_t required
    uint64_t expected
    IndexLookup *lookups
    uint32_t *always        # entries without a lookup, always candidates
    uint32_t nlookups
    uint32_t nalways
    uint8_t path            # 1: some guard or lookup depends on the binding

cdef struct Plan:
    uint32_t *guards        # checks that the buckets require
    Bucket *buckets
    uint32_t nguards
    uint32_t nbuckets
    uint8_t guards_path     # 1: some guard depends on the binding
    uint8_t path            # 1: some bucket does
    uint8_t depends_on      # PART_*: metadata that guards and lookups depend on

cdef void plan_mark(const Plan *plan, const Check *checks, const Slot *slots, EvalCx *cx) noexcept nogil


cdef class PlanTable:
    cdef dict made          # id of a plan -> index into `plans`, entries of its event types
    cdef list sources       # keeps the ids unique
    cdef list keep          # owns the texts of keys
    cdef Plan **plans
    cdef uint32_t count

    cdef const Plan *add(
        self, object source, uint32_t nentries, const Check *checks, uint32_t nchecks, SlotTable table
    ) except NULL
    cdef int fill_guards(
        self, Plan *plan, Bucket *bucket, object guards, const Check *checks, uint32_t nchecks
    ) except -1
    cdef int fill_bucket(self, Plan *plan, Bucket *bucket, object source, uint32_t nentries, SlotTable table) except -1
    cdef int fill_index(self, Index *index, object source, const Slot *slot, uint32_t nentries) except -1
