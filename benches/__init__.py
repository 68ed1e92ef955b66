# SPDX-License-Identifier: Apache-2.0
"""Benches for developers, by phase, from loading rules to formatting alerts. ``make bench`` runs them all.

Whole runs, captures, live sensors and comparisons are ``tiercel bench``.
"""
