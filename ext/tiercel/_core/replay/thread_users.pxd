# SPDX-License-Identifier: Apache-2.0
"""Events that add or remove users and groups."""

from tiercel._core.replay.thread_table cimport ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void thread_table_user_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil
cdef void thread_table_group_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil
