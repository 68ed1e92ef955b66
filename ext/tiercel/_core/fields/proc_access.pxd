# SPDX-License-Identifier: Apache-2.0
"""Access of extractors to the event's process and its relatives, in the forms of the source."""

from libc.stdint cimport uint64_t

from tiercel._core.state.process cimport Proc
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx


cdef inline Proc *cx_parent(const EvalCx *cx, const Proc *proc) noexcept nogil:
    """Return the parent process; NULL if it is unknown."""
    return cx.source.proc.parent(cx, proc)


cdef inline Slice cx_known(const EvalCx *cx, Slice text) noexcept nogil:
    """Return a text of a process; of an unknown one the form that the source has for it."""
    return text if text.ptr is not NULL else cx.source.unknown_text


cdef inline bint cx_elapsed(const EvalCx *cx, uint64_t since_ns, uint64_t *ns) noexcept nogil:
    """Return the time from then to the event; 0 if it is unknown."""
    if since_ns == 0 or (cx.event.hdr.time_ns < since_ns and not cx.source.durations_wrap):
        return 0
    ns[0] = cx.event.hdr.time_ns - since_ns
    return 1
