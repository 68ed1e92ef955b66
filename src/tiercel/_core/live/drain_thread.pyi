# SPDX-License-Identifier: Apache-2.0
"""The drain thread: from the rings through state and rules to the alert queue.

C code alone; :mod:`tiercel._core.live.pump` is its Python side.
"""
