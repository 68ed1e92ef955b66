# SPDX-License-Identifier: Apache-2.0
"""What events do to the state of a capture."""

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent


cdef void tasks_open(Tasks *tasks) noexcept nogil
cdef Task *tasks_begin(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef void tasks_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
cdef void tasks_end(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef bint tasks_is_hidden(const ScapEvent *event) noexcept nogil
