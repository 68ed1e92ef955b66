# SPDX-License-Identifier: Apache-2.0
"""The compiled program: checks, plans, indexes, and evaluation with two and with three truth values.

It imports ``fields`` and what lies below.
"""
