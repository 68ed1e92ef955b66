# SPDX-License-Identifier: Apache-2.0
"""The thread that reads the ring buffers, keeps the tables and evaluates the rules.

It imports ``alerts``, ``probe`` and what lies below.
"""
