# SPDX-License-Identifier: Apache-2.0
"""What the parsers of a capture's events about descriptors share: params, the event's own descriptor, new entries."""

from libc.stdint cimport int64_t, uint32_t

from tiercel._core.fds cimport Fd
from tiercel._core.scap cimport ScapEvent
from tiercel._core.tasks cimport Task, Tasks
from tiercel._core.view cimport Slice


cdef Slice event_bytes(const ScapEvent *event, uint32_t index) noexcept nogil
cdef int64_t event_number(const ScapEvent *event, uint32_t index, int64_t missing) noexcept nogil
cdef int64_t read_number(Slice bytes, int64_t missing) noexcept nogil
cdef Slice read_text(Slice bytes) noexcept nogil

cdef void fd_begin(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
cdef void fd_finish(Tasks *tasks) noexcept nogil
cdef Fd *fd_make(Tasks *tasks, Task *task, int64_t num, int type, uint32_t flags) noexcept nogil
cdef Fd *fd_duplicate(Tasks *tasks, Task *task, int64_t num, const Fd *source) noexcept nogil
cdef void fd_rename(Tasks *tasks, Fd *fd, Slice name) noexcept nogil
