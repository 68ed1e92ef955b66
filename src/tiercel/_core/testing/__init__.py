# SPDX-License-Identifier: Apache-2.0
"""Doors into code that runs without the GIL, for tests and benchmarks alone.

It may import every other package.
"""
