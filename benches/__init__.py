# SPDX-License-Identifier: Apache-2.0
"""Benches, by phase: decoding, evaluation, compiling, and the cost of a live sensor. ``make bench`` runs them all."""
