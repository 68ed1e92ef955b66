# SPDX-License-Identifier: Apache-2.0
"""Access of extractors to the threads of a capture: a `Proc *` of a capture is a `ReplayThread *`."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable, rthread_parent
from tiercel._core.state.process cimport Proc
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport EvalCx


cdef inline ReplayThread *cx_thread(const EvalCx *cx) noexcept nogil:
    """Return the event's thread in a capture; NULL if it is unknown, and live."""
    return <ReplayThread *>cx.event.proc if cx.threads is not NULL else NULL


cdef inline bint cx_is_void(const EvalCx *cx) noexcept nogil:
    """Return whether fields of threads, users and groups are absent: for events of a capture without a thread, and for
    `container` events."""
    return cx.event.proc is NULL and (cx.threads is not NULL or cx.event.container is not NULL)


cdef inline Proc *cx_parent(const EvalCx *cx, const Proc *proc) noexcept nogil:
    """Return the parent process; NULL if it is unknown."""
    if cx.threads is NULL:
        return proc.parent
    return <Proc *>rthread_parent(<const ThreadTable *>cx.threads, <const ReplayThread *>proc)


cdef inline Slice cx_known(const EvalCx *cx, Slice text) noexcept nogil:
    """Read a text of a thread; in a capture an unknown text is empty, not absent."""
    return slice_of(b"") if text.ptr is NULL and cx.threads is not NULL else text
