# SPDX-License-Identifier: Apache-2.0
"""Emulation of Falco's param buffer, whose stale bytes Falco prints for a transfer without data."""

from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport tbl_param


cdef void cx_remember(EvalCx *cx, const tbl_param *param, Slice text) noexcept nogil
