# SPDX-License-Identifier: Apache-2.0
"""Three-valued evaluation of rules with unknown values."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.slots cimport Slot
from tiercel._core.values.value cimport EvalCx


cdef enum:
    EDGE_TRUE = -1
    EDGE_FALSE = -2

# Possible results, one bit each; both bits if the result depends on unknown values.
cdef enum:
    TRI_FALSE = 1
    TRI_TRUE = 2
    TRI_UNKNOWN = 3
    TRI_TRUE_EITHER = 4     # true, but the binding depends on unknown values

# 16 bytes: the targets for a true and a false check; a later node, EDGE_TRUE or EDGE_FALSE.
cdef struct Node:
    uint32_t check
    int32_t on_true
    int32_t on_false
    uint32_t reserved

cdef uint8_t partial_eval(
    const Node *nodes, const Check *checks, const Slot *slots, EvalCx *cx, int32_t root, uint8_t bindings,
    uint8_t unknown,
) noexcept nogil
