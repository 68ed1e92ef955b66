# SPDX-License-Identifier: Apache-2.0
"""Operations of a capture on its threads. `EvalCx.source_data` is the thread table."""

from tiercel._core.values.value cimport SourceOps

cdef SourceOps REPLAY_OPS
