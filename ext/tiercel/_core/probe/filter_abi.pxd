# SPDX-License-Identifier: Apache-2.0
"""Kernel filter tables and their lookup: bpf/gen/filter_abi.h and bpf/lib/filter/filter.h."""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from tiercel._core.wire.events_gen cimport ev_file


cdef extern from "gen/filter_abi.h" nogil:
    enum filter_atom:
        FILTER_OK
        FILTER_ROOT
        FILTER_OPEN_READ
        FILTER_OPEN_WRITE
        FILTER_OPEN_CREAT
        FILTER_OPEN_TRUNC
        FILTER_OPEN_APPEND
        FILTER_OPEN_EXEC
        FILTER_OPEN_DIRECTORY
        FILTER_HOST
        FILTER_FD_KNOWN
        FILTER_FD_FILE
        FILTER_FD_DIRECTORY
        FILTER_FD_IPV4
        FILTER_FD_IPV6
        FILTER_FD_UNIX
        FILTER_FD_FIFO
        FILTER_L4_TCP
        FILTER_L4_UDP
        FILTER_PATHSET

    enum filter_kind:
        FILTER_EXACT
        FILTER_PREFIX
        FILTER_SUFFIX
        FILTER_CONTAINS

    enum filter_stage:
        FILTER_STAGE_PATH
        FILTER_STAGE_FILE
        FILTER_STAGE_HOST

    enum:
        FILTER_CLAUSES
        FILTER_PATHSETS
        FILTER_TEXT_MAX

    uint64_t FILTER_PATHSET_MASK
    uint64_t FILTER_FILE_MASK

    struct filter_clause:
        uint64_t must
        uint64_t must_not
        uint64_t path

    struct filter_program:
        uint32_t nclauses
        uint32_t stages
        filter_clause clause[1]

    struct filter_key:
        uint16_t tag
        uint16_t sets

    struct filter_paths:
        uint32_t always
        uint32_t stride
        uint32_t probe_mask[1]
        filter_key keys[1]

    struct filter_bank:
        filter_program programs[1]
        filter_paths paths
        uint16_t ports[1]

    enum:
        FILTER_BANKS


cdef extern from "lib/filter/filter.h" nogil:
    struct filter_state:
        uint64_t may
        uint64_t may_not

    void filter__begin(filter_state *state)
    void filter__set_cgroup(filter_state *state, uint32_t verdict)
    void filter__set_call(filter_state *state, int64_t result, uint32_t uid)
    void filter__set_open(filter_state *state, uint32_t flags, uint32_t mode)
    void filter__set_pathsets(filter_state *state, uint32_t sets)
    void filter__set_file(filter_state *state, const ev_file *file)
    void filter__set_ports(filter_state *state, const uint16_t *ports, const ev_file *file)
    bint filter__allows(const filter_program *program, const filter_state *state)
    void filter__clear(filter_paths *paths, uint32_t shortest)
    void filter__add(filter_paths *paths, uint32_t set, filter_kind kind, const char *bytes, uint32_t len)
    uint64_t filter__path_of(const filter_paths *paths, uint64_t must)
    uint32_t filter__try(const filter_paths *paths, const char *text, uint32_t len, bint is_requested)
