# SPDX-License-Identifier: Apache-2.0
"""Operations of a capture on its descriptors and paths. `EvalCx.source_data` is the thread table."""

from tiercel._core.values.value cimport FdOps

cdef FdOps REPLAY_FD_OPS
