# SPDX-License-Identifier: Apache-2.0
"""Operations of the live source on processes."""

from tiercel._core.values.value cimport SourceOps

cdef SourceOps LIVE_OPS
