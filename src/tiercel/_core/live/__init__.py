# SPDX-License-Identifier: Apache-2.0
"""The drain thread, which reads the ring buffers, updates the tables and evaluates the rules.

It imports ``alerts``, ``probe`` and what lies below.
"""
