# SPDX-License-Identifier: Apache-2.0
"""What the events of a capture tell of sockets, and the descriptors that a capture begins with."""

from libc.stdint cimport int64_t

from tiercel._core.replay.thread_table cimport Task, Tasks
from tiercel._core.scap.reader cimport ScapEvent, ScapFd


cdef void fds_add_initial(Tasks *tasks, const ScapFd *entry) noexcept nogil
cdef void fds_open(Tasks *tasks) noexcept nogil

cdef void fd_socket(Tasks *tasks, Task *task, const ScapEvent *event, int64_t num) noexcept nogil
cdef void fd_bind(Tasks *tasks, const ScapEvent *event) noexcept nogil
cdef void fd_connect(Tasks *tasks, Task *task, const ScapEvent *event, int64_t result) noexcept nogil
cdef void fd_accept(Tasks *tasks, Task *task, const ScapEvent *event, int64_t num) noexcept nogil
cdef void fd_used(Tasks *tasks) noexcept nogil
cdef void fd_send(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
cdef void fd_receive(Tasks *tasks, Task *task, const ScapEvent *event) noexcept nogil
