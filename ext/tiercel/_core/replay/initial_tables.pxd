# SPDX-License-Identifier: Apache-2.0
"""Initial tables of a capture: threads, descriptors, interfaces, users."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapGroup, ScapInterface, ScapMachine, ScapThread, ScapUser
from tiercel._core.util.slice cimport Slice


cdef ReplayThread *thread_table_add(ThreadTable *threads, const ScapThread *entry) noexcept nogil
cdef void thread_table_add_machine(ThreadTable *threads, const ScapMachine *entry) noexcept nogil
cdef void thread_table_add_interface(ThreadTable *threads, const ScapInterface *entry) noexcept nogil
cdef void thread_table_add_user(ThreadTable *threads, Slice container_id, const ScapUser *entry) noexcept nogil
cdef void thread_table_add_group(ThreadTable *threads, Slice container_id, const ScapGroup *entry) noexcept nogil
cdef void rthread_find_container(ThreadTable *threads, ReplayThread *thread) noexcept nogil
