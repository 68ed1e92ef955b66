# SPDX-License-Identifier: Apache-2.0
"""Programs that a thread of a capture has started to run."""

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent


cdef void task_execed(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
