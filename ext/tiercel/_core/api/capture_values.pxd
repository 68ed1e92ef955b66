# SPDX-License-Identifier: Apache-2.0
"""Conversion of the params of a capture's event to Python objects."""

from tiercel._core.scap.reader cimport ScapEvent


cdef tuple event_values(const ScapEvent *event)
