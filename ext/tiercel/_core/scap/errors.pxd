# SPDX-License-Identifier: Apache-2.0
"""Capture errors as exceptions."""

from tiercel._core.scap.reader cimport ScapError


cdef object capture_error(const ScapError *error, str name)
