# SPDX-License-Identifier: Apache-2.0
"""Programs that a thread of a capture has started to run."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void rthread_execed(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
