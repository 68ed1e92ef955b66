# SPDX-License-Identifier: Apache-2.0
"""Kernel filter: the over-approximation of the rules that the BPF probe evaluates."""
