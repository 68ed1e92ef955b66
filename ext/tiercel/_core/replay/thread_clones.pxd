# SPDX-License-Identifier: Apache-2.0
"""Clones, as both sides of the call tell them."""

from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks


cdef void task_cloned(Tasks *tasks, const ScapEvent *event) noexcept nogil
