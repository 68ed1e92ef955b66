# SPDX-License-Identifier: Apache-2.0
"""Live tables of processes, cgroups, containers and container metadata, and their updates from records.

It imports ``wire`` and ``util``.
"""
