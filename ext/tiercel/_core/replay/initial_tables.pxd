# SPDX-License-Identifier: Apache-2.0
"""What a capture says before its first event: threads, descriptors, interfaces, users."""

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapGroup, ScapInterface, ScapMachine, ScapThread, ScapUser
from tiercel._core.util.slice cimport Slice


cdef Task *tasks_add(Tasks *tasks, const ScapThread *entry) noexcept nogil
cdef void tasks_add_machine(Tasks *tasks, const ScapMachine *entry) noexcept nogil
cdef void tasks_add_interface(Tasks *tasks, const ScapInterface *entry) noexcept nogil
cdef void tasks_add_user(Tasks *tasks, Slice container_id, const ScapUser *entry) noexcept nogil
cdef void tasks_add_group(Tasks *tasks, Slice container_id, const ScapGroup *entry) noexcept nogil
cdef void task_find_container(Tasks *tasks, Task *task) noexcept nogil
