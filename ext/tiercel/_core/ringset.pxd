# SPDX-License-Identifier: Apache-2.0
"""The rings of a probe: how many there are, how large, and which CPU writes to which."""

from tiercel._core.loader cimport Loader

cdef list rings_make(Loader loader, object life_bytes, object volume_bytes)
