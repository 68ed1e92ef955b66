# SPDX-License-Identifier: Apache-2.0
"""Table of kernel errors: stage, errno and log text to error code and hint."""

cpdef object kernel_error(str stage, int err, str what, str log=*)
