# SPDX-License-Identifier: Apache-2.0
"""Container events of a capture."""

from cpython.ref cimport PyObject
from libc.stdint cimport uint64_t

from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.state.container cimport Container, Containers
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice


cdef struct Described:
    PyObject *describe      # callback from JSON to (id, values), or None; borrowed reference, NULL: no callback
    IntMap kept             # hash of the id -> Container; processes may follow later
    Container *container         # container of the current event; NULL: none
    uint64_t wrong          # malformed container events
    uint64_t refused        # containers refused by a full table

cdef Slice described_json(const ScapEvent *event) noexcept nogil
cdef void described_hear(Described *described, Containers *table, Slice body) noexcept with gil
cdef void described_forget(Described *described) noexcept nogil
