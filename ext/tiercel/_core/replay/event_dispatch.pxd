# SPDX-License-Identifier: Apache-2.0
"""What events do to the state of a capture."""

from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks


cdef void tasks_open(Tasks *tasks) noexcept nogil
cdef Task *tasks_begin(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef void tasks_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
cdef void tasks_end(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef bint tasks_is_hidden(const ScapEvent *event) noexcept nogil
