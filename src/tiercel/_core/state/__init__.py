# SPDX-License-Identifier: Apache-2.0
"""Tables of the live machine: processes, control groups, containers and their metadata, and what changes them.

It imports ``wire`` and ``util``.
"""
