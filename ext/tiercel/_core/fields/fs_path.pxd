# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``fs.path.*``: the paths of file system calls."""

from tiercel._core.values.value cimport EvalCx, FieldArg, Value


cdef bint field_fs_path_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fs_path_nameraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fs_path_source(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fs_path_sourceraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fs_path_target(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
cdef bint field_fs_path_targetraw(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil
