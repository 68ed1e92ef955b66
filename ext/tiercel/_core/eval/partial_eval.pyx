# SPDX-License-Identifier: Apache-2.0
"""Whether a rule matches whatever some values are: three-valued evaluation.

A check whose outcome depends on what is not known may come out either way, so both its edges are followed; all other
checks are decided as ever.  On one way a check comes out the same wherever it is met.  Nothing else is assumed: that
two such checks cannot both be true, because one field cannot have two values, is not seen.
"""

from tiercel._core.eval.checks cimport check_holds
from tiercel._core.values.value cimport BINDING_REQUESTED, BINDING_RESOLVED

cdef enum:
    GUESSES_MAX = 32        # checks that are guessed on one way
    WAYS_MAX = 1024         # ways that are followed, before a rule counts as open

# A check that was met with its outcome unknown, and how it was taken to come out.
cdef struct Guess:
    uint32_t cell           # check and binding
    int32_t node
    uint8_t binding
    bint truth


cdef inline int _guessed(const Guess *guesses, int count, uint32_t cell) noexcept nogil:
    """Where the outcome of a check was guessed before, or `count`."""
    cdef int i = 0
    while i < count and guesses[i].cell != cell:
        i += 1
    return i


cdef uint8_t decide(
    const Node *nodes, const Check *checks, const Slot *slots, EvalCx *cx, int32_t root, uint8_t bindings,
    uint8_t unknown,
) noexcept nogil:
    """Return what may come out (OUTCOME_*) from `root` on, under the first of the bindings or else under the second.

    `unknown`: PART_* of what has no value yet.  cx.binding stays as it was.  A rule that is too involved counts as
    open.
    """
    cdef Guess guesses[GUESSES_MAX]
    cdef const Check *check
    cdef const Node *row
    cdef int32_t node = root
    cdef uint32_t cell
    cdef int at, count = 0, ways = 0
    cdef uint8_t before = cx.binding, found = 0, fitting = 0
    cx.binding = BINDING_REQUESTED if bindings & 1 << BINDING_REQUESTED else BINDING_RESOLVED
    while True:
        while node >= 0:
            row = &nodes[node]
            check = &checks[row.check]
            if not check.meta & unknown:
                node = row.on_true if check_holds(checks, slots, cx, row.check) else row.on_false
                continue
            cell = 2 * row.check + (cx.binding & check.path)
            at = _guessed(guesses, count, cell)
            if at == count:
                if count == GUESSES_MAX:
                    cx.binding = before
                    return OUTCOME_OPEN
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
            found |= OUTCOME_YES
            fitting |= 1 << cx.binding
        else:
            found |= OUTCOME_NO
        ways += 1
        # The last guess that has another side is turned over.
        while count and not guesses[count - 1].truth:
            count -= 1
        if count == 0 or found == OUTCOME_OPEN or ways == WAYS_MAX:
            break
        guesses[count - 1].truth = 0
        cx.binding = guesses[count - 1].binding
        node = nodes[guesses[count - 1].node].on_false
    cx.binding = before
    if count:
        return OUTCOME_OPEN
    return <uint8_t>OUTCOME_EITHER if found == OUTCOME_YES and fitting & (fitting - 1) else found
