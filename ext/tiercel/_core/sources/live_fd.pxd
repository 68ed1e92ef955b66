# SPDX-License-Identifier: Apache-2.0
"""Operations of the live source on descriptors and paths."""

from tiercel._core.values.value cimport FdOps

cdef FdOps LIVE_FD_OPS
