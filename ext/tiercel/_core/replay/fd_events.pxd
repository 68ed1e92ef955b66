# SPDX-License-Identifier: Apache-2.0
"""What the events of a capture do to the descriptors of processes."""

from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks


cdef void fd_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
