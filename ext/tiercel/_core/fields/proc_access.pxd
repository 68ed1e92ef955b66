# SPDX-License-Identifier: Apache-2.0
"""The threads of a capture as extractors meet them: a `Proc *` of a capture is a `ReplayThread *`."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable, rthread_parent
from tiercel._core.state.process cimport Proc
from tiercel._core.util.slice cimport Slice, slice_of
from tiercel._core.values.value cimport EvalCx


cdef inline ReplayThread *cx_thread(const EvalCx *cx) noexcept nogil:
    """The event's thread in a capture; NULL where it is not known, and live."""
    return <ReplayThread *>cx.proc if cx.threads is not NULL else NULL


cdef inline bint cx_is_void(const EvalCx *cx) noexcept nogil:
    """An event of a capture without a thread, or one that tells of a container: fields of threads, users and groups
    have no value."""
    return cx.proc is NULL and (cx.threads is not NULL or cx.told is not NULL)


cdef inline Proc *cx_parent(const EvalCx *cx, const Proc *proc) noexcept nogil:
    """The parent process; NULL where it is not known."""
    if cx.threads is NULL:
        return proc.parent
    return <Proc *>rthread_parent(<const ThreadTable *>cx.threads, <const ReplayThread *>proc)


cdef inline Slice cx_known(const EvalCx *cx, Slice text) noexcept nogil:
    """A text of a thread; in a capture one that nothing has told is empty, not absent."""
    return slice_of(b"") if text.ptr is NULL and cx.threads is not NULL else text
