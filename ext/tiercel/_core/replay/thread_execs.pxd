# SPDX-License-Identifier: Apache-2.0
"""Programs that a thread of a capture has started to run."""

from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks


cdef void task_execed(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
