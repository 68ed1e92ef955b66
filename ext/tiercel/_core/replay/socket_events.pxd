# SPDX-License-Identifier: Apache-2.0
"""Socket updates from capture events, and the initial descriptors of a capture."""

from libc.stdint cimport int64_t

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent, ScapFd


cdef void fds_add_initial(ThreadTable *threads, const ScapFd *entry) noexcept nogil
cdef void fds_open(ThreadTable *threads) noexcept nogil

cdef void fd_socket(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil
cdef void fd_bind(ThreadTable *threads, const ScapEvent *event) noexcept nogil
cdef void fd_connect(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t result) noexcept nogil
cdef void fd_accept(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event, int64_t num) noexcept nogil
cdef void fd_used(ThreadTable *threads) noexcept nogil
cdef void fd_send(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
cdef void fd_receive(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
