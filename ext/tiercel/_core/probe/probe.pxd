# SPDX-License-Identifier: Apache-2.0
"""The probe in the kernel: what it reports, whom it watches, what it counts."""

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
    cdef frozenset asked_now
    cdef tuple life             # programs that are attached whatever the rules are
    cdef list ring_list         # descriptor and size of each ring
    cdef uint32_t bank          # of the filter in use or the last one, from 1 on; 0: there was none
    cdef bint forked
    cdef Seals seals            # of the maps, as they were written last

    cdef check(self)
    cdef check_schema(self)
    cdef frozenset known(self, object types)
    cdef configure(self, bint env, bint cwd, uint32_t snaplen, uint32_t wakeup_bytes)
    cdef ask(self, object now)
    cdef apply_tables(self, object types)
    cdef enter_calls(self, uint16_t *fresh64, uint16_t *fresh32)
