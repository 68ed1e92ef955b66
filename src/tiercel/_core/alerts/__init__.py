# SPDX-License-Identifier: Apache-2.0
"""Alerts between the evaluator and Python: packing of matched values, the bounded queue, and unpacking.

It imports ``eval`` and what lies below.
"""
