# SPDX-License-Identifier: Apache-2.0
"""BPF programs that a set of events needs."""

from libc.stdint cimport uint16_t

from tiercel._core.probe.loader cimport Loader

cdef str ITER_CACHES
cdef str DISPATCH
cdef str FILL_TASK_STATE
cdef str FILTER_OPEN
cdef str ITER_TASK
cdef dict OWN_STAGES

cdef frozenset codes_with(uint16_t traits)
cdef tuple always_attached(Loader loader)
cdef dict fillers_for(Loader loader, object types)
cdef set hooks_for(Loader loader, object types)
