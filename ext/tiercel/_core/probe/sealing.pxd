# SPDX-License-Identifier: Apache-2.0
"""Detection of changes to the probe's maps from outside."""

cimport cython
from libc.stdint cimport uint32_t

from tiercel._core.probe.loader cimport Loader
from tiercel._core.probe.probe_abi cimport probe_stats


cdef map_freeze(Loader loader, str name)


@cython.final
cdef class Seals:
    cdef bytes globals          # of .data; None before the first call of `take`
    cdef dict programs          # of each program array: ids of the programs by index
    cdef object bank            # digest of the filter bank in use; None without one
    cdef uint32_t bank_key
    cdef probe_stats counted    # the counters, as they were read last
    cdef bint went_back         # some counter was less than before

    cdef take(self, Loader loader)
    cdef take_bank(self, Loader loader, uint32_t key)
    cdef count(self, const probe_stats *total)
    cdef tuple check(self, Loader loader)
