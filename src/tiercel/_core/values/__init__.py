# SPDX-License-Identifier: Apache-2.0
"""Values and operands of checks, the operators that compare them, and the transformers.

It imports ``state`` and what lies below.
"""
