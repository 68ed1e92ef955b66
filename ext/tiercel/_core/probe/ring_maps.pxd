# SPDX-License-Identifier: Apache-2.0
"""The rings of a probe: how many there are, how large, which CPU writes to which, and what they had no room for."""

from tiercel._core.probe.loader cimport Loader

cdef list rings_make(Loader loader, object life_bytes, object volume_bytes)
cdef dict rings_losses(Loader loader)
