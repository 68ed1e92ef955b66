# SPDX-License-Identifier: Apache-2.0
"""Conversion of events in captures of any age to the current layouts.

Older captures have two records for each system call, for its entry and its exit. Enter events are kept by thread until
the exit event, whose current layout has the params of both.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.scap.reader cimport SCAP_PARAMS_MAX, Scap, ScapEvent
from tiercel._core.util.hashmap cimport IntMap


cdef enum:
    CONVERT_ERROR = -1      # no rule for an event of that form: `what` has the reason
    CONVERT_DROP = 0        # hidden: kept for the exit event, or obsolete
    CONVERT_PASS = 1        # the event is in the current form
    CONVERT_AGAIN = 2       # of a single step: another step is needed

# The latest unused enter event of a thread.
cdef struct Stored:
    uint64_t ts_ns
    int64_t tid
    uint16_t type
    uint16_t cpu
    uint8_t waits               # not used yet
    uint8_t nparams
    uint32_t lens[SCAP_PARAMS_MAX]
    uint8_t *data               # the params, concatenated
    uint32_t room

cdef struct ConverterStats:
    uint64_t converted          # exits that were converted
    uint64_t stored             # enter events kept for their exit
    uint64_t unused             # obsolete events
    uint64_t missed             # exits without their enter event: its params have no value
    uint64_t evicted            # enter events evicted for want of room

cdef struct Converter:
    IntMap by_tid               # Stored
    Stored **slots
    uint32_t count
    uint32_t hand               # clock hand of the eviction
    uint64_t bytes              # of all data
    uint8_t *fixed              # fixed-size values made for the event
    uint32_t fixed_used
    uint8_t *text               # a text made for the event
    uint64_t text_room
    int what                    # SCAP_BAD_* of an error
    ConverterStats stats


cdef int converter_init(Converter *conv) noexcept nogil
cdef void converter_free(Converter *conv) noexcept nogil
cdef void converter_forget(Converter *conv) noexcept nogil
cdef bint converter_stored(Converter *conv, int64_t tid, ScapEvent *out) noexcept nogil
cdef int converter_step(Converter *conv, ScapEvent *event) noexcept nogil
cdef int converter_convert(Converter *conv, ScapEvent *event) noexcept nogil
cdef int converter_next(Converter *conv, Scap *scap) noexcept nogil
