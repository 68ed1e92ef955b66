# SPDX-License-Identifier: Apache-2.0
"""Updates of descriptor tables from capture events."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void fd_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
