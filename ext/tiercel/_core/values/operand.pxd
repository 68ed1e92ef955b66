# SPDX-License-Identifier: Apache-2.0
"""Right-hand side of a check, built from constants of a program."""

from tiercel._core.values.value cimport Operand, Value


cdef int operand_fill(Operand *out, str op, int kind, object constants, Value *items, list keep) except -1
cdef void operand_free(const Operand *operand) noexcept nogil
