# SPDX-License-Identifier: Apache-2.0
"""Python access to C code that runs without the GIL, for tests and benchmarks only.

It may import every other package.
"""
