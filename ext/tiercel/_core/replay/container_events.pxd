# SPDX-License-Identifier: Apache-2.0
"""What the events of a capture tell of containers."""

from cpython.ref cimport PyObject
from libc.stdint cimport uint64_t

from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.state.container cimport Container, Containers
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice


cdef struct Described:
    PyObject *describe      # from JSON to (id, values), or None; not counted, NULL: nobody reads it
    IntMap kept             # hash of the id -> Container: its processes may come later
    Container *told         # what the event at hand tells of; NULL: of none
    uint64_t wrong          # events that should tell of one, and make no sense
    uint64_t refused        # containers for which there was no room

cdef Slice described_json(const ScapEvent *event) noexcept nogil
cdef void described_hear(Described *described, Containers *table, Slice body) noexcept with gil
cdef void described_forget(Described *described) noexcept nogil
