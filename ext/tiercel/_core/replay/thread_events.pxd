# SPDX-License-Identifier: Apache-2.0
"""What events do to their thread, beside clones, execs and descriptors."""

from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks


cdef void task_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
