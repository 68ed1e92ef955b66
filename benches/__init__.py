# SPDX-License-Identifier: Apache-2.0
"""Benches for developers, by phase: loading, compiling, decoding, state, evaluation. ``make bench`` runs them all.

Whole runs, captures, live sensors and comparisons are ``tiercel bench``.
"""
