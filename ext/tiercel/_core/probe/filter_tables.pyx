# SPDX-License-Identifier: Apache-2.0
"""Conversion of clauses and path sets to kernel filter tables."""

from libc.stdint cimport uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from tiercel._core.probe.filter_abi cimport (
    FILTER_CLAUSES,
    FILTER_CONTAINS,
    FILTER_EXACT,
    FILTER_FILE_MASK,
    FILTER_HOST,
    FILTER_PATHSET_MASK,
    FILTER_PATHSETS,
    FILTER_PREFIX,
    FILTER_STAGE_FILE,
    FILTER_STAGE_HOST,
    FILTER_STAGE_PATH,
    FILTER_SUFFIX,
    filter__add,
    filter__clear,
    filter__path_of,
    filter_clause,
    filter_kind,
    filter_program,
)
from tiercel._core.probe.program_set cimport codes_with
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, TBL_TRAIT_OPEN_FLAGS, TBL_TRAIT_OPENS_PATH, tbl_slot

cdef dict KINDS = {
    "exact": FILTER_EXACT,
    "prefix": FILTER_PREFIX,
    "suffix": FILTER_SUFFIX,
    "contains": FILTER_CONTAINS,
}

# Events with path sets; the sets of all other events are port sets.
cdef frozenset OPENS = codes_with(TBL_TRAIT_OPENS_PATH | TBL_TRAIT_OPEN_FLAGS)


cdef filter_bank_load(Loader loader, uint32_t key, object filters, object path_sets):
    """Fill a bank and write it to the map, at index `key`."""
    cdef filter_bank *bank = <filter_bank *>malloc(sizeof(filter_bank))
    if bank is NULL:
        raise MemoryError
    try:
        filter_bank_fill(bank, filters, path_sets)
        loader.map_set("map", "filter_banks", &key, bank)
    finally:
        free(bank)


cdef filter_bank_fill(filter_bank *bank, object filters, object path_sets):
    """Fill a bank with `filters`, clauses by event code, and the path sets that they refer to."""
    cdef uint32_t slot
    memset(bank, 0, sizeof(bank[0]))
    filter_paths_fill(&bank.paths, path_sets)
    for number, members in enumerate(path_sets[:FILTER_PATHSETS]):
        for name, text in members:
            if name == "port":
                bank.ports[int.from_bytes(text, "big")] |= <uint16_t>(1 << number)
    for code, clauses in filters.items():
        slot = tbl_slot(code)
        if slot < EV_SLOT_MAX and len(clauses) <= FILTER_CLAUSES:
            _program_fill(&bank.programs[slot], &bank.paths, clauses, code in OPENS)


cdef _program_fill(filter_program *program, const filter_paths *paths, object clauses, bint opens):
    """Add clauses. A clause without atoms is always true: the events of this type are not filtered."""
    cdef filter_clause *clause
    if (0, 0) in clauses:
        return
    for must, must_not in clauses:
        clause = &program.clause[program.nclauses]
        clause.must = must
        clause.must_not = must_not
        clause.path = filter__path_of(paths, clause.must if opens else 0)
        program.nclauses += 1
        if clause.must & FILTER_PATHSET_MASK:
            program.stages |= FILTER_STAGE_PATH if opens else FILTER_STAGE_FILE
        if (clause.must | clause.must_not) & FILTER_FILE_MASK:
            program.stages |= FILTER_STAGE_FILE
        if (clause.must | clause.must_not) >> FILTER_HOST & 1:
            program.stages |= FILTER_STAGE_HOST


cdef filter_paths_fill(filter_paths *paths, object path_sets):
    cdef bytes text
    cdef uint32_t number
    cdef filter_kind kind
    parts = [len(text) for members in path_sets for name, text in members if name == "contains"]
    filter__clear(paths, min(parts, default=0))
    for number, members in enumerate(path_sets[:FILTER_PATHSETS]):
        for name, text in members:
            if name in KINDS:
                kind = KINDS[name]
                filter__add(paths, number, kind, text, len(text))
