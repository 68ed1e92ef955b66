# SPDX-License-Identifier: Apache-2.0
"""Planner: the index keys by which an event finds the rules that can match it."""
