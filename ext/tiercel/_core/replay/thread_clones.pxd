# SPDX-License-Identifier: Apache-2.0
"""Clones, from the events of both sides."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void rthread_cloned(ThreadTable *threads, const ScapEvent *event) noexcept nogil
