# SPDX-License-Identifier: Apache-2.0
"""Conversion of records and packed alerts to Python objects."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.wire.events_gen cimport ev_hdr


cdef class RawAlert:
    cdef readonly uint32_t rule
    cdef readonly str binding
    cdef readonly uint64_t time_ns
    cdef readonly uint64_t num
    cdef readonly tuple values
    cdef readonly bytes event
    cdef readonly bint is_cut
    cdef readonly bint is_uncertain

cdef tuple values_unpack(const uint8_t *at, size_t size, uint32_t count)
cdef RawAlert alert_unpack(const uint8_t *data, size_t size)
cdef list alerts_unpack(const uint8_t *data, size_t used)
cdef dict decode_event(const ev_hdr *hdr)
