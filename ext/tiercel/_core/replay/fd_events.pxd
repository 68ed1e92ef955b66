# SPDX-License-Identifier: Apache-2.0
"""What the events of a capture do to the descriptors of processes."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void fd_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
