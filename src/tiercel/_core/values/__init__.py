# SPDX-License-Identifier: Apache-2.0
"""Values and operands of checks, comparison operators, and transformers.

It imports ``state`` and what lies below.
"""
