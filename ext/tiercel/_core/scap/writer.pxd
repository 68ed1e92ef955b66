# SPDX-License-Identifier: Apache-2.0
"""Conversion of wire records to capture blocks, the inverse of `replay.record_builder`."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from tiercel._core.state.process cimport Proc
from tiercel._core.wire.events_gen cimport ev_hdr


cdef enum:
    # Room for the block of any record: params of 65,535 bytes, a NUL for each, their lengths and the block's own.
    SCAP_EVENT_MAX = 66 * 1024

cdef uint32_t scap_put_record(
    const ev_hdr *hdr, int64_t unix_offset_ns, uint32_t flags, uint8_t *out, uint32_t size
) noexcept nogil
cdef uint32_t scap_put_birth(
    const ev_hdr *hdr, const Proc *parent, int64_t unix_offset_ns, uint32_t flags, uint8_t *out, uint32_t size
) noexcept nogil
