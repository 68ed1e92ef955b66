# SPDX-License-Identifier: Apache-2.0
"""What a failed call to the kernel means to the user: one table."""

cpdef object kernel_error(str stage, int err, str what, str log=*)
