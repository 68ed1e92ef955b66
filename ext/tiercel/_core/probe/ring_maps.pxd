# SPDX-License-Identifier: Apache-2.0
"""Ring buffers of a probe: number, size, assignment of CPUs, and loss counters."""

from tiercel._core.probe.loader cimport Loader

cdef list rings_make(Loader loader, object life_bytes, object volume_bytes)
cdef dict rings_losses(Loader loader)
