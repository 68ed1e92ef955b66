# SPDX-License-Identifier: Apache-2.0
"""Clones, as both sides of the call tell them."""

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent


cdef void task_cloned(Tasks *tasks, const ScapEvent *event) noexcept nogil
