# SPDX-License-Identifier: Apache-2.0
"""Updates of threads and users from capture events, except clones, execs and descriptors."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void rthread_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
cdef void thread_table_user_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil
cdef void thread_table_group_event(ThreadTable *threads, const ScapEvent *event) noexcept nogil
