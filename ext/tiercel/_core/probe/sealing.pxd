# SPDX-License-Identifier: Apache-2.0
"""Tamper detection for the probe's maps."""

cimport cython
from libc.stdint cimport uint32_t

from tiercel._core.probe.loader cimport Loader
from tiercel._core.probe.probe_abi cimport probe_stats


cdef map_freeze(Loader loader, str name)


@cython.final
cdef class Seals:
    cdef bytes globals          # content of .data; None before the first call of `take`
    cdef dict programs          # program ids by index, for each program array
    cdef object bank            # digest of the filter bank in use, or None
    cdef uint32_t bank_key
    cdef probe_stats counted    # last read counters
    cdef bint went_back         # a counter decreased

    cdef take(self, Loader loader)
    cdef take_bank(self, Loader loader, uint32_t key)
    cdef count(self, const probe_stats *total)
    cdef tuple check(self, Loader loader)
