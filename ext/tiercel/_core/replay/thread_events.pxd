# SPDX-License-Identifier: Apache-2.0
"""What events do to their thread, beside clones, execs and descriptors."""

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent


cdef void task_apply(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
