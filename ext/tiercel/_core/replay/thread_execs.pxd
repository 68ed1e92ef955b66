# SPDX-License-Identifier: Apache-2.0
"""Execs of threads in a capture."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void rthread_execed(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
