# SPDX-License-Identifier: Apache-2.0
"""The drain thread: from the rings through state and rules to the alert queue. C code alone; see :mod:`tiercel._core.pump`."""
