# SPDX-License-Identifier: Apache-2.0
"""Dispatch of capture events to the state parsers."""

from tiercel._core.replay.thread_table cimport ReplayThread, ThreadTable
from tiercel._core.scap.reader cimport ScapEvent


cdef void thread_table_open(ThreadTable *threads) noexcept nogil
cdef ReplayThread *thread_table_begin(ThreadTable *threads, const ScapEvent *event) noexcept nogil
cdef void thread_table_apply(ThreadTable *threads, ReplayThread *thread, const ScapEvent *event) noexcept nogil
cdef void thread_table_end(ThreadTable *threads, const ScapEvent *event) noexcept nogil
cdef bint thread_table_is_hidden(const ScapEvent *event) noexcept nogil
