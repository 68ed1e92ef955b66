# SPDX-License-Identifier: Apache-2.0
"""Intermediate representation: trees of conditions, types, operands, and the finished program."""
