# SPDX-License-Identifier: Apache-2.0
"""BPF probe of one sensor: wanted events, scope, filter, rings and counters."""

cimport cython
from libc.stdint cimport uint16_t, uint32_t

from tiercel._core.probe.loader cimport Loader
from tiercel._core.probe.sealing cimport Seals


@cython.final
cdef class Probe:
    cdef Loader loader
    cdef str scope_name
    cdef frozenset wanted_types
    cdef frozenset calls
    cdef frozenset task_state_parts
    cdef tuple life             # programs that are always attached
    cdef list ring_list         # descriptor and size of each ring
    cdef uint32_t bank          # current or last filter bank, counted from 1; 0: none yet
    cdef bint forked
    cdef uint32_t canary        # upper half of the argument of canary calls; 0: there are none
    cdef Seals seals            # last written values of the maps

    cdef check(self)
    cdef check_schema(self)
    cdef frozenset known(self, object types)
    cdef configure(self, bint env, bint cwd, uint32_t snaplen, uint32_t wakeup_bytes)
    cdef set_task_state(self, object now)
    cdef bint needs_dispatch(self, object types)
    cdef apply_tables(self, object types)
    cdef enter_calls(self, uint16_t *fresh64, uint16_t *fresh32)
