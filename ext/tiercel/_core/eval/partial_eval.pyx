# SPDX-License-Identifier: Apache-2.0
"""Three-valued evaluation of rules with unknown values.

For a check that depends on unknown values, the evaluation follows both edges; all other checks are evaluated as usual.
On one path, a check has the same result at each node.  The analysis makes no other assumption: it does not detect that
two checks exclude each other because a field has only one value.
"""

from tiercel._core.eval.checks cimport check_holds
from tiercel._core.values.value cimport BINDING_REQUESTED, BINDING_RESOLVED

cdef enum:
    GUESSES_MAX = 32        # maximum number of guessed checks on one path
    PATHS_MAX = 1024        # maximum number of paths, before a rule counts as unknown

# A check with unknown result, and the result that the current path assumes.
cdef struct Guess:
    uint32_t cell           # check and binding
    int32_t node
    uint8_t binding
    bint truth


cdef inline int _guessed(const Guess *guesses, int count, uint32_t cell) noexcept nogil:
    """Return the index of an earlier guess for a check, or `count`."""
    cdef int i = 0
    while i < count and guesses[i].cell != cell:
        i += 1
    return i


cdef uint8_t partial_eval(
    const Node *nodes, const Check *checks, const Slot *slots, EvalCx *cx, int32_t root, uint8_t bindings,
    uint8_t unknown,
) noexcept nogil:
    """Return the possible results (TRI_*) from `root` on, under the first binding, or else under the second.

    `unknown`: PART_* without a value yet.  cx.binding is unchanged.  A rule with too many paths counts as TRI_UNKNOWN.
    """
    cdef Guess guesses[GUESSES_MAX]
    cdef const Check *check
    cdef const Node *row
    cdef int32_t node = root
    cdef uint32_t cell
    cdef int at, count = 0, paths = 0
    cdef uint8_t before = cx.binding, found = 0, fitting = 0
    cx.binding = BINDING_REQUESTED if bindings & 1 << BINDING_REQUESTED else BINDING_RESOLVED
    while True:
        while node >= 0:
            row = &nodes[node]
            check = &checks[row.check]
            if not check.depends_on & unknown:
                node = row.on_true if check_holds(checks, slots, cx, row.check) else row.on_false
                continue
            cell = 2 * row.check + (cx.binding & check.path)
            at = _guessed(guesses, count, cell)
            if at == count:
                if count == GUESSES_MAX:
                    cx.binding = before
                    return TRI_UNKNOWN
                guesses[count].cell = cell
                guesses[count].node = node
                guesses[count].binding = cx.binding
                guesses[count].truth = 1
                count += 1
            node = row.on_true if guesses[at].truth else row.on_false
        if node == EDGE_FALSE and cx.binding == BINDING_REQUESTED and bindings & 1 << BINDING_RESOLVED:
            cx.binding = BINDING_RESOLVED
            node = root
            continue
        if node == EDGE_TRUE:
            found |= TRI_TRUE
            fitting |= 1 << cx.binding
        else:
            found |= TRI_FALSE
        paths += 1
        # Invert the last guess whose other result is not tried yet.
        while count and not guesses[count - 1].truth:
            count -= 1
        if count == 0 or found == TRI_UNKNOWN or paths == PATHS_MAX:
            break
        guesses[count - 1].truth = 0
        cx.binding = guesses[count - 1].binding
        node = nodes[guesses[count - 1].node].on_false
    cx.binding = before
    if count:
        return TRI_UNKNOWN
    return <uint8_t>TRI_TRUE_EITHER if found == TRI_TRUE and fitting & (fitting - 1) else found
