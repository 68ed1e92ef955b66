# SPDX-License-Identifier: Apache-2.0
"""Events that name users and groups."""

from tiercel._core.replay.thread_table cimport Tasks
from tiercel._core.scap.reader cimport ScapEvent


cdef void tasks_user_event(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef void tasks_group_event(Tasks *tasks, const ScapEvent *event) noexcept nogil
