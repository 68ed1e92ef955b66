# SPDX-License-Identifier: Apache-2.0
"""The params of a capture's event as Python objects."""

from tiercel._core.scap.reader cimport ScapEvent


cdef tuple event_values(const ScapEvent *event)
