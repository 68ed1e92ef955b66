# SPDX-License-Identifier: Apache-2.0
"""Old events as today's: events of captures of any age come out in the layouts of the current ones.

Older captures have two records for each system call, one when it is entered and one when it returns. The first are
kept here by thread until the second come, whose newer layouts hold what both knew.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from tiercel._core.scap.reader cimport SCAP_PARAMS_MAX, Scap, ScapEvent
from tiercel._core.util.hashmap cimport IntMap


cdef enum:
    CONVERT_ERROR = -1      # no rule for an event of that form: `what` says why
    CONVERT_DROP = 0        # nothing to show: kept for the exit event, or out of use
    CONVERT_PASS = 1        # the event is a current one now
    CONVERT_AGAIN = 2       # of a single step: there is more to do

# The last enter event of a thread that was not used yet.
cdef struct Stored:
    uint64_t ts_ns
    int64_t tid
    uint16_t type
    uint16_t cpu
    uint8_t waits               # it was not used yet
    uint8_t nparams
    uint32_t lens[SCAP_PARAMS_MAX]
    uint8_t *data               # the params, one behind the other
    uint32_t room

cdef struct ConverterStats:
    uint64_t converted          # exits that came out in another form
    uint64_t stored             # enter events that were kept for their exit
    uint64_t unused             # events that have no use any more
    uint64_t missed             # exits whose enter event was not there: params have no value
    uint64_t evicted            # enter events that were thrown away for want of room

cdef struct Converter:
    IntMap by_tid               # Stored
    Stored **slots
    uint32_t count
    uint32_t hand               # where the search for one to throw away goes on
    uint64_t bytes              # of all data
    uint8_t *fixed              # values of fixed size that were made for the event
    uint32_t fixed_used
    uint8_t *text               # a text that was made for it
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
