# SPDX-License-Identifier: Apache-2.0
"""Whether a rule matches whatever some values are: three-valued evaluation."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.slots cimport Slot
from tiercel._core.values.value cimport EvalCx


cdef enum:
    EDGE_TRUE = -1
    EDGE_FALSE = -2

# What may come out, a bit for each; both where it depends on what is not known.
cdef enum:
    OUTCOME_NO = 1
    OUTCOME_YES = 2
    OUTCOME_OPEN = 3
    OUTCOME_EITHER = 4      # yes, but which binding it is under depends on what is not known

# 16 bytes: where to go when the check is true and when it is false; a later node, EDGE_TRUE or EDGE_FALSE.
cdef struct Node:
    uint32_t check
    int32_t on_true
    int32_t on_false
    uint32_t reserved

cdef uint8_t decide(
    const Node *nodes, const Check *checks, const Slot *slots, EvalCx *cx, int32_t root, uint8_t bindings,
    uint8_t unknown,
) noexcept nogil
